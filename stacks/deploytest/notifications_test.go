package deploytest

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/stacks"
)

// S10: on a bucket that is not the stack's, what others are told of stays as it is while our notification comes
// and goes. Moto does not run the CDK's handler, so its code is run here, with the properties of the template.
func TestNotificationsOfImportedBuckets(t *testing.T) {
	c := start(t)
	env := append(slices.Clone(settingsEnv), "UPLOADS_BUCKET_IMPORT=true", "ASSETS_BUCKET_IMPORT=true")
	c.cdk(t, env, "synth", "--quiet")
	handler, properties := c.notifications(t)

	client, topics := c.s3(), sns.NewFromConfig(c.config())
	const bucket = "check-assets"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new(bucket)}); err != nil {
		t.Fatal(err)
	}
	arns := map[string]string{}
	for _, name := range []string{"theirs", "ours"} {
		topic, err := topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		arns[name] = *topic.TopicArn
	}
	_, err := client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{Bucket: new(bucket),
		NotificationConfiguration: &types.NotificationConfiguration{TopicConfigurations: []types.TopicConfiguration{
			{Id: new("theirs"), TopicArn: new(arns["theirs"]), Events: []types.Event{"s3:ObjectRemoved:*"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	told := func() (ids []string) {
		t.Helper()
		got, err := client.GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: new(bucket)})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range got.TopicConfigurations {
			ids = append(ids, aws.ToString(n.TopicArn))
		}
		slices.Sort(ids)
		return ids
	}

	configuration := properties["NotificationConfiguration"].(map[string]any)
	configuration["TopicConfigurations"].([]any)[0].(map[string]any)["TopicArn"] = arns["ours"]
	for _, step := range []struct {
		request string
		want    []string
	}{
		{"Create", []string{arns["ours"], arns["theirs"]}},
		{"Update", []string{arns["ours"], arns["theirs"]}},
		{"Delete", []string{arns["theirs"]}},
	} {
		c.runHandler(t, handler, step.request, properties)
		if d := cmp.Diff(step.want, told()); d != "" {
			t.Errorf("who is told after %s (-want +got):\n%s", step.request, d)
		}
	}
}

// notifications returns the code of the CDK's handler, and what the template asks of it for the assets bucket.
func (c *cloud) notifications(t *testing.T) (code string, properties map[string]any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.project, "cdk.out", stacks.StackID+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(b, &template); err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
		r := template.Resources[id]
		switch {
		case r.Type == "AWS::Lambda::Function" && strings.HasPrefix(id, "BucketNotificationsHandler"):
			code = r.Properties["Code"].(map[string]any)["ZipFile"].(string)
		case r.Type == "Custom::S3BucketNotifications" && strings.HasPrefix(id, "Assets"):
			properties = r.Properties
		}
	}
	if code == "" || properties == nil || properties["Managed"] != false {
		t.Fatalf("the template has no handler, or takes the bucket for its own: %v", properties)
	}
	properties["Managed"] = "false" // CloudFormation hands everything on as text
	properties["SkipDestinationValidation"] = "true"
	return code, properties
}

// runHandler calls the handler as CloudFormation would, and waits for its answer.
func (c *cloud) runHandler(t *testing.T, code, request string, properties map[string]any) {
	t.Helper()
	answer := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		answer <- b
	}))
	defer server.Close()
	event, err := json.Marshal(map[string]any{
		"RequestType": request, "ResponseURL": server.URL, "StackId": "arn:aws:cloudformation:" + region + ":" + account + ":stack/" + stacks.StackID + "/1",
		"RequestId": "1", "LogicalResourceId": "AssetsNotifications", "ResourceProperties": properties, "OldResourceProperties": properties,
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"index.py": code, "event.json": string(event), "run.py": `
import json, types, index
index.handler(json.load(open("event.json")), types.SimpleNamespace(log_stream_name="here"))
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, "python3", "run.py")
	command.Dir, command.Env = dir, append(c.env, "AWS_S3_ADDRESSING_STYLE=path")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said struct{ Status, Reason string }
	if err := json.Unmarshal(<-answer, &said); err != nil {
		t.Fatal(err)
	}
	if said.Status != "SUCCESS" {
		t.Fatalf("%s: %s", request, said.Reason)
	}
}
