package stacks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/settings"
)

// metricsOf shows what an alarm watches: its expression and, by id, its metrics.
func metricsOf(tmpl template, alarm resource) []string {
	var all []string
	for _, item := range alarm.Properties["Metrics"].([]any) {
		m := item.(map[string]any)
		if m["Expression"] != nil {
			all = append(all, tmpl.show(m["Expression"]))
			continue
		}
		stat := m["MetricStat"].(map[string]any)
		metric := stat["Metric"].(map[string]any)
		var dimensions []string
		for _, d := range metric["Dimensions"].([]any) {
			dimension := d.(map[string]any)
			dimensions = append(dimensions, tmpl.show(dimension["Name"])+"="+tmpl.show(dimension["Value"]))
		}
		all = append(all, fmt.Sprintf("%s: %s %s {%s} %s of %ss", m["Id"], tmpl.show(metric["Namespace"]), tmpl.show(metric["MetricName"]),
			strings.Join(dimensions, " "), tmpl.show(stat["Stat"]), tmpl.show(stat["Period"])))
	}
	return all
}

func TestAlarms(t *testing.T) {
	tmpl := synthesize(t, everything())
	const function, topic, queue = "{FunctionName=${Thumbnailer}}", "{TopicName=${Topic.TopicName}}", "{QueueName=${DeadLetters.QueueName}}"
	uploads := func(status, period string) string {
		return status + ": Thumbing Uploads {FunctionName=${Thumbnailer} Status=" + status + "} Sum of " + period
	}
	want := map[string]struct {
		above, periods string
		metrics        []string
	}{
		"Errors":          {"1", "1", []string{"100 * errors / invocations", "errors: AWS/Lambda Errors " + function + " Sum of 300s", "invocations: AWS/Lambda Invocations " + function + " Sum of 300s"}},
		"Throttles":       {"0", "3", []string{"m1: AWS/Lambda Throttles " + function + " Sum of 300s"}},
		"Slow":            {"10000", "3", []string{"m1: AWS/Lambda Duration " + function + " p95 of 300s"}},
		"DeadLetterCount": {"0", "1", []string{"m1: AWS/SQS ApproximateNumberOfMessagesVisible " + queue + " Maximum of 300s"}},
		"LostLetters": {"0", "1", []string{"FILL(function, 0) + FILL(webhook, 0)", "function: AWS/Lambda DestinationDeliveryFailures " + function + " Sum of 300s",
			"webhook: AWS/SNS NumberOfNotificationsFailedToRedriveToDlq " + topic + " Sum of 300s"}},
		"Rejected": {"25", "1", []string{"IF(FILL(rejected, 0) + FILL(processed, 0) >= 20, 100 * FILL(rejected, 0) / (FILL(rejected, 0) + FILL(processed, 0)), 0)",
			uploads("processed", "3600s"), uploads("rejected", "3600s")}},
		"Loop": {"0", "1", []string{"invocations - 2 * (FILL(processed, 0) + FILL(rejected, 0) + FILL(gone, 0) + FILL(failed, 0)) - 100",
			uploads("failed", "300s"), uploads("gone", "300s"), "invocations: AWS/Lambda Invocations " + function + " Sum of 300s", uploads("processed", "300s"), uploads("rejected", "300s")}},
		"Recursion": {"0", "1", []string{"m1: AWS/Lambda RecursiveInvocationsDropped " + function + " Sum of 300s"}},
		"Webhook":   {"0", "1", []string{"m1: AWS/SNS NumberOfNotificationsFailed " + topic + " Sum of 300s"}},
	}
	if n := len(tmpl.of("AWS::CloudWatch::Alarm")); n != len(want) {
		t.Errorf("%d alarms, want %d", n, len(want))
	}
	for id, w := range want {
		alarm := tmpl.at(t, "Alarm"+id+"/Resource")
		tmpl.check(t, alarm, "ThumbingServerlessCdkStack-"+id, "AlarmName")
		tmpl.check(t, alarm, w.above, "Threshold")
		tmpl.check(t, alarm, w.periods, "EvaluationPeriods")
		tmpl.check(t, alarm, "GreaterThanThreshold", "ComparisonOperator")
		tmpl.check(t, alarm, "notBreaching", "TreatMissingData")
		tmpl.check(t, alarm, "[${Alarms}]", "AlarmActions")
		tmpl.check(t, alarm, "[${Alarms}]", "OKActions")
		if d := cmp.Diff(w.metrics, metricsOf(tmpl, alarm)); d != "" {
			t.Errorf("what %s watches (-want +got):\n%s", id, d)
		}
		if tmpl.show(alarm.Properties["AlarmDescription"]) == "null" {
			t.Errorf("%s does not say what to do", id)
		}
	}
}

// T3: the topic of alarms is encrypted, hears of alarms of this account only, and mails them.
func TestAlarmTopic(t *testing.T) {
	tmpl := synthesize(t, everything())
	topic := tmpl.at(t, "Alarms/Resource")
	tmpl.check(t, topic, "cruddur-webhook-avatar-alarms", "TopicName")
	tmpl.check(t, topic, "${TopicKey.Arn}", "KmsMasterKeyId")
	mail := tmpl.at(t, "AlarmMail/Resource")
	tmpl.check(t, mail, "email", "Protocol")
	tmpl.check(t, mail, "alarms@example.com", "Endpoint")
	want := []statement{
		{Sid: "AllowPublishThroughSSLOnly", Effect: "Deny", Principal: "*", Actions: []string{"sns:Publish"}, Resources: []string{"${Alarms}"},
			Condition: "{Bool:{aws:SecureTransport:false}}"},
		{Sid: "AlarmsMayPublish", Effect: "Allow", Principal: "{Service:cloudwatch.amazonaws.com}", Actions: []string{"sns:Publish"}, Resources: []string{"${Alarms}"},
			Condition: "{ArnLike:{aws:SourceArn:arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*} StringEquals:{aws:SourceAccount:${AWS::AccountId}}}"},
	}
	if d := cmp.Diff(want, tmpl.statements(t, tmpl.at(t, "Alarms/Policy/Resource"))); d != "" {
		t.Errorf("the policy of the topic of alarms (-want +got):\n%s", d)
	}
}

// T3: S3 and CloudWatch may use the key for messages of their topic, and nobody but the account's own for anything else.
func TestTopicKey(t *testing.T) {
	tmpl := synthesize(t, everything())
	key := tmpl.at(t, "TopicKey/Resource")
	tmpl.check(t, key, "true", "EnableKeyRotation")
	tmpl.check(t, key, "7", "PendingWindowInDays")
	const arn = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:"
	use := func(sid, service, topic string) statement {
		return statement{Sid: sid, Effect: "Allow", Principal: "{Service:" + service + "}", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{"*"},
			Condition: "{StringEquals:{kms:EncryptionContext:aws:sns:topicArn:" + arn + topic + "}}"}
	}
	key.Properties["PolicyDocument"] = key.Properties["KeyPolicy"]
	want := []statement{
		{Effect: "Allow", Principal: "{AWS:arn:${AWS::Partition}:iam::${AWS::AccountId}:root}", Actions: []string{"kms:*"}, Resources: []string{"*"}},
		use("BucketMayPublish", "s3.amazonaws.com", "cruddur-webhook-avatar"),
		use("AlarmsMayPublish", "cloudwatch.amazonaws.com", "cruddur-webhook-avatar-alarms"),
	}
	if d := cmp.Diff(want, tmpl.statements(t, key)); d != "" {
		t.Errorf("who may use the key (-want +got):\n%s", d)
	}
}

// Whatever the settings, there is one dashboard, and what it shows is there to be shown.
func TestDashboard(t *testing.T) {
	without := everything()
	without.CDN = false
	for name, s := range map[string]settings.Settings{"two bucket names": defaults(), "everything": everything(), "no CDN": without} {
		tmpl := synthesize(t, s)
		boards := tmpl.of("AWS::CloudWatch::Dashboard")
		if len(boards) != 1 {
			t.Fatalf("%s: %d dashboards", name, len(boards))
		}
		body := tmpl.show(boards[0].Properties["DashboardBody"])
		if !json.Valid([]byte(body)) {
			t.Errorf("%s: the dashboard is no JSON:\n%s", name, body)
		}
		for _, want := range []string{`"AWS/Lambda","Duration","FunctionName","${Thumbnailer}"`, `"Thumbing","Uploads","FunctionName","${Thumbnailer}","Status","rejected"`,
			`"AWS/SQS","ApproximateNumberOfMessagesVisible"`, `SEARCH('{Thumbing,Code,FunctionName,Status} FunctionName=\"${Thumbnailer}\"`, `"arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:ThumbingServerlessCdkStack-Errors"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the dashboard lacks %s:\n%s", name, want, body)
			}
		}
		if shown := strings.Contains(body, `"AWS/CloudFront","Requests","DistributionId","${CDN}"`); shown != s.CDN {
			t.Errorf("%s: the CDN is shown: %t", name, shown)
		}
	}
}
