package s3

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

// maxServiceBody is the most that a request to a service beside S3 may carry, in bytes. Each has a limit of its own
// below: this one is for requests that name no length.
const maxServiceBody = 8 << 20

// share leads requests that are signed for another service to its handler, and all others to S3. That is how
// clients with one endpoint for everything, AWS_ENDPOINT_URL, say whom they mean.
func share(s3 fasthttp.RequestHandler, services map[string]http.Handler, log *slog.Logger) fasthttp.RequestHandler {
	handlers := map[string]fasthttp.RequestHandler{}
	for name, h := range services {
		handlers[name] = fasthttpadaptor.NewFastHTTPHandler(h)
	}
	return func(ctx *fasthttp.RequestCtx) {
		handler, ok := handlers[sigv4.Service(string(ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)))]
		if !ok {
			s3(ctx)
			return
		}
		defer func() {
			if p := recover(); p != nil {
				log.Error("request failed", "method", string(ctx.Method()), "path", string(ctx.Path()), "panic", p, "stack", string(debug.Stack()))
				ctx.Error(http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			}
		}()
		if err := readBody(ctx); err != nil {
			ctx.Error(err.Error(), http.StatusRequestEntityTooLarge) // which forgets what was set before
			ctx.SetConnectionClose()                                 // the rest of the body is not read
			return
		}
		handler(ctx)
	}
}

// readBody reads a body that would come in as a stream, which the adaptor would read without a limit.
func readBody(ctx *fasthttp.RequestCtx) error {
	stream := ctx.RequestBodyStream()
	if stream == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(stream, maxServiceBody+1))
	if err != nil {
		return err
	}
	if len(body) > maxServiceBody {
		// A client that is still sending would not see the answer, but a connection that breaks: so as much again
		// is read for nothing.
		_, _ = io.CopyN(io.Discard, stream, maxServiceBody)
		return fmt.Errorf("the request is longer than %d bytes", maxServiceBody)
	}
	ctx.Request.SetBodyRaw(body)
	return nil
}
