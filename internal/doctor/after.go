package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/thumbing/thumbing/internal/snstopic"
)

func (e *examination) function(ctx context.Context) {
	const about = "function"
	ctx, cancel := within(ctx)
	defer cancel()
	f, err := e.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: new(e.outputs["FunctionName"])})
	switch {
	case notFound(err):
		e.todo(about, "run make destroy and make deploy with the buckets imported", "it was removed by somebody, though the stack has it")
	case err != nil:
		e.unknown(about, err)
	case f.State != lambdatypes.StateActive && f.State != lambdatypes.StateInactive:
		e.todo(about, "run make deploy", "it is %s: %s", f.State, aws.ToString(f.StateReason))
	default:
		e.ok(about, "%s is %s", aws.ToString(f.FunctionName), strings.ToLower(string(f.State)))
	}
}

// notifications looks whether S3 tells the function of uploads, and the topic of avatars. Whoever sets a bucket's
// notifications without regard to others removes ours.
func (e *examination) notifications(ctx context.Context) {
	const do = "set UPLOADS_BUCKET_IMPORT=true and ASSETS_BUCKET_IMPORT=true, run make destroy and make deploy: the data stays, and CloudFormation alone does not look"
	e.notification(ctx, "uploads notification", e.Settings.Uploads.Name, do, func(n *s3.GetBucketNotificationConfigurationOutput) bool {
		return slices.ContainsFunc(n.LambdaFunctionConfigurations, func(l s3types.LambdaFunctionConfiguration) bool {
			return strings.HasSuffix(aws.ToString(l.LambdaFunctionArn), ":function:"+e.outputs["FunctionName"])
		})
	})
	e.notification(ctx, "avatars notification", e.Settings.Assets.Name, do, func(n *s3.GetBucketNotificationConfigurationOutput) bool {
		return slices.ContainsFunc(n.TopicConfigurations, func(t s3types.TopicConfiguration) bool {
			return aws.ToString(t.TopicArn) == e.outputs["TopicArn"]
		})
	})
}

func (e *examination) notification(ctx context.Context, about, bucket, do string, ours func(*s3.GetBucketNotificationConfigurationOutput) bool) {
	ctx, cancel := within(ctx)
	defer cancel()
	n, err := e.s3.GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &bucket})
	switch {
	case err != nil:
		e.unknown(about, err)
	case !ours(n):
		e.todo(about, do, "%s does not tell of new objects any more", bucket)
	default:
		e.ok(about, "%s tells of new objects", bucket)
	}
}

// subscriptions looks whether the webhook and the reader of alarms have confirmed that they want to be told.
func (e *examination) subscriptions(ctx context.Context) {
	switch {
	case e.Settings.WebhookURL == "":
		e.ok("webhook", "none: nobody is told of avatars")
	case strings.HasPrefix(e.Settings.WebhookURL, "http://"):
		e.todo("webhook", "set THUMBING_WEBHOOK_URL to an https:// address that the internet can reach", "%s is on this machine, where AWS cannot reach it", e.Settings.WebhookURL)
	default:
		e.subscription(ctx, "webhook", e.outputs["TopicArn"], e.Settings.WebhookURL,
			fmt.Sprintf("see that it is up and answers SNS's confirmation, as thumbing serve does by itself; aws sns subscribe --topic-arn %s --protocol https --notification-endpoint %s asks again",
				e.outputs["TopicArn"], e.Settings.WebhookURL))
	}
	if e.Settings.AlarmEmail != "" {
		topic := e.outputs["TopicArn"]
		topic = topic[:strings.LastIndex(topic, ":")+1] + e.Settings.AlarmsTopicName()
		e.subscription(ctx, "alarms", topic, e.Settings.AlarmEmail, "follow the link in the mail from AWS Notifications; Subscriptions in SNS's console sends another")
	}
}

func (e *examination) subscription(ctx context.Context, about, topic, endpoint, confirm string) {
	ctx, cancel := within(ctx)
	defer cancel()
	all, err := snstopic.Subscriptions(ctx, e.sns, topic)
	if err != nil {
		e.unknown(about, err)
		return
	}
	for _, s := range all {
		switch {
		case s.Endpoint != endpoint:
			continue
		case s.Confirmed:
			e.ok(about, "%s has confirmed", endpoint)
		default:
			e.todo(about, confirm, "%s has not confirmed yet that it wants to be told", endpoint)
		}
		return
	}
	e.todo(about, confirm, "%s is not subscribed: it has cancelled, or not confirmed for two days", endpoint)
}

func (e *examination) deadLetters(ctx context.Context) {
	const about = "dead letters"
	ctx, cancel := within(ctx)
	defer cancel()
	url, err := e.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: new(e.outputs["DeadLettersName"])})
	if err != nil {
		e.unknown(about, err)
		return
	}
	const count = sqstypes.QueueAttributeNameApproximateNumberOfMessages
	queue, err := e.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{count}})
	if err != nil {
		e.unknown(about, err)
		return
	}
	if n, err := strconv.Atoi(queue.Attributes[string(count)]); err == nil && n > 0 {
		e.todo(about, "see why in the function's log, mend it, and run thumbing redrive", "%d wait", n)
		return
	}
	e.ok(about, "none")
}

// cdn looks whether the CDN can be found and may read.
func (e *examination) cdn(ctx context.Context) {
	if !e.Settings.CDN {
		e.ok("CDN", "none, as THUMBING_CDN says")
		return
	}
	e.readable(ctx)
	host := e.Settings.DomainName
	if host == "" {
		host = e.outputs["CDNDomainName"]
	}
	ctx, cancel := within(ctx)
	defer cancel()
	if _, err := e.DNS.LookupHost(ctx, host); err != nil {
		do := "wait: a new name takes minutes to be known"
		if e.Settings.DomainName != "" && e.Settings.HostedZoneName == "" {
			do = fmt.Sprintf("make a CNAME record of %s for %s", host, e.outputs["CDNDomainName"])
		} else if e.Settings.DomainName != "" {
			do = "see that the registrar of the domain names the zone's name servers"
		}
		e.todo("DNS", do, "%s is not known: %v", host, err)
		return
	}
	e.ok("DNS", "%s is known", host)
}

// readable looks whether an imported assets bucket lets the CDN read. Of the stack's own bucket the stack sees to it.
func (e *examination) readable(ctx context.Context) {
	const about, do = "CDN's rights", "add the statements of the stack's output AssetsBucketPolicy to the bucket's policy"
	if !e.Settings.Assets.Import {
		return
	}
	ctx, cancel := within(ctx)
	defer cancel()
	bucket := e.Settings.Assets.Name
	policy, err := e.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	switch {
	case is(err, "NoSuchBucketPolicy"):
		e.todo(about, do, "%s has no policy that lets the CDN read", bucket)
	case err != nil:
		e.unknown(about, err)
	case !strings.Contains(aws.ToString(policy.Policy), distributionARN(e.outputs["AssetsBucketPolicy"])):
		e.todo(about, do, "the policy of %s does not let the CDN read", bucket)
	default:
		e.ok(about, "the policy of %s names the CDN", bucket)
	}
}

// distributionARN finds the distribution in the policy that the stack prints.
func distributionARN(policy string) string {
	i := strings.Index(policy, ":distribution/")
	if i < 0 {
		return ":distribution/"
	}
	start := strings.LastIndexByte(policy[:i], '"') + 1
	end := strings.IndexByte(policy[i:], '"')
	if end < 0 {
		return policy[start:]
	}
	return policy[start : i+end]
}
