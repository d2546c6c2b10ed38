package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
)

// front takes requests off the network and hands them to a handler.
type front struct {
	address, port string
	listener      net.Listener
	server        *fasthttp.Server
	stopped       chan error // what serving ended with; nil before it began
}

// Limits for clients. All are on this machine, but not all need mean well.
const (
	maxConnections = 4096
	maxHeader      = 8 << 10 // as S3's
	headerTime     = 10 * time.Second
	bodyTime       = time.Hour
	idleTime       = 2 * time.Minute
	minStreamed    = 4 << 20 // bodies from this size on are not held in memory
)

// listen opens an address, or says in words why it cannot.
func listen(address string, log *slog.Logger) (*front, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen address %q is not on this machine alone: take 127.0.0.1, ::1 or localhost", address)
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken: stop the program that uses it, or choose another address", address)
	}
	if err != nil {
		return nil, err
	}
	f := &front{listener: patient{l}}
	_, f.port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	f.address = net.JoinHostPort(host, f.port)
	f.server = &fasthttp.Server{
		Name:           "thumbing",
		Concurrency:    maxConnections,
		ReadBufferSize: maxHeader,
		ReadTimeout:    headerTime,
		IdleTimeout:    idleTime,
		HeaderReceived: func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
			return fasthttp.RequestConfig{ReadTimeout: bodyTime}
		},
		StreamRequestBody:            true,
		MaxRequestBodySize:           minStreamed,
		DisablePreParseMultipartForm: true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		ErrorHandler:                 malformed,
		Logger:                       logger{log},
	}
	return f, nil
}

// serve begins to answer.
func (f *front) serve(handler fasthttp.RequestHandler) {
	f.server.Handler = handler
	f.stopped = make(chan error, 1)
	go func() { f.stopped <- f.server.Serve(f.listener) }()
}

// close lets the requests that are being answered end, as long as the context lasts, and takes no more.
func (f *front) close(ctx context.Context) error {
	if f.stopped == nil {
		return f.listener.Close()
	}
	err := f.server.ShutdownWithContext(ctx)
	if err != nil {
		err = fmt.Errorf("S3 requests are still being answered: %w", err)
	}
	// The server does not know its listener before it has begun to serve.
	if closing := f.listener.Close(); !errors.Is(closing, net.ErrClosed) {
		err = errors.Join(err, closing)
	}
	return errors.Join(err, <-f.stopped)
}

// patient accepts connections that know whether a request has begun. Clients open some for requests to come.
type patient struct{ net.Listener }

func (p patient) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c}, nil
}

type connection struct {
	net.Conn
	begun atomic.Bool
}

func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.begun.Store(true)
	}
	return n, err
}

// malformed answers a request that did not come in whole. Where none has begun the connection ends without a
// word, which its client would take for the answer to the request that it is about to send.
func malformed(ctx *fasthttp.RequestCtx, err error) {
	if c, ok := ctx.Conn().(*connection); ok && !c.begun.Load() {
		_ = c.Close() // it is of no use any more, and nobody waits for an answer
		return
	}
	var answer s3err.S3Error = s3err.GetAPIError(s3err.ErrCannotParseHTTPRequest)
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case errors.As(err, &small):
		answer = s3err.GetRequestHeaderSectionTooLargeErr(maxHeader)
	case errors.As(err, &timeout) && timeout.Timeout():
		answer = s3err.APIError{Code: "RequestTimeout", HTTPStatusCode: http.StatusBadRequest,
			Description: "the request did not come in within the time limit"}
	case errors.Is(err, io.ErrUnexpectedEOF):
		answer = s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	ctx.SetContentType("application/xml")
	ctx.SetStatusCode(answer.StatusCode())
	ctx.SetBody(answer.XMLBody(utils.NewS3RequestID(), utils.NewS3HostID()))
}

// logger takes what the HTTP library tells.
type logger struct{ *slog.Logger }

// Printf logs a message.
func (l logger) Printf(format string, args ...any) {
	l.Debug("S3 connection", "message", fmt.Sprintf(format, args...))
}
