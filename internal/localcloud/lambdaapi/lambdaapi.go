// Package lambdaapi is the part of AWS Lambda's API with which functions are invoked, on this machine.
//
// It serves Invoke, with the invocation types Event, RequestResponse and DryRun. Requests must carry a valid SigV4
// signature of a known key. A function is called by its name, its ARN or the part of that from the account on, with
// the version $LATEST or none.
//
// Source: AWS Lambda API Reference, "Invoke".
package lambdaapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/loopback"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

// Function is a function that runs.
type Function interface {
	// Invoke queues an event. When it returns without an error, the event is kept.
	Invoke(ctx context.Context, payload []byte) (requestID string, err error)
	// Call invokes the function and waits for its response.
	Call(ctx context.Context, payload []byte) (response []byte, err error)
}

// Config says what is served.
type Config struct {
	Region    string
	Functions map[string]Function // by ARN
	Secrets   sigv4.Secrets       // of the keys that requests are signed with; nil closes the API

	// Authorize tells whether the owner of an access key may do an action, "lambda:InvokeFunction", with a
	// function's ARN. Its error is the reason that the client gets. Nil allows everything.
	Authorize func(accessKey, action, resource string) error

	Log *slog.Logger // nil discards
}

// maxPayload is the longest payload that Lambda takes, in bytes.
const maxPayload = 6 << 20

// latest is the only version that functions have here.
const latest = "$LATEST"

// Handler serves the API.
func Handler(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Authorize == nil {
		c.Authorize = func(string, string, string) error { return nil }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Requestid", uuid.NewString())
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Type", "application/json")
		if err := c.serve(w, r); err != nil {
			e, ok := errors.AsType[*apiError](err)
			if !ok {
				c.Log.Error("request failed", "path", r.URL.Path, "error", err)
				e = &apiError{http.StatusInternalServerError, "ServiceException", err.Error()}
			}
			w.Header().Set("X-Amzn-Errortype", e.code)
			w.WriteHeader(e.status)
			body, err := json.Marshal(map[string]string{"Type": "User", "message": e.message})
			if err != nil {
				body = nil // strings always marshal
			}
			_, _ = w.Write(body) // the client has gone; nobody is left to tell
		}
	})
}

// apiError is an answer of the API that is no success.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.message }

func (c Config) serve(w http.ResponseWriter, r *http.Request) error {
	if !loopback.IsHost(r.Host) {
		return &apiError{http.StatusForbidden, "AccessDeniedException", "this service answers under the names of this machine only, such as 127.0.0.1"}
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &apiError{http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("the request is longer than %d bytes", large.Limit)}
	}
	if err != nil {
		return &apiError{http.StatusBadRequest, "InvalidRequestContentException", err.Error()}
	}
	who, err := sigv4.Verifier{Service: "lambda", Region: c.Region, Secrets: c.Secrets}.Verify(r, payload)
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return &apiError{http.StatusForbidden, codes[e.Code], e.Message}
	}
	name, err := invoked(r)
	if err != nil {
		return err
	}
	arn, f := c.find(name, r.URL.Query().Get("Qualifier"))
	if err := c.Authorize(who, "lambda:InvokeFunction", cmp.Or(arn, name)); err != nil {
		return &apiError{http.StatusForbidden, "AccessDeniedException", err.Error()}
	}
	if f == nil {
		return &apiError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + name}
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	return invoke(w, r, f, payload)
}

// codes are what Lambda calls the reasons for which a signature is refused.
var codes = map[string]string{
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"InvalidClientTokenId":       "UnrecognizedClientException",
	"SignatureDoesNotMatch":      "InvalidSignatureException",
}

// invokePath is the path of Invoke; its group is the function, escaped.
var invokePath = regexp.MustCompile(`^/2015-03-31/functions/([^/]+)/invocations/?$`)

// invoked is the function that a request is about.
func invoked(r *http.Request) (string, error) {
	g := invokePath.FindStringSubmatch(r.URL.EscapedPath())
	if g == nil || r.Method != http.MethodPost {
		return "", &apiError{http.StatusNotFound, "UnknownOperationException",
			fmt.Sprintf("the local Lambda does not do %s %s; it invokes functions, and they come from the template", r.Method, r.URL.Path)}
	}
	name, err := url.PathUnescape(g[1])
	if err != nil {
		return "", &apiError{http.StatusBadRequest, "InvalidParameterValueException", err.Error()}
	}
	return name, nil
}

// find gives the function that is called by its name, its ARN or the end of that.
func (c Config) find(name, qualifier string) (string, Function) {
	name = strings.TrimSuffix(name, ":"+latest)
	if qualifier != "" && qualifier != latest {
		return "", nil
	}
	for arn, f := range c.Functions {
		// "arn:aws:lambda:REGION:ACCOUNT:function:NAME" is also called "ACCOUNT:function:NAME" and "NAME".
		parts := strings.Split(arn, ":")
		if name == arn || len(parts) == 7 && (name == parts[6] || name == strings.Join(parts[4:], ":")) {
			return arn, f
		}
	}
	return "", nil
}

// invoke does what the type of the invocation asks for, and answers.
func invoke(w http.ResponseWriter, r *http.Request, f Function, payload []byte) error {
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return nil
	case "Event":
		if _, err := f.Invoke(r.Context(), payload); err != nil {
			return refused(err)
		}
		w.WriteHeader(http.StatusAccepted)
		return nil
	case "", "RequestResponse":
		response, err := f.Call(r.Context(), payload)
		failure, failed := errors.AsType[*lambdaruntime.FunctionError](err)
		if err != nil && !failed {
			return refused(err)
		}
		w.Header().Set("X-Amz-Executed-Version", latest)
		if failed {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			response = failure.Payload
		}
		_, _ = w.Write(response) // the client has gone; nobody is left to tell
		return nil
	default:
		return &apiError{http.StatusBadRequest, "InvalidParameterValueException", fmt.Sprintf("the invocation type %q is not Event, RequestResponse or DryRun", kind)}
	}
}

// refused says why a function does not take an event.
func refused(err error) error {
	switch {
	case errors.Is(err, lambdaruntime.ErrTooLarge):
		return &apiError{http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error()}
	case errors.Is(err, lambdaruntime.ErrNotJSON):
		return &apiError{http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: " + err.Error()}
	case errors.Is(err, lambdaruntime.ErrClosed):
		return &apiError{http.StatusServiceUnavailable, "ServiceException", err.Error()}
	}
	return err
}
