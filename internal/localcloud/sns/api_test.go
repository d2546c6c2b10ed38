package sns_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

// sdk is AWS's own client, pointed at the service.
func (f *fixture) sdk(change func(*awssns.Options)) *awssns.Client {
	return awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(f.base), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", ""),
	}, func(o *awssns.Options) {
		if change != nil {
			change(o)
		}
	})
}

func TestSDK(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	r := f.receiver()
	r.passive = true
	f.subscribe(r.URL)
	asked := r.next(snsmessage.SubscriptionConfirmation)
	ctx, api := t.Context(), f.sdk(nil)

	list, err := api.ListSubscriptionsByTopic(ctx, &awssns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)})
	if err != nil || len(list.Subscriptions) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if s := list.Subscriptions[0]; *s.SubscriptionArn != "PendingConfirmation" || *s.Endpoint != r.URL || *s.Protocol != "http" || *s.TopicArn != topicARN || *s.Owner != account {
		t.Errorf("pending subscription %s %s", *s.SubscriptionArn, *s.Endpoint)
	}
	big := strings.Repeat("ü", 128<<10) // the largest message, to nobody yet
	if _, err := api.Publish(ctx, &awssns.PublishInput{TargetArn: aws.String(topicARN), Message: &big}); err != nil {
		t.Error(err)
	}
	confirmed, err := api.ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: aws.String(topicARN), Token: &asked.Token})
	if err != nil || !strings.HasPrefix(*confirmed.SubscriptionArn, topicARN+":") {
		t.Fatalf("%v, %v", confirmed, err)
	}
	all, err := api.ListSubscriptions(ctx, &awssns.ListSubscriptionsInput{})
	if err != nil || len(all.Subscriptions) != 1 || *all.Subscriptions[0].SubscriptionArn != *confirmed.SubscriptionArn {
		t.Errorf("%v, %v", all, err)
	}
	attributes, err := api.GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: confirmed.SubscriptionArn})
	if err != nil || attributes.Attributes["PendingConfirmation"] != "false" || attributes.Attributes["Endpoint"] != r.URL || attributes.Attributes["RawMessageDelivery"] != "false" {
		t.Errorf("%v, %v", attributes, err)
	}
	topics, err := api.ListTopics(ctx, &awssns.ListTopicsInput{})
	if err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != topicARN {
		t.Errorf("%v, %v", topics, err)
	}
	topic, err := api.GetTopicAttributes(ctx, &awssns.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	if err != nil || topic.Attributes["SubscriptionsConfirmed"] != "1" || topic.Attributes["SubscriptionsPending"] != "0" || topic.Attributes["SignatureVersion"] != "2" {
		t.Errorf("%v, %v", topic, err)
	}
	message := "a <b> & \"c\"\n=%2B+ü"
	published, err := api.Publish(ctx, &awssns.PublishInput{TopicArn: aws.String(topicARN), Subject: aws.String("S"), Message: &message})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.next(snsmessage.Notification); m.MessageID != *published.MessageId || m.Message.Message != message || *m.Subject != "S" {
		t.Errorf("received %s", m.body)
	}
	if _, err := api.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: confirmed.SubscriptionArn}); err != nil {
		t.Error(err)
	}
}

func TestSDKErrors(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	ctx, api := t.Context(), f.sdk(nil)
	publish := func(in *awssns.PublishInput) error { _, err := api.Publish(ctx, in); return err }

	err := publish(&awssns.PublishInput{TopicArn: aws.String(topicARN + "x"), Message: aws.String("m")})
	if _, ok := errors.AsType[*types.NotFoundException](err); !ok {
		t.Errorf("no such topic: %v", err)
	}
	for name, in := range map[string]*awssns.PublishInput{
		"no topic":             {Message: aws.String("m")},
		"an empty subject":     {TopicArn: aws.String(topicARN), Message: aws.String("m"), Subject: aws.String("")},
		"a long message":       {TopicArn: aws.String(topicARN), Message: aws.String(strings.Repeat("x", 256<<10+1))},
		"a message structure":  {TopicArn: aws.String(topicARN), Message: aws.String("{}"), MessageStructure: aws.String("json")},
		"an attribute's name":  {TopicArn: aws.String(topicARN), Message: aws.String("m"), MessageAttributes: map[string]types.MessageAttributeValue{"ä": {DataType: aws.String("String"), StringValue: aws.String("b")}}},
		"an attribute's type":  {TopicArn: aws.String(topicARN), Message: aws.String("m"), MessageAttributes: map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Text"), StringValue: aws.String("b")}}},
		"an attribute's value": {TopicArn: aws.String(topicARN), Message: aws.String("m"), MessageAttributes: map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Binary"), StringValue: aws.String("b")}}},
		"a deduplication id":   {TopicArn: aws.String(topicARN), Message: aws.String("m"), MessageDeduplicationId: aws.String("d")},
		"a text message":       {PhoneNumber: aws.String("+15550100"), Message: aws.String("m")},
	} {
		if _, ok := errors.AsType[*types.InvalidParameterException](publish(in)); !ok {
			t.Errorf("%s: %v", name, publish(in))
		}
	}
	_, err = api.ConfirmSubscription(ctx, &awssns.ConfirmSubscriptionInput{TopicArn: aws.String(topicARN), Token: aws.String("x")})
	if _, ok := errors.AsType[*types.InvalidParameterException](err); !ok {
		t.Errorf("wrong token: %v", err)
	}
	_, err = api.GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(topicARN + ":x")})
	if _, ok := errors.AsType[*types.NotFoundException](err); !ok {
		t.Errorf("no such subscription: %v", err)
	}
	_, err = api.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("x")})
	wantCode(t, err, "InvalidAction")
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestAuthentication(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	call := func(f *fixture, change func(*awssns.Options)) error {
		_, err := f.sdk(change).ListTopics(t.Context(), &awssns.ListTopicsInput{})
		return err
	}
	static := func(key, secret, token string) func(*awssns.Options) {
		return func(o *awssns.Options) { o.Credentials = credentials.NewStaticCredentialsProvider(key, secret, token) }
	}
	if err := call(f, static("thumbing", "thumbing-local", "a token is signed, too")); err != nil {
		t.Error(err)
	}
	if err := call(f, func(o *awssns.Options) { o.BaseEndpoint = aws.String(strings.TrimSuffix(f.base, "/")) }); err != nil {
		t.Errorf("without the slash: %v", err)
	}
	if err := call(f, func(o *awssns.Options) {
		o.BaseEndpoint = aws.String(strings.Replace(f.base, "/sns/", "/stripped/", 1))
	}); err != nil {
		t.Errorf("where the path was stripped: %v", err)
	}
	wantCode(t, call(f, static("thumbing", "wrong", "")), "SignatureDoesNotMatch")
	wantCode(t, call(f, static("other", "thumbing-local", "")), "InvalidClientTokenId")
	wantCode(t, call(f, func(o *awssns.Options) { o.Region = "eu-west-1" }), "SignatureDoesNotMatch")
	wantCode(t, call(f, func(o *awssns.Options) { o.Credentials = aws.AnonymousCredentials{} }), "MissingAuthenticationToken")
	// A signature is for one body, one path, one time.
	for name, change := range map[string]func(*http.Request){
		"another body": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("Action=Publish&Version=2010-03-31")), int64(len("Action=Publish&Version=2010-03-31"))
		},
		"another query": func(r *http.Request) { r.URL.RawQuery = "x=y" },
		"another day": func(r *http.Request) {
			r.Header.Set("X-Amz-Date", time.Now().Add(-24*time.Hour).UTC().Format("20060102T150405Z"))
		},
		"another time": func(r *http.Request) {
			r.Header.Set("X-Amz-Date", time.Now().Add(-16*time.Minute).UTC().Format("20060102T150405Z"))
		},
		"no time": func(r *http.Request) { r.Header.Del("X-Amz-Date") },
		"fewer headers": func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", strings.Replace(a, "host;", "", 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantCode(t, call(f, func(o *awssns.Options) { o.HTTPClient = changing(change) }), "SignatureDoesNotMatch")
		})
	}
	closed := start(t, t.TempDir(), func(c *sns.Config) { c.Secrets = nil })
	wantCode(t, call(closed, nil), "InvalidClientTokenId")
}

// Message attributes come with the notification, and subscribers need not know them.
func TestPublishWithAttributes(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	r := f.confirmedReceiver()
	_, err := f.sdk(nil).Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m"), MessageAttributes: map[string]types.MessageAttributeValue{
		"event": {DataType: aws.String("String"), StringValue: aws.String("avatar.rejected")},
		"bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]snsmessage.Attribute{"event": {Type: "String", Value: "avatar.rejected"}, "bytes": {Type: "Binary", Value: "AP8="}}
	if got := r.next(snsmessage.Notification).MessageAttributes; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// Whoever signs is asked for the right to do it.
func TestAuthorization(t *testing.T) {
	var asked []string
	authorize := func(action, _ string) error {
		if action == "sns:Publish" {
			return errors.New("who are you to publish?")
		}
		return nil
	}
	f := start(t, t.TempDir(), func(c *sns.Config) {
		c.Authorize = func(accessKey, action, resource string) error {
			asked = append(asked, accessKey+" "+action+" "+resource)
			return authorize(action, resource)
		}
	})
	ctx, c := t.Context(), f.sdk(nil)
	_, err := c.Publish(ctx, &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")})
	if wantCode(t, err, "AuthorizationError"); err == nil || !strings.Contains(err.Error(), "who are you to publish?") {
		t.Error(err)
	}
	if _, err := c.ListTopics(ctx, &awssns.ListTopicsInput{}); err != nil {
		t.Error(err)
	}
	if _, err := c.ListSubscriptionsByTopic(ctx, &awssns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)}); err != nil {
		t.Error(err)
	}
	_, err = c.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: aws.String(topicARN + ":1234")})
	if err != nil {
		wantCode(t, err, "NotFound")
	}
	const everything = "arn:aws:sns:us-east-1:" + account + ":*"
	// Publishing to an encrypted topic takes the use of its key, too.
	if _, err := f.CreateTopic("secret", sns.Attribute{Name: "KmsMasterKeyId", Value: "arn:aws:kms:us-east-1:" + account + ":key/k"}); err != nil {
		t.Fatal(err)
	}
	secret := strings.Replace(topicARN, "avatars", "secret", 1)
	for _, denied := range []string{"", "kms:GenerateDataKey", "kms:Decrypt"} {
		authorize = func(action, resource string) error {
			if action == denied && resource == "arn:aws:kms:us-east-1:"+account+":key/k" {
				return errors.New("who are you to use it?")
			}
			return nil
		}
		_, err := c.Publish(ctx, &awssns.PublishInput{TopicArn: &secret, Message: aws.String("m")})
		if denied == "" && err != nil {
			t.Error(err)
		}
		if denied != "" {
			wantCode(t, err, "KMSAccessDenied")
		}
	}
	asked = asked[:4]
	want := "thumbing sns:Publish " + topicARN + "\nthumbing sns:ListTopics " + everything +
		"\nthumbing sns:ListSubscriptionsByTopic " + topicARN + "\nthumbing sns:Unsubscribe " + topicARN
	if got := strings.Join(asked, "\n"); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

// changing changes requests after they were signed.
type changing func(*http.Request)

func (c changing) Do(r *http.Request) (*http.Response, error) {
	c(r)
	return http.DefaultClient.Do(r)
}

// A web page on this machine's browser must not get anything done.
func TestWebPagesAreKeptOut(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	do := func(method, address, host string, form url.Values) int {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("other origins may read the answer")
		}
		return resp.StatusCode
	}
	publish := url.Values{"Action": {"Publish"}, "TopicArn": {topicARN}, "Message": {"m"}}
	if got := do(http.MethodPost, f.base, "", publish); got != http.StatusForbidden {
		t.Errorf("an unsigned form: %d", got)
	}
	if got := do(http.MethodGet, f.base+"?"+publish.Encode(), "", nil); got != http.StatusForbidden {
		t.Errorf("an unsigned link: %d", got)
	}
	if got := do(http.MethodOptions, f.base, "", nil); got != http.StatusMethodNotAllowed {
		t.Errorf("a preflight: %d", got)
	}
	for _, host := range []string{"rebound.example", "127.0.0.1.example:80", "localhost.example", "192.0.2.1", "[2001:db8::1]"} { // L6
		for _, path := range []string{"", "?Action=ConfirmSubscription&TopicArn=x&Token=y", "SimpleNotificationService-0.pem"} {
			if got := do(http.MethodGet, f.base+path, host, nil); got != http.StatusForbidden {
				t.Errorf("%s of %s: %d", path, host, got)
			}
		}
	}
	for _, host := range []string{"localhost", "LOCALHOST:1", "sns.localhost:4100", "127.0.0.1", "127.8.8.8:80", "[::1]", "[::1]:80"} {
		if got := do(http.MethodGet, f.base+"nothing", host, nil); got != http.StatusNotFound {
			t.Errorf("host %s: %d", host, got)
		}
	}
	if got := do(http.MethodGet, f.base+"?Action=ConfirmSubscription&TopicArn="+topicARN+"&Token=guess", "", nil); got != http.StatusBadRequest {
		t.Errorf("a guessed token: %d", got)
	}
	large := url.Values{"Action": {"Publish"}, "Message": {strings.Repeat("x", 1<<20)}}
	if got := do(http.MethodPost, f.base, "", large); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", got)
	}
}
