// Package doctor looks at an AWS account before and after the stack is deployed to it, and says of each thing
// whether it is well or what to do. It changes nothing.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/internal/settings"
)

// Finding is what there is to say of one thing.
type Finding struct {
	About string // "bootstrap"
	Says  string // what it is like
	Do    string // what to do about it; "" when it is well
}

// OK tells whether nothing is to be done.
func (f Finding) OK() bool { return f.Do == "" }

// Resolver asks DNS.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// Config says what is looked at.
type Config struct {
	Settings settings.Settings
	Stack    string     // its name
	AWS      aws.Config // with a region
	DNS      Resolver   // nil stands for this machine's
}

// patience is how long AWS may take to answer one question.
const patience = 20 * time.Second

// Examine looks at everything in the order in which it is needed, and tells of each. Where what a later question
// builds on is not there, the question is not asked.
func Examine(ctx context.Context, c Config, tell func(Finding)) {
	e := &examination{Config: c, tell: tell}
	if e.DNS == nil {
		e.DNS = net.DefaultResolver
	}
	local := aws.ToString(c.AWS.BaseEndpoint) != "" // no server but AWS's has a host name for each bucket
	e.clients = clients{
		sts:            sts.NewFromConfig(c.AWS),
		cloudformation: cloudformation.NewFromConfig(c.AWS),
		s3:             s3.NewFromConfig(c.AWS, func(o *s3.Options) { o.UsePathStyle = local }),
		lambda:         lambda.NewFromConfig(c.AWS),
		sns:            sns.NewFromConfig(c.AWS),
		sqs:            sqs.NewFromConfig(c.AWS),
		route53:        route53.NewFromConfig(c.AWS),
		// CloudFront looks for certificates in one region, wherever the stack is.
		acm: acm.NewFromConfig(c.AWS, func(o *acm.Options) { o.Region = settings.CertificateRegion }),
	}
	if !e.credentials(ctx) {
		return
	}
	e.region()
	e.bootstrap(ctx)
	e.stack(ctx)
	e.buckets(ctx)
	e.concurrency(ctx)
	if c.Settings.CDN && c.Settings.DomainName != "" {
		e.certificate(ctx)
		e.zone(ctx)
	}
	if e.deployed {
		e.function(ctx)
		e.notifications(ctx)
		e.subscriptions(ctx)
		e.deadLetters(ctx)
		e.cdn(ctx)
	}
}

type clients struct {
	sts            *sts.Client
	cloudformation *cloudformation.Client
	s3             *s3.Client
	lambda         *lambda.Client
	sns            *sns.Client
	sqs            *sqs.Client
	route53        *route53.Client
	acm            *acm.Client
}

type examination struct {
	Config
	clients
	tell func(Finding)

	account  string
	deployed bool
	outputs  map[string]string // of the stack
	ours     map[string]bool   // buckets that the stack has made
}

func (e *examination) ok(about, format string, args ...any) {
	e.tell(Finding{About: about, Says: fmt.Sprintf(format, args...)})
}

func (e *examination) todo(about, do, format string, args ...any) {
	e.tell(Finding{About: about, Says: fmt.Sprintf(format, args...), Do: do})
}

// unknown tells of a question that AWS did not answer.
func (e *examination) unknown(about string, err error) {
	do := "try again when AWS can be reached"
	text := err.Error()
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		text = api.ErrorCode() + ": " + api.ErrorMessage()
		do = "look as somebody who may: AWS_PROFILE chooses other credentials"
	}
	e.todo(about, do, "AWS does not tell: %s", text)
}

// within bounds the time of one question.
func within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// is tells whether AWS answered with one of the error codes.
func is(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// status is the HTTP status of an answer that is an error; 0 when there was no answer.
func status(err error) int {
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

func notFound(err error) bool { return status(err) == http.StatusNotFound }
