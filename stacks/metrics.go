package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
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

// metrics are those of the stack's resources.
type metrics struct {
	function awslambda.Function
	events   awssns.Topic
	dead     awssqs.Queue
}

func metric(namespace, name, statistic string, minutes float64, dimensions map[string]*string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: new(namespace), MetricName: new(name), Statistic: new(statistic),
		Period: awscdk.Duration_Minutes(new(minutes)), DimensionsMap: &dimensions, Label: new(name),
	})
}

func (m metrics) lambda(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/Lambda", name, statistic, periodMinutes, map[string]*string{"FunctionName": m.function.FunctionName()})
}

func (m metrics) topic(name string) awscloudwatch.Metric {
	return metric("AWS/SNS", name, "Sum", periodMinutes, map[string]*string{"TopicName": m.events.TopicName()})
}

func (m metrics) letters(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/SQS", name, statistic, periodMinutes, map[string]*string{"QueueName": m.dead.QueueName()})
}

// uploads is how many of a status there were.
func (m metrics) uploads(status string, minutes float64) awscloudwatch.Metric {
	return m.picture("Uploads", status, "Sum", minutes).With(&awscloudwatch.MetricOptions{Label: new(status)})
}

// picture is a metric that the function writes of pictures of a status.
func (m metrics) picture(name, status, statistic string, minutes float64) awscloudwatch.Metric {
	return metric(metricsNamespace, name, statistic, minutes,
		map[string]*string{"FunctionName": m.function.FunctionName(), "Status": new(status)})
}

func expression(label, text string, minutes float64, using map[string]awscloudwatch.IMetric) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: new(text), Label: new(label), UsingMetrics: &using, Period: awscdk.Duration_Minutes(new(minutes)),
	})
}

func (m metrics) errorPercent() awscloudwatch.IMetric {
	return expression("failed invocations, %", "100 * errors / invocations", periodMinutes, map[string]awscloudwatch.IMetric{
		"errors": m.lambda("Errors", "Sum"), "invocations": m.lambda("Invocations", "Sum"),
	})
}

func (m metrics) rejectedPercent() awscloudwatch.IMetric {
	text := fmt.Sprintf("IF(FILL(rejected, 0) + FILL(processed, 0) >= %d, 100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(processed, 0)), 0)", minUploads)
	return expression("rejected uploads, %", text, sharePeriodMinutes, map[string]awscloudwatch.IMetric{
		"rejected": m.uploads("rejected", sharePeriodMinutes), "processed": m.uploads("processed", sharePeriodMinutes),
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
		using[status] = m.uploads(status, periodMinutes)
	}
	return expression("invocations beyond uploads", fmt.Sprintf("invocations - %d * (%s) - %d", loopFactor, sum, loopSlack), periodMinutes, using)
}

// lostLetters is how often something could not be put into the queue of dead letters.
func (m metrics) lostLetters() awscloudwatch.IMetric {
	return expression("lost letters", "FILL(function, 0) + FILL(webhook, 0)", periodMinutes, map[string]awscloudwatch.IMetric{
		"function": m.lambda("DestinationDeliveryFailures", "Sum"), "webhook": m.topic("NumberOfNotificationsFailedToRedriveToDlq"),
	})
}
