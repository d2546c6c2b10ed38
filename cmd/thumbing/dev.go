package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
	"github.com/thumbing/thumbing/internal/localcloud"
	"github.com/thumbing/thumbing/internal/localcloud/cdn"
	"github.com/thumbing/thumbing/internal/localcloud/chaos"
	"github.com/thumbing/thumbing/internal/localcloud/template"
	"github.com/thumbing/thumbing/internal/s3event"
	"github.com/thumbing/thumbing/internal/settings"
)

// What the local cloud is called by its clients.
const (
	devAccessKey = "thumbing"
	devSecretKey = "thumbing-local"
	devRegion    = "us-east-1"
	devAccount   = "000000000000"

	devUploads = "thumbing-uploads"
	devAssets  = "thumbing-assets"

	snsPath     = "/sns/"            // of the local SNS, below --listen
	cognitoPath = "/cognito"         // of the user pool, below --listen
	webhookPath = "/webhooks/avatar" // of the profile service, below --listen
)

// shutdownTimeout is how long work under way may go on after Ctrl-C.
const shutdownTimeout = 5 * time.Second

type devOptions struct {
	listen, cdnListen, s3Listen string
	data, assembly, function    string
	chaos                       string
}

func newDevCommand() *cobra.Command {
	var o devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run the whole pipeline on this machine",
		Long: `Run on this machine what cdk deploy would create in AWS: the buckets on a real S3 server, the function, the topic
and its webhook, and the profile service, all wired as the synthesized template says.

S3 clients use the access key thumbing, the secret key thumbing-local and the region us-east-1. Objects stay in
the data folder when it ends. Buckets are named by UPLOADS_BUCKET_NAME and ASSETS_BUCKET_NAME, else
thumbing-uploads and thumbing-assets. THUMBING_WEBHOOK_URL makes another service the receiver of the webhook.`,
		Example: `  thumbing dev
  THUMBING_WEBHOOK_URL=http://127.0.0.1:4567/hook thumbing dev
  thumbing dev --assembly cdk.out --data /tmp/thumbing`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failure.Within("dev", dev(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the page, the webhook and the local SNS")
	flags.StringVar(&o.cdnListen, "cdn-listen", "127.0.0.1:8081", "address of the assets bucket over HTTP")
	flags.StringVar(&o.s3Listen, "s3-listen", "127.0.0.1:9000", "address of the AWS endpoint: S3, SQS, SNS and Lambda")
	flags.StringVar(&o.data, "data", ".thumbing", "folder that keeps objects and state")
	flags.StringVar(&o.assembly, "assembly", "", "cloud assembly to boot (default: synthesize one first)")
	flags.StringVar(&o.function, "function", filepath.Join("build", "host", "bootstrap"), "the function's binary for this machine")
	flags.StringVar(&o.chaos, "chaos", "", `faults to inject, such as "duplicate=0.2,reorder=0.2,delay=2s,drop-response=0.05,s3-503=0.1,crash=0.05,outage=0.01,seed=7"`)
	return cmd
}

// dev runs the local cloud until ctx is done.
func dev(ctx context.Context, o devOptions, stdout, stderr io.Writer) (err error) {
	started := time.Now()
	if err := o.resolve(); err != nil {
		return err
	}
	faults, err := o.faults()
	if err != nil {
		return err
	}
	pages, err := listenLoopback(o.listen, "--listen")
	if err != nil {
		return err
	}
	defer pages.Close()
	assets, err := listenLoopback(o.cdnListen, "--cdn-listen")
	if err != nil {
		return err
	}
	defer assets.Close()
	if err := checkFree(o.s3Listen, "--s3-listen"); err != nil {
		return err
	}

	if o.assembly == "" {
		if o.assembly, err = synthesizeForDev(ctx, o, pages.Addr().String(), stderr); err != nil {
			return err
		}
	}
	t, err := template.Open(o.assembly, "", template.Place{Partition: "aws", Region: devRegion, AccountID: devAccount})
	if err != nil {
		return err
	}
	plan, err := localcloud.NewPlan(t)
	if err != nil {
		return err
	}
	function, err := pictureFunction(plan)
	if err != nil {
		return err
	}

	at := devSites{page: "http://" + pages.Addr().String(), avatars: "http://" + assets.Addr().String(), s3: "http://" + o.s3Listen}
	log := slog.New(newTerminalHandler(stdout))
	profiles, err := openDevProfiles(ctx, o.data, plan, function, at, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiles.database.Close()) }()
	watch := watcher{log: log}
	if !subscribes(plan, at.page+webhookPath) {
		watch.also = profiles.service.Learn // the webhook is somebody else's, and the pages are to know all the same
	}
	cloud, err := localcloud.Boot(ctx, localcloud.Config{
		Plan: plan, Region: devRegion, AccountID: devAccount, AccessKey: devAccessKey, SecretKey: devSecretKey,
		Dir: o.data, S3Listen: o.s3Listen, SNSURL: at.page + snsPath, FunctionBinary: o.function,
		Log: log, Chaos: faults, Created: watch.created,
	})
	if err != nil {
		return err
	}
	sums := totalsLog{log: log, measured: cloud.Metrics}
	var watching sync.WaitGroup
	shown, stopShowing := context.WithCancel(ctx)
	watching.Go(func() { sums.run(shown) })
	defer func() {
		stopShowing()
		watching.Wait()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err = errors.Join(err, cloud.Close(stop))
		sums.show()
	}()

	mux := http.NewServeMux()
	mux.Handle(snsPath, cloud.SNS())
	mux.Handle("GET "+statusPath, statusOf(cloud, faults))
	mux.Handle(cognitoPath+"/", profiles.pool.Handler())
	mux.Handle("/", profiles.service.Handler())
	printBooted(stdout, t.Stack, plan, function, at.page, cloud.S3.URL(), at.avatars)
	if faults != nil {
		fmt.Fprintf(stdout, "chaos    %s\n", faults.Settings())
	}
	fmt.Fprintf(stdout, "ready in %.1f s; Ctrl-C ends it\n\n", time.Since(started).Seconds())
	return serveUntil(ctx,
		site{pages, mux},
		site{assets, cdn.Handler(cloud.S3.Bucket(function.DestBucket), cdnOf(plan, function.DestBucket), log.With("service", "cdn"))})
}

// resolve makes the paths absolute: the S3 server changes the working directory. It checks early what would
// fail late.
func (o *devOptions) resolve() error {
	for _, p := range []*string{&o.data, &o.assembly, &o.function} {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	if _, err := os.Stat(o.function); err != nil {
		return failure.WithHint(fmt.Errorf("the function is not built: %w", err), "run make build, or name its binary with --function")
	}
	return nil
}

// faults are those that the command line asks for, nil for none.
func (o devOptions) faults() (*chaos.Chaos, error) {
	if o.chaos == "" {
		return nil, nil
	}
	s, err := chaos.Parse(o.chaos)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("--chaos: %s", strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return chaos.New(s), nil
}

// listenLoopback takes an address of this machine, and no other: the local cloud's keys are known to everyone.
func listenLoopback(address, flag string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failure.Usage(fmt.Errorf("%s %s: %w", flag, address, err))
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, failure.Usage(fmt.Errorf("%s %s: not an address of this machine alone, such as 127.0.0.1:8080", flag, address))
	}
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, failure.WithHint(fmt.Errorf("%s is taken by another program", address),
			"end it if it is another thumbing dev, or give %s another address", flag)
	}
	return l, err
}

// checkFree tells early what the S3 server, which takes its address itself, would tell late.
func checkFree(address, flag string) error {
	l, err := listenLoopback(address, flag)
	if err != nil {
		return err
	}
	return l.Close()
}

// synthesizeForDev runs "thumbing synth" in a process of its own, with the local defaults for what is unset,
// and returns the cloud assembly that it wrote.
func synthesizeForDev(ctx context.Context, o devOptions, page string, stderr io.Writer) (assembly string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	assembly = filepath.Join(o.data, "cdk.out")
	_, port, err := net.SplitHostPort(page)
	if err != nil {
		return "", err
	}
	env, err := settings.Environ(".", map[string]string{
		settings.UploadsBucketName: devUploads,
		settings.AssetsBucketName:  devAssets,
		settings.WebhookURL:        "http://" + page + webhookPath,
		settings.UploadOrigins:     "http://127.0.0.1:" + port + ",http://localhost:" + port,
		"CDK_VALIDATION":           "false", // a deployment validates; it costs seconds
	})
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "synth")
	cmd.Args[0] = os.Args[0] // called as this process was
	cmd.Env = append(env, settings.CDKOutDir+"="+assembly)
	cmd.Stderr = stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the stack was not synthesized: %w", err)
	}
	return assembly, nil
}

// cdnOf is how the template wants the bucket to be served. Where it has no CDN, as with THUMBING_CDN=off, the
// bucket is served all the same: the page shows its pictures from there.
func cdnOf(p localcloud.Plan, bucket string) cdn.Config {
	d, _ := p.Distribution(bucket)
	return cdn.Config{Folders: d.Folders, Headers: d.Headers}
}

// pictureFunction finds the settings of the thumbnail function, which know where pictures come from and go to.
func pictureFunction(p localcloud.Plan) (settings.Function, error) {
	if len(p.Functions) != 1 {
		return settings.Function{}, fmt.Errorf("the template has %d functions that run here, where one is wanted", len(p.Functions))
	}
	f := p.Functions[0]
	set, err := settings.ParseFunction(func(name string) (string, bool) {
		value, ok := f.Env[name]
		return value, ok
	})
	if err != nil {
		return settings.Function{}, fmt.Errorf("the environment of the function %s: %w", f.Name, err)
	}
	return set, nil
}

// watcher logs every object that is created.
type watcher struct {
	log  *slog.Logger
	also func(ctx context.Context, event []byte) error // hears of them too; nil for nobody
}

func (w watcher) created(ctx context.Context, event []byte) error {
	n, err := s3event.Parse(event)
	if err != nil {
		return err
	}
	for _, r := range n.Created {
		w.log.Info("stored", "service", "s3", "bucket", r.Bucket, "key", r.Key, "bytes", r.Size)
	}
	if w.also == nil {
		return nil
	}
	return w.also(ctx, event)
}

// subscribes tells whether any topic of the plan delivers to an endpoint.
func subscribes(plan localcloud.Plan, endpoint string) bool {
	for _, t := range plan.Topics {
		for _, s := range t.Subscriptions {
			if s.Endpoint == endpoint {
				return true
			}
		}
	}
	return false
}
