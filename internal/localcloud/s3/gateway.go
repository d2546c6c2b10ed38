package s3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
)

// gateway is versitygw, answering requests.
type gateway struct {
	stop    context.CancelFunc
	stopped chan error // what it ended with
}

// serve answers S3's requests at an address, and returns when it does.
func serve(ctx context.Context, c Config, address string, s *store) (*gateway, error) {
	listening := make(chan struct{})
	g := &gateway{stopped: make(chan error, 1)}
	var run context.Context
	run, g.stop = context.WithCancel(context.Background())
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config := &embedgw.Config{
		RootUserAccess:    c.AccessKey,
		RootUserSecret:    c.SecretKey,
		IAMService:        auth.NewIAMServiceSingle(auth.Account{Access: c.AccessKey, Secret: c.SecretKey, Role: auth.RoleAdmin}),
		Region:            c.Region,
		Ports:             []string{address},
		VirtualDomain:     "s3.localhost:" + port,
		MaxConnections:    4096,
		MaxRequests:       1024,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
		S3Options: []s3api.Option{
			s3api.WithMiddleware("/", guard{log: c.Log}.handle),
			s3api.WithOnListen(func() { close(listening) }),
		},
	}
	go func() { g.stopped <- embedgw.RunVersityGW(run, s, config) }()
	select {
	case <-listening:
		return g, nil
	case err := <-g.stopped:
		g.stop()
		return nil, err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), g.close())
	}
}

// close lets the requests that are being answered end, and takes no more.
func (g *gateway) close() error {
	g.stop()
	if err := <-g.stopped; err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop the S3 server: %w", err)
	}
	return nil
}

// guard stands before every request.
type guard struct {
	log *slog.Logger
}

func (g guard) handle(ctx fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("S3 request failed", "method", ctx.Method(), "path", ctx.Path(), "panic", p, "stack", string(debug.Stack()))
			err = refuse(ctx, s3err.GetAPIError(s3err.ErrInternalError))
		}
	}()
	// A page of another site can point its own name at this machine; its requests then carry that name.
	if host := string(ctx.Request().Host()); !isLocalName(host) {
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

// isLocalName tells whether a Host header names this machine, as it names itself.
func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func isInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
