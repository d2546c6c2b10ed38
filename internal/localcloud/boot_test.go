package localcloud

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

// TestMain makes the test binary a Lambda function, too.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(fail)
		return
	}
	os.Exit(m.Run())
}

// fail is a function that tells REPORT_URL of each attempt, and fails unless it is told "mend".
func fail(ctx context.Context, event json.RawMessage) (string, error) {
	lc, _ := lambdacontext.FromContext(ctx)
	resp, err := http.Post(os.Getenv("REPORT_URL")+lc.AwsRequestID, "application/json", strings.NewReader(string(event)))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if string(said) == "mend" {
		return "mended", err
	}
	return "", errors.New("the picture machine is broken")
}

const (
	testAccount = "000000000000"
	letters     = "arn:aws:sqs:us-east-1:" + testAccount + ":letters"
)

// testCloud is a cloud of a template, with clients that know one endpoint.
type testCloud struct {
	*Cloud
	t        *testing.T
	endpoint string
	snsURL   string
	c        aws.Config
}

// bootTemplate boots the resources of a template.
func bootTemplate(t *testing.T, dir, resources string) *testCloud {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil { // for the cloud
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(nil)
	c := &testCloud{t: t, endpoint: "http://" + address, snsURL: "http://" + site.Listener.Addr().String() + "/sns/"}
	c.Cloud, err = Boot(t.Context(), Config{
		Plan: planOf(t, `{"Resources": {`+resources+`}}`), Region: "us-east-1", AccountID: testAccount,
		AccessKey: "thumbing", SecretKey: "thumbing-local", Dir: dir, S3Listen: address, SNSURL: c.snsURL, FunctionBinary: self,
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	site.Config.Handler = c.SNS()
	site.Start()
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
		site.Close()
	})
	c.c = aws.Config{Region: "us-east-1", BaseEndpoint: &c.endpoint, RetryMaxAttempts: 1, HTTPClient: &http.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", "")}
	return c
}

func (c *testCloud) s3() *awss3.Client {
	return awss3.NewFromConfig(c.c, func(o *awss3.Options) { o.UsePathStyle = true })
}

// letter waits for a message in the queue of dead letters, and takes it out.
func (c *testCloud) letter() string {
	c.t.Helper()
	client, url := awssqs.NewFromConfig(c.c), aws.String(c.endpoint+"/"+testAccount+"/letters")
	for range 3 {
		out, err := client.ReceiveMessage(c.t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, m := range out.Messages {
			if _, err := client.DeleteMessage(c.t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				c.t.Fatal(err)
			}
			return *m.Body
		}
	}
	c.t.Fatal("no dead letter came")
	return ""
}

const failingFunction = `
	"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "uploads"}},
	"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters", "MessageRetentionPeriod": 1209600}},
	"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
	  {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
	  {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Q", "Arn"]}}]}}]}},
	"F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Runtime": "provided.al2023", "Role": {"Fn::GetAtt": ["R", "Arn"]},
	  "Timeout": 30, "ReservedConcurrentExecutions": 1, "Environment": {"Variables": {"REPORT_URL": "HERE/"}}}},
	"I": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 2,
	  "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Q", "Arn"]}}}}},
	"N": {"Type": "Custom::S3BucketNotifications", "Properties": {"ServiceToken": "x", "BucketName": {"Ref": "B"}, "NotificationConfiguration":
	  {"LambdaFunctionConfigurations": [{"Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": {"Fn::GetAtt": ["F", "Arn"]}}]}}}`

// attempts counts what a function was asked.
type attempts struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // request ID and event
	mend bool
}

func newAttempts(t *testing.T) *attempts {
	a := &attempts{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.seen = append(a.seen, r.URL.Path+" "+string(event))
		if a.mend {
			_, _ = io.WriteString(w, "mend")
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *attempts) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.seen)
}

// A function that always fails is tried exactly three times; then the event is in the queue, with its payload.
func TestDeadLettersOfAFunction(t *testing.T) { // E8
	tries := newAttempts(t)
	c := bootTemplate(t, t.TempDir(), strings.ReplaceAll(failingFunction, "HERE", tries.URL))
	if _, err := c.s3().PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("uploads"), Key: aws.String("a+b <é>.jpg"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	letter := c.letter()
	var record struct {
		Version, Timestamp string
		RequestContext     struct {
			RequestID, FunctionArn, Condition string
			ApproximateInvokeCount            int
		}
		RequestPayload  json.RawMessage
		ResponseContext struct {
			StatusCode                     int
			ExecutedVersion, FunctionError string
		}
		ResponsePayload struct{ ErrorMessage, ErrorType string }
	}
	if err := json.Unmarshal([]byte(letter), &record); err != nil {
		t.Fatal(err)
	}
	once := "/" + record.RequestContext.RequestID + " " + string(record.RequestPayload)
	if diff := cmp.Diff([]string{once, once, once}, tries.all()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(string(record.RequestPayload), `"key":"a%2Bb+%3C%C3%A9%3E.jpg"`) {
		t.Errorf("the payload is %s", record.RequestPayload)
	}
	at, err := time.Parse(time.RFC3339, record.Timestamp)
	if rc := record.RequestContext; err != nil || time.Since(at) > time.Minute || rc.Condition != "RetriesExhausted" || rc.ApproximateInvokeCount != 3 ||
		rc.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST" || record.Version != "1.0" {
		t.Errorf("record %+v", record)
	}
	if record.ResponseContext.FunctionError != "Unhandled" || record.ResponsePayload.ErrorMessage != "the picture machine is broken" {
		t.Errorf("record %+v", record)
	}

	// The same endpoint invokes: what was a dead letter is done once the function is mended.
	tries.mu.Lock()
	tries.mend, tries.seen = true, nil
	tries.mu.Unlock()
	functions := awslambda.NewFromConfig(c.c)
	out, err := functions.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: record.RequestPayload})
	if err != nil || string(out.Payload) != `"mended"` || out.FunctionError != nil {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = functions.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String(record.RequestContext.FunctionArn),
		InvocationType: lambdatypes.InvocationTypeEvent, Payload: record.RequestPayload})
	if err != nil || out.StatusCode != http.StatusAccepted {
		t.Errorf("%+v, %v", out, err)
	}
	for deadline := time.Now().Add(time.Minute); len(tries.all()) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("tried %q", tries.all())
		}
	}
}

// An event whose queue does not take it stays, over a restart as well, until it does.
func TestNoDeadLetterIsLost(t *testing.T) {
	tries := newAttempts(t)
	dir := t.TempDir()
	resources := strings.ReplaceAll(strings.Replace(failingFunction, `"MaximumRetryAttempts": 2`, `"MaximumRetryAttempts": 0`, 1), "HERE", tries.URL)
	t.Run("the role may not send", func(t *testing.T) {
		c := bootTemplate(t, dir, strings.Replace(resources, "sqs:SendMessage", "sqs:ReceiveMessage", 1))
		if _, err := c.s3().PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("uploads"), Key: aws.String("k"), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); len(tries.all()) < 1 || c.functions[0].Waiting() < 1; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("tried %q, and %d wait", tries.all(), c.functions[0].Waiting())
			}
		}
		out, err := awssqs.NewFromConfig(c.c).GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
			QueueUrl: aws.String(c.endpoint + "/" + testAccount + "/letters"), AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		if err != nil || out.Attributes["ApproximateNumberOfMessages"] != "0" || out.Attributes["MessageRetentionPeriod"] != "1209600" || out.Attributes["QueueArn"] != letters {
			t.Errorf("%v, %v", out, err)
		}
	})
	t.Run("the role may", func(t *testing.T) {
		c := bootTemplate(t, dir, resources)
		if got := c.letter(); !strings.Contains(got, `"key":"k"`) {
			t.Errorf("the letter is %s", got)
		}
	})
}

// A notification that the webhook refuses is in the queue as it was posted.
func TestDeadLettersOfASubscription(t *testing.T) {
	posted := make(chan []byte, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := snsmessage.Read(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		if m.Type == snsmessage.SubscriptionConfirmation {
			resp, err := http.Get(m.SubscribeURL)
			if err != nil || resp.Body.Close() != nil {
				t.Error(err)
			}
			return
		}
		body, err := m.Encode()
		if err != nil {
			t.Error(err)
		}
		posted <- body
		w.WriteHeader(http.StatusForbidden)
	}))
	defer hook.Close()
	c := bootTemplate(t, t.TempDir(), `
		"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
		"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
		"S": {"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "http", "Endpoint": "`+hook.URL+`", "TopicArn": {"Ref": "T"},
		  "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Q", "Arn"]}}}}`)
	for deadline := time.Now().Add(time.Minute); !c.topics.Subscriptions()[0].Confirmed; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the subscription is not confirmed")
		}
	}
	topic := "arn:aws:sns:us-east-1:" + testAccount + ":t"
	out, err := awssns.NewFromConfig(c.c).Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic, Subject: aws.String("s"), Message: aws.String("<m> ü")})
	if err != nil {
		t.Fatal(err)
	}
	letter := c.letter()
	if diff := cmp.Diff(string(<-posted), letter); diff != "" || !strings.Contains(letter, *out.MessageId) {
		t.Errorf("the letter is %s\n%s", letter, diff)
	}
}

// Every service at the endpoint is this machine's own, and none is anybody's who does not sign.
func TestEndpoint(t *testing.T) {
	c := bootTemplate(t, t.TempDir(), `
		"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "uploads"}},
		"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
		"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}`)
	for name, call := range map[string]func(aws.Config) error{
		"s3": func(c aws.Config) error {
			_, err := awss3.NewFromConfig(c, func(o *awss3.Options) { o.UsePathStyle = true }).HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: aws.String("uploads")})
			return err
		},
		"sqs": func(c aws.Config) error {
			_, err := awssqs.NewFromConfig(c).GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("letters")})
			return err
		},
		"sns": func(c aws.Config) error {
			_, err := awssns.NewFromConfig(c).ListTopics(t.Context(), &awssns.ListTopicsInput{})
			return err
		},
		"lambda": func(c aws.Config) error {
			_, err := awslambda.NewFromConfig(c).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("none")})
			if gone, ok := errors.AsType[*lambdatypes.ResourceNotFoundException](err); ok && gone != nil {
				return nil
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(c.c); err != nil {
				t.Error(err)
			}
			changed := func(change func(*http.Request)) aws.Config {
				other := c.c
				other.HTTPClient = changing(change)
				return other
			}
			if err := call(changed(func(r *http.Request) { r.Host = "rebound.example:9000" })); err == nil { // L6
				t.Error("it answers under another name")
			}
			if err := call(changed(func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") })); err == nil { // L2
				t.Error("it takes a signature of another time")
			}
			if err := call(changed(func(r *http.Request) { r.Header.Del("Authorization") })); err == nil { // L2
				t.Error("it takes a request that nobody has signed")
			}
		})
	}
}

// changing changes requests after they were signed.
type changing func(*http.Request)

func (c changing) Do(r *http.Request) (*http.Response, error) {
	c(r)
	return http.DefaultClient.Do(r)
}
