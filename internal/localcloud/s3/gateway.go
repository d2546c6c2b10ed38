package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// gateway is versitygw, which turns requests into calls of the storage.
type gateway struct {
	stop    context.CancelFunc
	stopped chan error // what it ended with
	handler fasthttp.RequestHandler
}

// startGateway starts versitygw. It would take requests off the network by itself, but has no time limit for a
// client that sends its request slowly, and prints what it thinks of one that breaks off. So it listens on a socket
// that nobody else can open, its handler is taken from the first request there, and the front uses that.
func startGateway(ctx context.Context, c Config, port string, s *store) (*gateway, error) {
	dir, err := os.MkdirTemp("", "s3-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // the socket stays open, without a name
	socket := filepath.Join(dir, "socket")
	listening, app := make(chan struct{}), make(chan *fiber.App, 1)
	config := &embedgw.Config{
		RootUserAccess:    c.AccessKey,
		RootUserSecret:    c.SecretKey,
		IAMService:        newIdentities(c),
		Region:            c.Region,
		Ports:             []string{socket},
		SocketPerm:        "0600",
		VirtualDomain:     "s3.localhost:" + port,
		MaxConnections:    maxConnections,
		MaxRequests:       maxConnections,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
		S3Options: []s3api.Option{
			s3api.WithMiddleware("/", guard{c.Log, app}.handle),
			s3api.WithOnListen(func() { close(listening) }),
		},
	}
	g := &gateway{stopped: make(chan error, 1)}
	run, stop := context.WithCancel(context.Background())
	g.stop = stop
	go func() { g.stopped <- embedgw.RunVersityGW(run, s, config) }()
	select {
	case <-listening:
	case err := <-g.stopped:
		stop()
		return nil, err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), g.close())
	}
	if err := firstRequest(ctx, socket); err != nil {
		return nil, errors.Join(err, g.close())
	}
	g.handler = (<-app).Handler()
	return g, nil
}

// firstRequest makes versitygw answer a request.
func firstRequest(ctx context.Context, socket string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(conn, 1<<20))
	}
	return errors.Join(err, conn.Close())
}

// close ends versitygw and its storage.
func (g *gateway) close() error {
	g.stop()
	if err := <-g.stopped; err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop the S3 gateway: %w", err)
	}
	return nil
}
