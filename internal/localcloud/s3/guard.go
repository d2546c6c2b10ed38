package s3

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"

	"github.com/thumbing/thumbing/internal/localcloud/loopback"
)

// guard stands before every request that has come in whole.
type guard struct {
	log *slog.Logger
	app chan<- *fiber.App // takes that of the first request
}

func (g guard) handle(ctx fiber.Ctx) (err error) {
	select {
	case g.app <- ctx.App():
	default: // it has been taken
	}
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("S3 request failed", "method", ctx.Method(), "path", ctx.Path(), "panic", p, "stack", string(debug.Stack()))
			err = refuse(ctx, s3err.GetAPIError(s3err.ErrInternalError))
		}
	}()
	// A page of another site can point its own name at this machine; its requests then carry that name.
	if host := string(ctx.Request().Host()); !loopback.IsHost(host) {
		return refuse(ctx, s3err.APIError{Code: "AccessDenied", HTTPStatusCode: http.StatusForbidden,
			Description: fmt.Sprintf("this server is for this machine alone, and not known as %q: use localhost or 127.0.0.1", host)})
	}
	if _, err := url.PathUnescape(string(ctx.Request().URI().PathOriginal())); err != nil {
		return refuse(ctx, s3err.GetAPIError(s3err.ErrInvalidURI))
	}
	err = ctx.Next()
	// What somebody stored is shown, never run, when it is opened in a browser.
	ctx.Response().Header.Set("X-Content-Type-Options", "nosniff")
	ctx.Response().Header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	return err
}

// refuse answers with an error in S3's XML.
func refuse(ctx fiber.Ctx, e s3err.APIError) error {
	request, host := utils.EnsureRequestIDs(ctx)
	ctx.Response().Header.SetContentType(fiber.MIMEApplicationXML)
	return ctx.Status(e.HTTPStatusCode).Send(e.XMLBody(request, host))
}
