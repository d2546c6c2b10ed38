package s3

import (
	"net"
	"net/http"

	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"

	"github.com/thumbing/thumbing/internal/localcloud/chaos"
)

// disturb makes go wrong what fault says, where there is one.
func disturb(next fasthttp.RequestHandler, fault func() chaos.Fault) fasthttp.RequestHandler {
	if fault == nil {
		return next
	}
	return func(ctx *fasthttp.RequestCtx) {
		switch fault() {
		case chaos.Unavailable:
			slowDown(ctx)
		case chaos.Dropped:
			next(ctx)
			ctx.HijackSetNoResponse(true)
			ctx.Hijack(func(net.Conn) {}) // which ends the connection
		default:
			next(ctx)
		}
	}
}

// slowDown answers as S3 does to a client that asks too much of it. The body is not read, so the connection ends.
func slowDown(ctx *fasthttp.RequestCtx) {
	answer := s3err.APIError{Code: "SlowDown", HTTPStatusCode: http.StatusServiceUnavailable, Description: "Please reduce your request rate."}
	ctx.SetConnectionClose()
	ctx.SetContentType("application/xml")
	ctx.SetStatusCode(answer.HTTPStatusCode)
	ctx.SetBody(answer.XMLBody(utils.NewS3RequestID(), utils.NewS3HostID()))
}
