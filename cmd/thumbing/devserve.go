package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud"
	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/settings"
)

// site is a handler and where it is served.
type site struct {
	listener net.Listener
	handler  http.Handler
}

// serveUntil serves the sites until ctx is done or one of them fails.
func serveUntil(ctx context.Context, sites ...site) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, s := range sites {
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
			// Streams of events end with the server.
			BaseContext: func(net.Listener) context.Context { return ctx }}
		defer server.Close()
		go func() { cancel(server.Serve(s.listener)) }()
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// printBooted says what runs, how it is wired, what was left out, and where everything is.
func printBooted(w io.Writer, stack string, p localcloud.Plan, f settings.Function, pageURL, endpoint, avatarURL string) {
	names := map[string]string{} // by ARN
	for _, f := range p.Functions {
		names[f.ARN] = "function " + f.Name
	}
	for _, t := range p.Topics {
		names[t.ARN] = "topic " + t.Name
	}
	for _, q := range p.Queues {
		names[q.ARN] = "queue " + q.Name
	}
	deadLetters := func(target string) string {
		if names[target] == "" {
			return ""
		}
		return ", dead letters -> " + names[target]
	}
	leftOut := map[string][]string{} // resources by what is said of them
	for _, n := range p.Notices {
		leftOut[n.Text] = append(leftOut[n.Text], strings.TrimPrefix(n.Resource, stack+"/"))
	}
	fmt.Fprintf(w, "booted %s\n", stack)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, b := range p.Buckets {
		fmt.Fprintf(t, "  bucket\t%s\n", b.Name)
		for _, r := range b.Rules {
			fmt.Fprintf(t, "  \t  %s of %s*%s -> %s\n", strings.Join(r.Events, ", "), r.Prefix, r.Suffix, names[r.Target])
		}
	}
	for _, f := range p.Functions {
		fmt.Fprintf(t, "  function\t%s\n  \t  timeout %s, %d MB, %d retries%s; with the rights of %s\n", f.Name, f.Timeout, f.MemoryMB, f.MaxRetries,
			deadLetters(f.OnFailure), cmp.Or(f.Role.Name, f.Role.ARN))
	}
	for _, topic := range p.Topics {
		fmt.Fprintf(t, "  topic\t%s\n", topic.Name)
		for _, s := range topic.Subscriptions {
			fmt.Fprintf(t, "  \t  -> %s%s\n", s.Endpoint, deadLetters(s.DeadLetters))
		}
	}
	for _, q := range p.Queues {
		fmt.Fprintf(t, "  queue\t%s\n", q.Name)
	}
	for _, d := range p.Distributions {
		fmt.Fprintf(t, "  cdn\t%s\n", d.Name)
		for _, folder := range d.Folders {
			fmt.Fprintf(t, "  \t  /%s* of %s\n", folder, d.Bucket)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(leftOut)) {
		fmt.Fprintf(t, "  not here\t%s: %s\n", text, strings.Join(leftOut[text], ", "))
	}
	fmt.Fprintf(t, "\npage\t%s\n", pageURL)
	fmt.Fprintf(t, "sign in\t%s/signin  or by thumbing token @%s for curl\n", pageURL, profile.Seeds()[0].Handle)
	fmt.Fprintf(t, "aws\tAWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_REGION=%s\n", endpoint, devAccessKey, devSecretKey, devRegion)
	fmt.Fprintf(t, "uploads\ts3://%s/%s\n", f.SourceBucket, f.FolderInput)
	fmt.Fprintf(t, "avatars\t%s/%s\n", avatarURL, f.FolderOutput)
	_ = t.Flush() // a terminal that has gone is told of by what follows
}
