package lambdaruntime

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxResponse is the most that a function may return, in bytes. Errors are held to it, too.
const maxResponse = 6 << 20

const (
	headerTimeout = 10 * time.Second // for a request's header
	closeTimeout  = time.Second      // for requests to end once their process has
)

// invocation is one attempt of an event, on its way through a process.
type invocation struct {
	event    *event
	deadline time.Time
	outcome  chan outcome // of one
}

// outcome is what the function said of an invocation.
type outcome struct {
	response []byte
	err      error
}

// api is the Runtime API of one process.
type api struct {
	address     string // host:port
	functionARN string
	log         *slog.Logger
	server      *http.Server
	served      chan struct{} // closed when the server has ended
	closing     chan struct{} // closed when nobody is to wait for an event any more

	ready   chan struct{}    // holds one when the process waits for an event
	deliver chan *invocation // to the waiting request

	mu       sync.Mutex
	begun    bool        // whether the process has asked for an event
	current  *invocation // that has not been answered
	initFail error       // what the process reported instead of asking
}

// listen starts a Runtime API at a free loopback port.
func listen(functionARN string, log *slog.Logger) (*api, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the runtime api: %w", err)
	}
	a := &api{
		address: l.Addr().String(), functionARN: functionARN, log: log,
		served: make(chan struct{}), closing: make(chan struct{}), ready: make(chan struct{}, 1), deliver: make(chan *invocation),
	}
	const path = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path+"invocation/next", a.next)
	mux.HandleFunc("POST "+path+"invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+path+"invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+path+"init/error", a.initFailure)
	a.server = &http.Server{Handler: a.local(mux), ReadHeaderTimeout: headerTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	go func() {
		defer close(a.served)
		if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the runtime api has failed", "error", err)
		}
	}()
	return a, nil
}

// close ends the server and the requests in it. The process has ended before, and so have its connections.
func (a *api) close() {
	close(a.closing)
	soon, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := a.server.Shutdown(soon); err != nil {
		if err := a.server.Close(); err != nil {
			a.log.Debug("close the runtime api", "error", err)
		}
	}
	<-a.served
}

// local refuses requests under another name: those of a web page whose name was made to lead here.
func (a *api) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != a.address {
			refuse(w, http.StatusForbidden, "Forbidden", "this is not "+a.address)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// next answers with the next event, however long that takes.
func (a *api) next(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.begun = true
	busy := a.current != nil
	a.mu.Unlock()
	if busy {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the last event has not been answered")
		return
	}
	select {
	case a.ready <- struct{}{}:
	default:
	}
	var inv *invocation
	select {
	case inv = <-a.deliver:
	case <-r.Context().Done():
		return // it may ask again
	case <-a.closing:
		return
	}
	select {
	case <-a.ready: // it has been asked for twice, and is answered now
	default:
	}
	a.mu.Lock()
	a.current = inv
	a.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.event.RequestID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", a.functionARN)
	h.Set("Lambda-Runtime-Trace-Id", inv.event.TraceID)
	if _, err := w.Write(inv.event.Payload); err != nil {
		a.log.Debug("the function did not take its event", "request_id", inv.event.RequestID, "error", err)
	}
}

// response takes what the function returned. A function that streams reports an error in the trailer.
func (a *api) response(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, func(body []byte) outcome {
		if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
			said, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
			if err != nil {
				said = nil
			}
			return outcome{err: reported(kind, said)}
		}
		return outcome{response: body}
	})
}

// failure takes the error that the function returned.
func (a *api) failure(w http.ResponseWriter, r *http.Request) {
	a.answer(w, r, func(body []byte) outcome { return outcome{err: reported(errorType(r), body)} })
}

// answer ends the current invocation, if it is the one in the path.
func (a *api) answer(w http.ResponseWriter, r *http.Request, read func(body []byte) outcome) {
	a.mu.Lock()
	inv := a.current
	a.mu.Unlock()
	if inv == nil || inv.event.RequestID != r.PathValue("id") {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation is under way")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	large, tooLarge := errors.AsType[*http.MaxBytesError](err)
	var out outcome
	switch {
	case tooLarge:
		out.err = failed(inv.event.RequestID, ErrorResponseSize, "Response payload size exceeded maximum allowed payload size (%d bytes).", large.Limit)
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedResponse", err.Error())
		return // nothing was said; the process may say it again, or else time out
	default:
		out = read(body)
	}
	a.mu.Lock()
	first := a.current == inv
	if first {
		a.current = nil
	}
	a.mu.Unlock()
	switch {
	case !first:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "the invocation has been answered")
		return
	case tooLarge:
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", out.err.Error())
	default:
		accept(w)
	}
	inv.outcome <- out
}

// initFailure takes the error of a process that cannot begin. It is expected to exit.
func (a *api) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedResponse", err.Error())
		return
	}
	a.mu.Lock()
	begun := a.begun
	if !begun {
		a.initFail = reported(errorType(r), body)
	}
	a.mu.Unlock()
	if begun {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "the function has begun")
		return
	}
	accept(w)
}

func (a *api) initError() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.initFail
}

func errorType(r *http.Request) string {
	if kind := r.Header.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		return kind
	}
	return ErrorUnknown
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n") // if it cannot be told, it will ask
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": message})
	if err != nil {
		body = nil // strings always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // as above
}
