package deploytest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/stacks"
)

// ignored are the types of our stack that moto takes for made and does not make. What they hold is asserted on
// the template alone.
var ignored = []string{
	"AWS::CloudWatch::Alarm",
	"AWS::Lambda::EventInvokeConfig",
	"AWS::Lambda::Permission",
	"AWS::S3::BucketPolicy",
	"AWS::SNS::Subscription",
	"AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy",
}

// Moto cannot make a distribution, so the CDN is off.
var settingsEnv = []string{
	"UPLOADS_BUCKET_NAME=check-uploads", "ASSETS_BUCKET_NAME=check-assets", "THUMBING_FOLDER_INPUT=avatar/original/", "THUMBING_CDN=off",
	"THUMBING_WEBHOOK_URL=https://api.example.com/webhooks/avatar", "THUMBING_UPLOAD_ORIGINS=https://www.example.com", "ALARM_EMAIL=alarms@example.com",
}

func TestDeploy(t *testing.T) {
	c := start(t)
	if said := c.doctor(t, false); !strings.Contains(said, "to do  bootstrap: the CDK has not prepared us-east-1 of this account: run make bootstrap") {
		t.Errorf("the doctor, before anything is there:\n%s", said)
	}
	c.cdk(t, settingsEnv, "bootstrap")
	c.doctor(t, true)
	c.cdk(t, settingsEnv, "deploy", "--require-approval", "never")
	made := c.made(t)
	c.sayWhatIsIgnored(t, made)
	t.Run("buckets", func(t *testing.T) { c.checkBuckets(t) })
	t.Run("function", func(t *testing.T) { c.checkFunction(t, made["Thumbnailer"]) })
	t.Run("topics and queue", func(t *testing.T) { c.checkMessaging(t, made) })

	if out := c.cdk(t, settingsEnv, "diff", "--fail", "--method", "template"); !strings.Contains(out, "There were no differences") {
		t.Errorf("a diff right after the deployment:\n%s", out)
	}
	if out := c.cdk(t, settingsEnv, "deploy", "--require-approval", "never"); !strings.Contains(out, "(no changes)") {
		t.Errorf("a second deployment changes something:\n%s", out)
	}

	// S10: data outlives the stack, and the stack comes back over it.
	client := c.s3()
	for _, bucket := range []string{"check-uploads", "check-assets"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: new("keep"), Body: strings.NewReader("me")}); err != nil {
			t.Fatal(err)
		}
	}
	c.cdk(t, settingsEnv, "destroy", "--force")
	c.checkGone(t, made)
	again := append(settingsEnv, "UPLOADS_BUCKET_IMPORT=true", "ASSETS_BUCKET_IMPORT=true")
	c.cdk(t, again, "deploy", "--require-approval", "never")
	c.checkFunction(t, c.made(t)["Thumbnailer"])
	c.cdk(t, again, "destroy", "--force")
	c.checkGone(t, made)
}

// doctor runs thumbing doctor, and returns what it says. Well says whether everything is.
func (c *cloud) doctor(t *testing.T, well bool) string {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join("..", "..", "bin", "thumbing"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary, "doctor")
	command.Dir = c.project
	command.Env = append(append(c.env, settingsEnv...), "THUMBING_CONCURRENCY=off") // moto knows no limits of accounts
	out, err := command.CombinedOutput()
	if (err == nil) != well {
		t.Errorf("thumbing doctor: %v\n%s", err, out)
	}
	return string(out)
}

func (c *cloud) s3() *s3.Client {
	return s3.NewFromConfig(c.config(), func(o *s3.Options) { o.UsePathStyle = true })
}

// made returns the physical ids of what moto has made of the template, by logical id without its hash.
func (c *cloud) made(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(c.config()), &cloudformation.ListStackResourcesInput{StackName: new(stacks.StackID)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.StackResourceSummaries {
			if id := aws.ToString(r.PhysicalResourceId); id != "" {
				all[hash.ReplaceAllString(aws.ToString(r.LogicalResourceId), "")] = id
			}
		}
	}
	return all
}

// hash is what the CDK ends logical ids with.
var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// sayWhatIsIgnored compares the template with what moto has made.
func (c *cloud) sayWhatIsIgnored(t *testing.T, made map[string]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.project, "cdk.out", stacks.StackID+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct{ Type string }
	}
	if err := json.Unmarshal(b, &template); err != nil {
		t.Fatal(err)
	}
	missing := map[string]bool{}
	for id, r := range template.Resources {
		if made[hash.ReplaceAllString(id, "")] == "" {
			missing[r.Type] = true
		}
	}
	types := slices.Sorted(maps.Keys(missing))
	t.Logf("moto has made %d of %d resources; of properties it takes the main ones, and it ignores %s", len(made), len(template.Resources), strings.Join(types, ", "))
	if d := cmp.Diff(ignored, types); d != "" {
		t.Errorf("moto ignores other types than expected (-expected +ignored):\n%s", d)
	}
}

// checkBuckets asks of buckets what moto takes from a template: whether they are there, and encrypted.
func (c *cloud) checkBuckets(t *testing.T) {
	client := c.s3()
	for _, bucket := range []string{"check-uploads", "check-assets"} {
		encryption, err := client.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &bucket})
		if err != nil || encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
			t.Errorf("%s: encryption %v, %v", bucket, encryption, err)
		}
	}
}

// checkFunction asks whether the code that was built is the code that was deployed, and runs as the stack wants.
func (c *cloud) checkFunction(t *testing.T, name string) {
	t.Helper()
	f, err := lambda.NewFromConfig(c.config()).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: &name})
	if err != nil {
		t.Fatal(err)
	}
	got := f.Configuration
	want := map[string]string{"SOURCE_BUCKET_NAME": "check-uploads", "DEST_BUCKET_NAME": "check-assets", "FOLDER_INPUT": "avatar/original/", "FOLDER_OUTPUT": "avatar/processed/"}
	for name, value := range want {
		if got.Environment.Variables[name] != value {
			t.Errorf("%s is %q, want %q", name, got.Environment.Variables[name], value)
		}
	}
	if got.Runtime != "provided.al2023" || *got.Handler != "bootstrap" || *got.MemorySize < 1024 || *got.Timeout != 30 {
		t.Errorf("the function is %s %s, %d MB, %d s", got.Runtime, *got.Handler, *got.MemorySize, *got.Timeout)
	}
	built, err := os.ReadFile(filepath.Join(c.project, "build", "thumbnail", "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, c.uploadedFunction(t)) {
		t.Error("what was uploaded is not what was built")
	}
}

// uploadedFunction is the executable in the CDK's bucket of assets.
func (c *cloud) uploadedFunction(t *testing.T) []byte {
	t.Helper()
	client, bucket := c.s3(), "cdk-hnb659fds-assets-"+account+"-"+region
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		if !strings.HasSuffix(*o.Key, ".zip") {
			continue
		}
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		zipped, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		archive, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
		if err != nil {
			t.Fatal(err)
		}
		code, err := fs.ReadFile(archive, "bootstrap")
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	t.Fatal("no code was uploaded")
	return nil
}

func (c *cloud) checkMessaging(t *testing.T, made map[string]string) {
	topics := sns.NewFromConfig(c.config())
	for _, arn := range []string{made["Topic"], made["Alarms"]} {
		topic, err := topics.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
		if err != nil {
			t.Errorf("%s: %v", arn, err)
			continue
		}
		if topic.Attributes["KmsMasterKeyId"] == "" {
			t.Errorf("%s is not encrypted: %v", arn, topic.Attributes)
		}
	}
	queues := sqs.NewFromConfig(c.config())
	queue, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: new(made["DeadLetters"]), AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	if queue.Attributes["MessageRetentionPeriod"] != "1209600" || queue.Attributes["SqsManagedSseEnabled"] != "true" {
		t.Errorf("the queue of dead letters is %v", queue.Attributes)
	}
}

// checkGone asks whether nothing is left but data.
func (c *cloud) checkGone(t *testing.T, made map[string]string) {
	t.Helper()
	list, err := cloudformation.NewFromConfig(c.config()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: new(stacks.StackID)})
	if err == nil {
		t.Errorf("the stack is still there: %v", list.Stacks)
	}
	if _, err := lambda.NewFromConfig(c.config()).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: new(made["Thumbnailer"])}); err == nil {
		t.Error("the function is still there")
	}
	if _, err := sns.NewFromConfig(c.config()).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: new(made["Topic"])}); err == nil {
		t.Error("the topic is still there")
	}
	client := c.s3()
	for _, bucket := range []string{"check-uploads", "check-assets"} {
		_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: new("keep")})
		if err != nil {
			t.Error(errors.Join(errors.New("data went with the stack: "+bucket), err))
		}
	}
}
