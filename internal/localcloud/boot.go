package localcloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	goruntime "runtime"
	"time"

	"github.com/thumbing/thumbing/internal/localcloud/chaos"
	"github.com/thumbing/thumbing/internal/localcloud/iam"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaapi"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/localcloud/spool"
	"github.com/thumbing/thumbing/internal/localcloud/sqs"
)

// s3Subject is the subject of the messages that S3 publishes.
const s3Subject = "Amazon S3 Notification"

// Config says where a plan runs.
type Config struct {
	Plan                 Plan
	Region, AccountID    string
	AccessKey, SecretKey string // of clients, who may do everything; functions get keys of their own
	Dir                  string // absolute; keeps objects and state
	S3Listen             string // host:port on a loopback address; serves SQS, SNS and Lambda as well
	SNSURL               string // where Handler of the Cloud's SNS is served
	FunctionBinary       string // absolute; the function, built for this machine
	Log                  *slog.Logger
	Chaos                *chaos.Chaos // what goes wrong; nil for nothing

	// Created, where there is one, hears of every object that is created, with its S3 event.
	Created func(ctx context.Context, event []byte) error
}

// Cloud is a plan that runs.
type Cloud struct {
	S3        *s3.Server
	keys      *iam.Directory
	queues    *sqs.Service
	letters   deadLetters
	topics    *sns.Service
	functions []*lambdaruntime.Runtime
	metrics   *metrics
}

// Boot starts everything that the plan holds, the source of events last. What an earlier run left undone is
// taken up.
func Boot(ctx context.Context, c Config) (*Cloud, error) {
	cloud := &Cloud{metrics: &metrics{}}
	if err := cloud.boot(ctx, c); err != nil {
		return nil, errors.Join(err, cloud.Close(ctx))
	}
	return cloud, nil
}

func (cloud *Cloud) boot(ctx context.Context, c Config) (err error) {
	targets := map[string]target{}
	cloud.keys = iam.NewDirectory(c.AccountID, func(e *iam.DeniedError) {
		c.Log.Warn("AccessDenied: "+e.Error(), "service", "iam")
	})
	cloud.keys.AddRoot(c.AccessKey, c.SecretKey)
	endpoint := "http://" + c.S3Listen // of every service
	cloud.queues = sqs.New(sqs.Config{Region: c.Region, AccountID: c.AccountID, BaseURL: endpoint, Dir: filepath.Join(c.Dir, "sqs"),
		Secrets: cloud.keys.Secret, Authorize: cloud.keys.Authorize, Log: c.Log.With("service", "sqs")})
	if cloud.letters, err = newDeadLetters(cloud.queues, c.Plan.Queues, c.Log); err != nil {
		return err
	}
	if cloud.topics, err = sns.New(sns.Config{Region: c.Region, AccountID: c.AccountID, BaseURL: c.SNSURL,
		Dir: filepath.Join(c.Dir, "sns"), Secrets: cloud.keys.Secret, Authorize: cloud.keys.Authorize,
		Log: c.Log.With("service", "sns"), OnUndelivered: cloud.letters.undelivered}); err != nil {
		return err
	}
	for _, t := range c.Plan.Topics {
		topic, err := cloud.startTopic(ctx, t, c.Log)
		if err != nil {
			return err
		}
		targets[t.ARN] = topic
	}
	invoked := map[string]lambdaapi.Function{}
	for _, f := range c.Plan.Functions {
		runtime, err := cloud.startFunction(ctx, c, f, endpoint)
		if err != nil {
			return err
		}
		invoked[f.ARN] = runtime
		cloud.functions = append(cloud.functions, runtime)
		targets[f.ARN] = target{deliver: func(ctx context.Context, event []byte) error {
			_, err := runtime.Invoke(ctx, event)
			return err
		}}
	}
	cloud.S3, err = s3.Start(ctx, s3.Config{Listen: c.S3Listen, Dir: filepath.Join(c.Dir, "s3"), AccessKey: c.AccessKey,
		SecretKey: c.SecretKey, Identities: cloud.keys, Region: c.Region, Buckets: buckets(c, targets), Log: c.Log.With("service", "s3"),
		Delays: delays(c.Chaos), Fault: c.Chaos.Request,
		Services: map[string]http.Handler{
			"sqs": cloud.queues.Handler(),
			"sns": cloud.topics.Handler(),
			"lambda": lambdaapi.Handler(lambdaapi.Config{Region: c.Region, Functions: invoked, Secrets: cloud.keys.Secret,
				Authorize: cloud.keys.Authorize, Log: c.Log.With("service", "lambda")}),
		}})
	return err
}

// localRule is the target of the rule by which Config.Created hears of objects. It is no part of the cloud, and
// spared its faults.
const localRule = "local"

// delays says when an event goes to its target.
func delays(c *chaos.Chaos) func(s3.Rule, []byte) []time.Duration {
	return func(r s3.Rule, _ []byte) []time.Duration {
		if r.Target == localRule {
			return []time.Duration{0}
		}
		return c.Deliveries()
	}
}

// target takes the events of a notification.
type target struct {
	deliver func(ctx context.Context, event []byte) error
	test    bool // S3 sends it a test event
}

func (cloud *Cloud) startTopic(ctx context.Context, t Topic, log *slog.Logger) (target, error) {
	var attributes []sns.Attribute
	if t.Key != "" {
		attributes = append(attributes, sns.Attribute{Name: "KmsMasterKeyId", Value: t.Key})
	}
	topic, err := cloud.topics.CreateTopic(t.Name, attributes...)
	if err != nil {
		return target{}, fmt.Errorf("topic %s: %w", t.Name, err)
	}
	for _, s := range t.Subscriptions {
		var attributes []sns.Attribute
		if cloud.letters.has(s.DeadLetters) {
			attributes = append(attributes, sns.Attribute{Name: "RedrivePolicy", Value: fmt.Sprintf(`{"deadLetterTargetArn": %q}`, s.DeadLetters)})
		}
		err := topic.Subscribe(ctx, s.Protocol, s.Endpoint, attributes...)
		if errors.Is(err, errors.ErrUnsupported) {
			log.Warn("a subscription does not run here", "topic", t.Name, "endpoint", s.Endpoint, "why", err)
			continue
		}
		if err != nil {
			return target{}, fmt.Errorf("topic %s: %w", t.Name, err)
		}
	}
	return target{test: true, deliver: func(ctx context.Context, event []byte) error {
		_, err := topic.Publish(ctx, s3Subject, string(event))
		return err
	}}, nil
}

func (cloud *Cloud) startFunction(ctx context.Context, c Config, f Function, endpoint string) (*lambdaruntime.Runtime, error) {
	journal, err := spool.Open(filepath.Join(c.Dir, "functions", f.Name))
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", f.Name, err)
	}
	who, log := cloud.keys.Assume(f.Role, f.Name), c.Log.With("service", "lambda")
	if f.Traced {
		askToTrace(who)
	}
	return lambdaruntime.Start(ctx, lambdaruntime.Function{
		Name: f.Name, ARN: f.ARN, LogGroup: f.LogGroup, Binary: c.FunctionBinary, Env: f.Env, MemoryMB: f.MemoryMB, Timeout: f.Timeout,
		Concurrency: concurrency(f), MaxRetries: f.MaxRetries, MaxEventAge: f.MaxEventAge,
	}, lambdaruntime.Options{
		Log: log, Output: newFunctionLog(log, cloud.metrics, who, c.logStream(f)), Region: c.Region, Journal: journal,
		Credentials: lambdaruntime.Credentials(who.Credentials),
		Env:         map[string]string{"AWS_ENDPOINT_URL": endpoint},
		OnResult:    cloud.letters.failed(f, who),
		Crash:       c.Chaos.Crash,
	})
}

// askToTrace asks for the rights that Lambda sends a function's traces with. There is no X-Ray here: that they are
// missing is told all the same.
// Source: AWS Lambda Developer Guide, "Visualize Lambda function invocations using AWS X-Ray".
func askToTrace(who *iam.Principal) {
	for _, action := range []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"} {
		_ = who.Authorize(action, "*") // the denial is logged
	}
}

// logStream is the ARN of where a function's output goes.
func (c Config) logStream(f Function) string {
	return fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", c.Region, c.AccountID, f.LogGroup, lambdaruntime.LogStream)
}

// buckets gives the plan's buckets with their rules led to the targets that run.
func buckets(c Config, targets map[string]target) []s3.Bucket {
	all := make([]s3.Bucket, len(c.Plan.Buckets))
	for i, b := range c.Plan.Buckets {
		all[i] = s3.Bucket{Name: b.Name, Versioned: b.Versioned}
		for _, rule := range b.CORS {
			all[i].CORS = append(all[i].CORS, s3.CORSRule(rule))
		}
		for n, rule := range b.Rules {
			to, ok := targets[rule.Target]
			if !ok {
				continue // told in the plan's notices
			}
			all[i].Rules = append(all[i].Rules, s3.Rule{ID: fmt.Sprintf("%s-%d", b.Name, n), Events: rule.Events,
				Prefix: rule.Prefix, Suffix: rule.Suffix, Target: rule.Target, Deliver: to.deliver, Test: to.test})
		}
		if c.Created != nil {
			all[i].Rules = append(all[i].Rules, s3.Rule{ID: localRule, Events: []string{"s3:ObjectCreated:*"},
				Target: localRule, Deliver: c.Created})
		}
	}
	return all
}

// Waiting is what is under way: events of buckets, invocations of functions, and deliveries of topics.
type Waiting struct {
	Events      int `json:"events"`
	Invocations int `json:"invocations"`
	Deliveries  int `json:"deliveries"`
}

// Waiting tells how much is under way. Nothing is when all three are 0, and nothing is sent.
func (cloud *Cloud) Waiting() Waiting {
	w := Waiting{Events: cloud.S3.Waiting(), Deliveries: cloud.topics.Waiting()}
	for _, f := range cloud.functions {
		w.Invocations += f.Pending()
	}
	return w
}

// SNS serves the topics' certificate, their confirmations and the SNS API.
func (cloud *Cloud) SNS() http.Handler { return cloud.topics.Handler() }

// Close ends the cloud in the order in which events flow, so that what is under way arrives. What is left
// when ctx ends is taken up by the next Boot.
func (cloud *Cloud) Close(ctx context.Context) error {
	var errs []error
	for _, f := range cloud.functions {
		errs = append(errs, f.Close(ctx)) // while S3 still answers
	}
	if cloud.S3 != nil {
		errs = append(errs, cloud.S3.Close(ctx))
	}
	if cloud.topics != nil {
		errs = append(errs, cloud.topics.Close(ctx))
	}
	if cloud.queues != nil {
		cloud.queues.Close()
	}
	return errors.Join(errs...)
}

// concurrency is how many environments a function has here: as many as the template reserves for it, but not
// more than there are processors, which is where they would wait for each other.
func concurrency(f Function) int {
	n := goruntime.NumCPU()
	if f.Concurrency > 0 {
		n = min(n, f.Concurrency)
	}
	return n
}
