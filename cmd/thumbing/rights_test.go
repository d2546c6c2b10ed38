package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const stackName = "ThumbingServerlessCdkStack"

// TestEveryStatementCounts boots the synthesized stack without one of the things that the function's role allows,
// for each of them, and without one of its statements: a run in which the function does all that it ever does is
// denied just that. With the whole role, nothing is denied.
func TestEveryStatementCounts(t *testing.T) {
	t.Parallel()
	c := newDev(t, t.TempDir(), "CDK_VALIDATION=false", "UPLOADS_BUCKET_NAME="+devUploads, "ASSETS_BUCKET_NAME="+devAssets)
	assembly := filepath.Join(t.TempDir(), "cdk.out")
	synth := thumbing(t, "synth", "--output", assembly)
	synth.Dir, synth.Env = c.dir, append(synth.Environ(), c.env...)
	if out, err := synth.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(assembly, stackName+".template.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	boot := func(t *testing.T, r *cut) {
		t.Helper()
		if err := os.WriteFile(file, parse(t, text).without(t, r), 0o644); err != nil {
			t.Fatal(err)
		}
		c.log = &logLines{}
		c.await(t, c.launch(t, "--assembly", assembly, "--data", t.TempDir()))
	}
	all := parse(t, text).cuts(t)
	if len(all) < 5 {
		t.Fatalf("the role allows no more than %v", all)
	}

	t.Run("nothing is missing", func(t *testing.T) {
		boot(t, nil)
		c.doEverything(t)
		waitFor(t, "the outcomes", func() bool {
			return c.log.count("service=lambda", "key=me.jpg") == 2 && c.log.count("service=lambda", "key=old.jpg") == 3 &&
				c.log.count("service=lambda", "key=bad.jpg") == 1
		})
		c.avatar(t, "/avatar/processed/me.png")
		c.avatar(t, "/avatar/processed/old.png")
		waitFor(t, "the dead letter", func() bool { return c.deadLetters(t) == 1 })
		c.stop(t)
		if c.log.contains("AccessDenied") {
			t.Error("something was denied")
		}
	})
	for _, r := range all {
		t.Run(r.String(), func(t *testing.T) {
			boot(t, &r)
			defer c.stop(t)
			c.doEverything(t)
			waitFor(t, "the denial", func() bool {
				return slices.ContainsFunc(r.actions, func(action string) bool {
					return c.log.contains("AccessDenied", "assumed-role/", "is not authorized to perform: "+action+" on resource: ")
				})
			})
		})
	}
}

// doEverything has the function do all that it ever does: make an avatar, replace it, make one from a version that
// has been overwritten, reject a picture, fail for good, and write its log.
func (c *devCloud) doEverything(t *testing.T) {
	t.Helper()
	put := func(key string, body []byte) *s3.PutObjectOutput {
		t.Helper()
		out, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devUploads), Key: &key, Body: bytes.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put("me.jpg", phonePhoto(t, 400, 300, 1))
	put("me.jpg", phonePhoto(t, 400, 300, 6))
	overwritten := put("old.jpg", phonePhoto(t, 400, 300, 1))
	put("old.jpg", phonePhoto(t, 400, 300, 6))
	put("bad.jpg", []byte("not a picture at all"))
	// An event of the first, as if it had come late and were the last.
	c.invoke(t, fmt.Sprintf(`{"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
	  "eventTime": "2100-01-01T00:00:00.000Z", "s3": {"bucket": {"name": %q}, "object": {"key": "old.jpg", "size": 1000,
	  "eTag": %s, "versionId": %q, "sequencer": "FFFFFFFFFFFFFFFFFF"}}}]}`, devUploads, *overwritten.ETag, *overwritten.VersionId))
	c.invoke(t, `"no event"`)
}

// invoke has the function handle an event.
func (c *devCloud) invoke(t *testing.T, event string) {
	t.Helper()
	_, err := lambda.New(lambda.Options{BaseEndpoint: &c.endpoint, Region: devRegion, Credentials: developer()}).Invoke(t.Context(),
		&lambda.InvokeInput{FunctionName: aws.String(c.function(t)), InvocationType: lambdatypes.InvocationTypeEvent, Payload: []byte(event)})
	if err != nil {
		t.Fatal(err)
	}
}

// function is the name of the function that was booted.
func (c *devCloud) function(t *testing.T) string {
	t.Helper()
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	for _, line := range c.log.lines {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "function "); ok {
			return strings.TrimSpace(name)
		}
	}
	t.Fatal("no function was booted")
	return ""
}

// deadLetters is how many messages wait in the queue for them.
func (c *devCloud) deadLetters(t *testing.T) int {
	t.Helper()
	client := sqs.New(sqs.Options{BaseEndpoint: &c.endpoint, Region: devRegion, Credentials: developer()})
	queues, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(queues.QueueUrls) != 1 {
		t.Fatalf("%v, %v", queues, err)
	}
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queues.QueueUrls[0], VisibilityTimeout: 0})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Messages)
}

func developer() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(devAccessKey, devSecretKey, "")
}

// count is how many lines hold all the words.
func (l *logLines) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			n++
		}
	}
	return n
}

// cut is what is taken out of the function's role: actions of one statement.
type cut struct {
	statement int // of the policy
	sid       string
	actions   []string
}

func (r cut) String() string { return strings.TrimSpace(r.sid + " " + strings.Join(r.actions, " ")) }

// stackTemplate is a synthesized template.
type stackTemplate struct {
	document map[string]any
	policy   string // logical id of the policy of the function's role
}

func parse(t *testing.T, text []byte) stackTemplate {
	t.Helper()
	var s stackTemplate
	if err := json.Unmarshal(text, &s.document); err != nil {
		t.Fatal(err)
	}
	var in struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Runtime string
				Role    struct {
					Arn []string `json:"Fn::GetAtt"`
				}
				Roles []struct{ Ref string }
			}
		}
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatal(err)
	}
	var role string
	for _, r := range in.Resources {
		if r.Type == "AWS::Lambda::Function" && strings.HasPrefix(r.Properties.Runtime, "provided") {
			role = r.Properties.Role.Arn[0]
		}
	}
	for id, r := range in.Resources {
		if r.Type == "AWS::IAM::Policy" && len(r.Properties.Roles) == 1 && r.Properties.Roles[0].Ref == role {
			s.policy = id
		}
	}
	if s.policy == "" {
		t.Fatal("the function's role has no policy")
	}
	return s
}

func (s stackTemplate) properties(id string) map[string]any {
	return s.document["Resources"].(map[string]any)[id].(map[string]any)["Properties"].(map[string]any)
}

func (s stackTemplate) statements() []any {
	return s.properties(s.policy)["PolicyDocument"].(map[string]any)["Statement"].([]any)
}

// actionsOf gives the actions of a statement, which are written as a list or, where there is one, alone.
func actionsOf(statement any) (actions []string) {
	switch a := statement.(map[string]any)["Action"].(type) {
	case string:
		return []string{a}
	case []any:
		for _, one := range a {
			actions = append(actions, one.(string))
		}
	}
	return actions
}

// removals are each statement, and each action of a statement that has several.
func (s stackTemplate) cuts(t *testing.T) (all []cut) {
	t.Helper()
	for i, statement := range s.statements() {
		sid, _ := statement.(map[string]any)["Sid"].(string)
		actions := actionsOf(statement)
		if len(actions) == 0 {
			t.Fatalf("statement %v", statement)
		}
		all = append(all, cut{i, sid, actions})
		if len(actions) == 1 {
			continue
		}
		for _, action := range actions {
			all = append(all, cut{i, sid, []string{action}})
		}
	}
	return all
}

// without is the template without what is to be removed, if anything. Functions are not tried again, to save time.
func (s stackTemplate) without(t *testing.T, r *cut) []byte {
	t.Helper()
	if r != nil {
		statements := s.statements()
		var left []any
		for _, action := range actionsOf(statements[r.statement]) {
			if !slices.Contains(r.actions, action) {
				left = append(left, action)
			}
		}
		if statements[r.statement].(map[string]any)["Action"] = left; left == nil {
			statements = slices.Delete(statements, r.statement, r.statement+1)
		}
		s.properties(s.policy)["PolicyDocument"].(map[string]any)["Statement"] = statements
	}
	for id, resource := range s.document["Resources"].(map[string]any) {
		if resource.(map[string]any)["Type"] == "AWS::Lambda::EventInvokeConfig" {
			s.properties(id)["MaximumRetryAttempts"] = 0
		}
	}
	text, err := json.Marshal(s.document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
