package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/thumbing/thumbing/internal/settings"
)

// What is still normal.
const (
	maxErrorPercent    = 1  // of invocations
	maxRejectedPercent = 25 // of uploads
	minUploads         = 20 // in an hour, for a share of them to mean anything
	maxP95Seconds      = 10 // of a function that has 30: even the largest picture takes less
	loopFactor         = 2  // invocations for each upload: failures are tried again, but count as uploads each time
	loopSlack          = 100
)

// alarm says when a person should look.
type alarm struct {
	id, says string
	metric   awscloudwatch.IMetric
	above    float64
	periods  float64 // in a row; 0 is one
}

// newAlarms watches over the stack. The alarms are mailed to the address of the settings, if there is one. It
// returns their ARNs.
func newAlarms(stack awscdk.Stack, s settings.Settings, key awskms.Key, m metrics) []*string {
	alarms := []alarm{
		{id: "Errors", above: maxErrorPercent, metric: m.errorPercent(),
			says: "The function fails on more than 1 in 100 invocations: its log says why."},
		{id: "Throttles", above: 0, periods: 3, metric: m.lambda("Throttles", "Sum"),
			says: "For a quarter of an hour uploads have waited for a free function: THUMBING_CONCURRENCY or the account's limit is too low, or something uploads without end."},
		{id: "Slow", above: maxP95Seconds * 1000, periods: 3, metric: m.lambda("Duration", "p95"),
			says: "1 in 20 pictures takes more than 10 seconds, of 30 that the function has."},
		{id: "DeadLetterCount", above: 0, metric: m.letters("ApproximateNumberOfMessagesVisible", "Maximum"),
			says: "Something was given up after all retries and waits in the queue of dead letters: thumbing redrive replays it."},
		{id: "LostLetters", above: 0, metric: m.lostLetters(),
			says: "Something was given up and could not even be put into the queue of dead letters."},
		{id: "Rejected", above: maxRejectedPercent, metric: m.rejectedPercent(),
			says: "In the last hour more than 1 in 4 uploads was no picture that can be processed: the function's log has their codes."},
		{id: "Loop", above: 0, metric: m.invocationsBeyondUploads(),
			says: "The function is invoked far more often than pictures arrive: some notification sends it what is no upload, such as its own avatars."},
		{id: "Recursion", above: 0, metric: m.lambda("RecursiveInvocationsDropped", "Sum"),
			says: "Lambda stopped the function from invoking itself over S3: the folders of uploads and avatars are not apart."},
	}
	if s.WebhookURL != "" {
		alarms = append(alarms, alarm{id: "Webhook", above: 0, metric: m.topic("NumberOfNotificationsFailed"),
			says: "The webhook did not take a notification after all retries: it waits in the queue of dead letters."})
	}
	mail := newAlarmTopic(stack, s, key)
	var arns []*string
	for _, a := range alarms {
		name := StackID + "-" + a.id
		made := awscloudwatch.NewAlarm(stack, new("Alarm"+a.id), &awscloudwatch.AlarmProps{
			AlarmName:          new(name),
			AlarmDescription:   new(a.says),
			Metric:             a.metric,
			Threshold:          new(a.above),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			EvaluationPeriods:  new(max(a.periods, 1)),
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING, // nothing happens at night
		})
		if mail != nil {
			made.AddAlarmAction(&publish{mail})
			made.AddOkAction(&publish{mail})
		}
		arns = append(arns, alarmARN(stack, name))
	}
	return arns
}

// publish tells a topic of an alarm.
type publish struct{ topic awssns.Topic }

// Bind names the topic.
func (p *publish) Bind(constructs.Construct, awscloudwatch.IAlarm) *awscloudwatch.AlarmActionConfig {
	return &awscloudwatch.AlarmActionConfig{AlarmActionArn: p.topic.TopicArn()}
}

// alarmARN is the ARN of the alarms of a name, which may be *.
func alarmARN(stack awscdk.Stack, name string) *string {
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: new("cloudwatch"), Resource: new("alarm"), ResourceName: new(name), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// newAlarmTopic makes the topic of alarms, whose one subscriber is asked by mail to confirm. Without an address
// there is none.
func newAlarmTopic(stack awscdk.Stack, s settings.Settings, key awskms.Key) awssns.Topic {
	if s.AlarmEmail == "" {
		return nil
	}
	topic := awssns.NewTopic(stack, new("Alarms"), &awssns.TopicProps{
		TopicName:   new(s.AlarmsTopicName()),
		DisplayName: new("Thumbing alarms"),
		MasterKey:   key,
		EnforceSSL:  new(true),
	})
	letPublish(topic, s.AlarmsTopicName(), "AlarmsMayPublish", "cloudwatch.amazonaws.com", alarmARN(stack, "*"))
	awssns.NewSubscription(stack, new("AlarmMail"), &awssns.SubscriptionProps{
		Topic:    topic,
		Protocol: awssns.SubscriptionProtocol_EMAIL,
		Endpoint: new(s.AlarmEmail),
	})
	return topic
}
