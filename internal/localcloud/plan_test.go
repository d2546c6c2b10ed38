package localcloud

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/template"
)

var place = template.Place{Partition: "aws", Region: "us-east-1", AccountID: "000000000000"}

func planOf(t *testing.T, text string) Plan {
	t.Helper()
	tpl, err := template.Read(strings.NewReader(text), "Stack", place)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(tpl)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPlanOfOurStack holds what runs of the template that a deployment is given.
func TestPlanOfOurStack(t *testing.T) {
	text, err := os.ReadFile("../../testdata/template/ThumbingServerlessCdkStack.template.json")
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, string(text))
	if len(p.Buckets) != 3 || len(p.Functions) != 1 || len(p.Topics) != 2 {
		t.Fatalf("%d buckets, %d functions, %d topics", len(p.Buckets), len(p.Functions), len(p.Topics))
	}
	f, topic := p.Functions[0], p.Topics[0]
	byEnv := map[string]Bucket{}
	for _, b := range p.Buckets {
		byEnv[b.Name] = b
		if b.Imported {
			t.Errorf("bucket %s is taken for an imported one", b.Name)
		}
	}
	uploads, assets := byEnv[f.Env["SOURCE_BUCKET_NAME"]], byEnv[f.Env["DEST_BUCKET_NAME"]]
	all := []string{"s3:ObjectCreated:*"}
	if diff := cmp.Diff([]Rule{{Events: all, Prefix: f.Env["FOLDER_INPUT"], Target: f.ARN}}, uploads.Rules); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Rule{{Events: all, Prefix: f.Env["FOLDER_OUTPUT"], Target: topic.ARN}}, assets.Rules); diff != "" {
		t.Error(diff)
	}
	if f.Timeout != 30*time.Second || f.MaxRetries != 2 || f.MaxEventAge != 6*time.Hour || f.MemoryMB == 0 {
		t.Errorf("function %+v", f)
	}
	if len(p.Queues) != 1 || p.Queues[0].Retention != 14*24*time.Hour {
		t.Fatalf("queues %+v", p.Queues)
	}
	if q := p.Queues[0].ARN; f.OnFailure != q || topic.Subscriptions[0].DeadLetters != q {
		t.Errorf("failures go to %q and %q, want %s", f.OnFailure, topic.Subscriptions[0].DeadLetters, q)
	}
	want := []Distribution{{Name: p.Distributions[0].Name, Bucket: assets.Name, Folders: []string{f.Env["FOLDER_OUTPUT"]}, Headers: http.Header{
		"X-Content-Type-Options": {"nosniff"}, "Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'; sandbox"},
		"Access-Control-Allow-Origin": {"*"}, "Access-Control-Expose-Headers": {"ETag"}, "Cross-Origin-Resource-Policy": {"cross-origin"},
	}}}
	if diff := cmp.Diff(want, p.Distributions); diff != "" {
		t.Error(diff)
	}
	if _, ok := p.Distribution(uploads.Name); ok {
		t.Error("the uploads are served")
	}
	for _, n := range p.Notices {
		if strings.Contains(n.Text, "left out") || strings.Contains(n.Text, "no effect") || strings.Contains(n.Text, "nowhere") {
			t.Errorf("part of our own stack does not run: %s", n)
		}
	}
	if len(p.Outputs) == 0 {
		t.Error("no outputs")
	}
}

// TestNothingIsLeftOutInSilence gives one resource each that cannot run here, or not wholly.
func TestNothingIsLeftOutInSilence(t *testing.T) {
	for _, c := range []struct{ name, resources, want string }{
		{"unknown type", `"Q": {"Type": "AWS::DynamoDB::Table"}`, "Q (AWS::DynamoDB::Table): cannot run here and is left out"},
		{"named by its path", `"Q123": {"Type": "AWS::DynamoDB::Table", "Metadata": {"aws:cdk:path": "Stack/Users/Resource"}}`,
			"Stack/Users (AWS::DynamoDB::Table): cannot run here and is left out"},
		{"unknown property", `"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "b", "ReplicationConfiguration": {}}}`,
			"B (AWS::S3::Bucket): ReplicationConfiguration has no effect here"},
		{"other runtime", `"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x"}}`,
			"F (AWS::Lambda::Function): the runtime nodejs22.x cannot run here, so the function is left out"},
		{"other protocol", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
		  "S": {"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "email", "Endpoint": "a@example.com", "TopicArn": {"Ref": "T"}}}`,
			"S (AWS::SNS::Subscription): deliveries by email cannot run here"},
		{"topic elsewhere", `"S": {"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "http", "TopicArn": "arn:aws:sns:us-east-1:1:other"}}`,
			"its topic arn:aws:sns:us-east-1:1:other is not in this template"},
		{"path that is no folder", `"D": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"CacheBehaviors": [{"PathPattern": "*.png"}]}}}`,
			`D (AWS::CloudFront::Distribution): its path "*.png" is no folder, and is not served here`},
		{"function elsewhere", `"I": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "other"}}`,
			"its function other does not run here"},
		{"queue", `"N": {"Type": "Custom::S3BucketNotifications", "Properties": {"ServiceToken": "x", "BucketName": "b",
		  "NotificationConfiguration": {"QueueConfigurations": [{"Events": ["s3:ObjectCreated:*"], "QueueArn": "arn"}]}}}`,
			"events to queues and EventBridge are not delivered here"},
		{"target elsewhere", `"N": {"Type": "Custom::S3BucketNotifications", "Properties": {"ServiceToken": "x", "BucketName": "b",
		  "NotificationConfiguration": {"LambdaFunctionConfigurations": [{"Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": "arn:other"}]}}}`,
			"b (notification): its target arn:other does not run here, so its events go nowhere"},
		{"destination elsewhere", `"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "FunctionName": "f"}},
		  "I": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": "f", "DestinationConfig": {"OnFailure": {"Destination": "arn:other"}}}}`,
			"f (function): its on-failure destination arn:other does not run here"},
		{"dead letters elsewhere", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
		  "S": {"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "http", "Endpoint": "http://127.0.0.1/", "TopicArn": {"Ref": "T"},
		    "RedrivePolicy": {"deadLetterTargetArn": "arn:other"}}}`,
			"t (subscription): its dead-letter queue arn:other does not run here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, `{"Resources": {`+c.resources+`}}`)
			var said []string
			for _, n := range p.Notices {
				said = append(said, n.String())
			}
			if !strings.Contains(strings.Join(said, "\n"), c.want) {
				t.Errorf("said %q, want %q", said, c.want)
			}
		})
	}
}

func TestImportedBucketIsKnownByItsNotifications(t *testing.T) {
	p := planOf(t, `{"Resources": {"N": {"Type": "Custom::S3BucketNotifications", "Properties": {"ServiceToken": "x", "BucketName": "mine",
	  "NotificationConfiguration": {"TopicConfigurations": [{"Events": ["s3:ObjectCreated:Put"], "TopicArn": {"Ref": "T"},
	    "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]}}}]}}},
	  "T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}}`)
	want := []Bucket{{Name: "mine", Imported: true, Rules: []Rule{{Events: []string{"s3:ObjectCreated:Put"},
		Prefix: "in/", Suffix: ".jpg", Target: "arn:aws:sns:us-east-1:000000000000:t"}}}}
	if diff := cmp.Diff(want, p.Buckets); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenTemplateIsAnError(t *testing.T) {
	for _, c := range []struct{ resources, want string }{
		{`"F": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": "soon"}}`, "F (AWS::Lambda::Function) has a property of another shape"},
		{`"F": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "Gone"}}}`, `Ref "Gone" names nothing`},
		{`"N": {"Type": "Custom::S3BucketNotifications", "Properties": {"BucketName": "b", "NotificationConfiguration":
		  {"TopicConfigurations": [{"Filter": {"Key": {"FilterRules": [{"Name": "size", "Value": "1"}]}}}]}}}`, `not by "size"`},
	} {
		tpl, err := template.Read(strings.NewReader(`{"Resources": {`+c.resources+`}}`), "Stack", place)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewPlan(tpl); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
