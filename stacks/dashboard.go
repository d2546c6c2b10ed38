package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
)

// newDashboard shows at a glance whether pictures come through, and what they cost in time.
// It knows alarms by their ARNs.
func newDashboard(stack awscdk.Stack, m metrics, alarmARNs []*string) awscloudwatch.Dashboard {
	var uploads []awscloudwatch.IMetric
	for _, status := range append(uploadStatuses, "skipped", "malformed") {
		uploads = append(uploads, m.uploads(status, m.period))
	}
	var alarms []interfacesawscloudwatch.IAlarmRef
	for i, arn := range alarmARNs {
		alarms = append(alarms, awscloudwatch.Alarm_FromAlarmArn(stack, new(fmt.Sprintf("DashboardAlarm%d", i)), arn))
	}
	rows := [][]awscloudwatch.IWidget{
		{awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{Title: new("Alarms"), Alarms: &alarms, Width: new(24.0), Height: new(3.0)})},
		{
			graph("Uploads by outcome", true, uploads...),
			graph("Rejected, by code", true, m.rejectedByCode()),
			graph("Megapixels of a picture", false, m.megapixels("p50"), m.megapixels("p95")),
		},
		{
			graph("Invocations", false, m.lambda("Invocations", "Sum"), m.lambda("Errors", "Sum"), m.lambda("Throttles", "Sum")),
			graph("Duration of an invocation, ms", false, m.lambda("Duration", "p50"), m.lambda("Duration", "p95"), m.lambda("Duration", "Maximum")),
			graph("Functions at once", false, m.lambda("ConcurrentExecutions", "Maximum")),
		},
		{
			graph("Notifications", false, m.topic("NumberOfMessagesPublished"), m.topic("NumberOfNotificationsDelivered"), m.topic("NumberOfNotificationsFailed")),
			graph("Dead letters", false, m.letters("ApproximateNumberOfMessagesVisible", "Maximum"), m.letters("ApproximateAgeOfOldestMessage", "Maximum")),
			graph("Age of an event when it is taken up, ms", false, m.lambda("AsyncEventAge", "p50"), m.lambda("AsyncEventAge", "Maximum")),
		},
	}
	if m.distribution != nil {
		rows = append(rows, []awscloudwatch.IWidget{
			graph("Pictures read", false, m.cdn("Requests", "Sum")),
			graph("Pictures read that failed, %", false, m.cdn("4xxErrorRate", "Average"), m.cdn("5xxErrorRate", "Average")),
			graph("Bytes read", false, m.cdn("BytesDownloaded", "Sum")),
		})
	}
	var widgets []*[]awscloudwatch.IWidget
	for _, row := range rows {
		widgets = append(widgets, &row)
	}
	return awscloudwatch.NewDashboard(stack, new("Dashboard"), &awscloudwatch.DashboardProps{Widgets: &widgets})
}

func graph(title string, stacked bool, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: new(title), Left: &metrics, Stacked: new(stacked), Width: new(8.0), Height: new(6.0),
		LeftYAxis: &awscloudwatch.YAxisProps{Min: new(0.0), ShowUnits: new(false)},
	})
}

// rejectedByCode finds the codes that occur.
func (m metrics) rejectedByCode() awscloudwatch.IMetric {
	return expression("", "SEARCH('{"+metricsNamespace+",Code,FunctionName,Status} FunctionName=\""+*m.function+
		"\" Status=\"rejected\" MetricName=\"Uploads\"', 'Sum')", m.period, nil)
}
