package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"github.com/thumbing/thumbing/internal/settings"
)

// metricsNamespace is where the function's own metrics are, which it writes to its log.
const metricsNamespace = "Thumbing"

// How long a datapoint of metrics covers, in minutes; and of shares of uploads, which need some.
const (
	periodMinutes      = 5
	sharePeriodMinutes = 60
)

// uploadStatuses are the outcomes of something that was an upload. The function also counts what was none
// ("skipped", "malformed").
var uploadStatuses = []string{"processed", "rejected", "gone", "failed"}

// metrics are those of the stack's resources. Each question to the CDK takes time, so names and periods are
// asked for once.
type metrics struct {
	function, events, dead, distribution *string // names, as the metrics' dimensions have them
	period, sharePeriod                  awscdk.Duration
}

func newMetrics(function awslambda.Function, events awssns.Topic, dead awssqs.Queue, cdn awscloudfront.Distribution) metrics {
	m := metrics{
		function: function.FunctionName(), events: events.TopicName(), dead: dead.QueueName(),
		period:      awscdk.Duration_Minutes(new(float64(periodMinutes))),
		sharePeriod: awscdk.Duration_Minutes(new(float64(sharePeriodMinutes))),
	}
	if cdn != nil {
		m.distribution = cdn.DistributionId()
	}
	return m
}

func (m metrics) metric(namespace, name, statistic string, dimensions map[string]*string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: new(namespace), MetricName: new(name), Statistic: new(statistic), Period: m.period, DimensionsMap: &dimensions, Label: new(name),
	})
}

func (m metrics) lambda(name, statistic string) awscloudwatch.Metric {
	return m.metric("AWS/Lambda", name, statistic, map[string]*string{"FunctionName": m.function})
}

func (m metrics) topic(name string) awscloudwatch.Metric {
	return m.metric("AWS/SNS", name, "Sum", map[string]*string{"TopicName": m.events})
}

func (m metrics) letters(name, statistic string) awscloudwatch.Metric {
	return m.metric("AWS/SQS", name, statistic, map[string]*string{"QueueName": m.dead})
}

// cdn is a metric of the distribution. CloudFront keeps them where it keeps everything of its own.
func (m metrics) cdn(name, statistic string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: new("AWS/CloudFront"), MetricName: new(name), Statistic: new(statistic), Period: m.period, Label: new(name),
		DimensionsMap: &map[string]*string{"DistributionId": m.distribution, "Region": new("Global")}, Region: new(settings.CertificateRegion),
	})
}

// uploads is how many of a status there were in a period.
func (m metrics) uploads(status string, period awscdk.Duration) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: new(metricsNamespace), MetricName: new("Uploads"), Statistic: new("Sum"), Period: period, Label: new(status),
		DimensionsMap: &map[string]*string{"FunctionName": m.function, "Status": new(status)},
	})
}

// megapixels is how large pictures are that avatars were made of.
func (m metrics) megapixels(statistic string) awscloudwatch.Metric {
	return m.metric(metricsNamespace, "Megapixels", statistic, map[string]*string{"FunctionName": m.function, "Status": new("processed")})
}

func expression(label, text string, period awscdk.Duration, using map[string]awscloudwatch.IMetric) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: new(text), Label: new(label), UsingMetrics: &using, Period: period,
	})
}

func (m metrics) errorPercent() awscloudwatch.IMetric {
	return expression("failed invocations, %", "100 * errors / invocations", m.period, map[string]awscloudwatch.IMetric{
		"errors": m.lambda("Errors", "Sum"), "invocations": m.lambda("Invocations", "Sum"),
	})
}

func (m metrics) rejectedPercent() awscloudwatch.IMetric {
	text := fmt.Sprintf("IF(FILL(rejected, 0) + FILL(processed, 0) >= %d, 100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(processed, 0)), 0)", minUploads)
	return expression("rejected uploads, %", text, m.sharePeriod, map[string]awscloudwatch.IMetric{
		"rejected": m.uploads("rejected", m.sharePeriod), "processed": m.uploads("processed", m.sharePeriod),
	})
}

// invocationsBeyondUploads is above zero when the function is invoked far more often than there are uploads.
func (m metrics) invocationsBeyondUploads() awscloudwatch.IMetric {
	using := map[string]awscloudwatch.IMetric{"invocations": m.lambda("Invocations", "Sum")}
	sum := ""
	for i, status := range uploadStatuses {
		if i > 0 {
			sum += " + "
		}
		sum += fmt.Sprintf("FILL(%s, 0)", status)
		using[status] = m.uploads(status, m.period)
	}
	return expression("invocations beyond uploads", fmt.Sprintf("invocations - %d * (%s) - %d", loopFactor, sum, loopSlack), m.period, using)
}

// lostLetters is how often something could not be put into the queue of dead letters.
func (m metrics) lostLetters() awscloudwatch.IMetric {
	return expression("lost letters", "FILL(function, 0) + FILL(webhook, 0)", m.period, map[string]awscloudwatch.IMetric{
		"function": m.lambda("DestinationDeliveryFailures", "Sum"), "webhook": m.topic("NumberOfNotificationsFailedToRedriveToDlq"),
	})
}
