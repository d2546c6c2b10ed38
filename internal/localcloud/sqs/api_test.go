package sqs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/thumbing/thumbing/internal/localcloud/sqs"
)

var (
	all        = []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}
	allOfQueue = []types.QueueAttributeName{types.QueueAttributeNameAll}
)

// TestSDK sends everything that a message can have. The SDK itself checks the digests of what it gets.
func TestSDK(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	ctx := t.Context()
	got, err := f.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("letters")})
	if err != nil || *got.QueueUrl != queueURL || f.queue.URL() != queueURL || f.queue.ARN() != queueARN {
		t.Fatalf("%v, %v", got, err)
	}
	list, err := f.ListQueues(ctx, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("let")})
	if err != nil || !slices.Equal(list.QueueUrls, []string{queueURL}) {
		t.Errorf("%v, %v", list, err)
	}
	const body = "<&>\u2028 ü \"\\\t\n"
	attributes := map[string]types.MessageAttributeValue{
		"Code":      {DataType: aws.String("Number"), StringValue: aws.String("200")},
		"Error.Msg": {DataType: aws.String("String.sentence"), StringValue: aws.String("no <picture>")},
		"Bytes":     {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255, 1}},
	}
	before := time.Now().UnixMilli()
	sent, err := f.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String(body), MessageAttributes: attributes,
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}}})
	if err != nil {
		t.Fatal(err)
	}
	// As another implementation of the documented digest has it.
	if got := *sent.MD5OfMessageAttributes; got != "bbeda0cf3c9ff81466a732e4624ee0c7" {
		t.Errorf("attributes have the digest %s", got)
	}
	if got := *sent.MD5OfMessageSystemAttributes; got != "d6619b3d47b81d3fc72c0db005a70eda" {
		t.Errorf("system attributes have the digest %s", got)
	}
	out, err := f.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MessageAttributeNames: []string{"Error.*", "Bytes"}, MessageSystemAttributeNames: all})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	m := out.Messages[0]
	if *m.Body != body || *m.MessageId != *sent.MessageId || *m.MD5OfBody != *sent.MD5OfMessageBody || len(m.MessageAttributes) != 2 {
		t.Errorf("received %q with %v", *m.Body, m.MessageAttributes)
	}
	if v := m.MessageAttributes["Bytes"]; !slices.Equal(v.BinaryValue, []byte{0, 255, 1}) || *v.DataType != "Binary" {
		t.Errorf("binary attribute %v", v)
	}
	if _, whole := m.MessageAttributes["Code"]; whole {
		t.Error("an attribute came that was not asked for")
	}
	a := m.Attributes
	if at, err := strconv.ParseInt(a["SentTimestamp"], 10, 64); err != nil || at < before || at > time.Now().UnixMilli() {
		t.Errorf("sent at %v", a["SentTimestamp"])
	}
	if a["ApproximateReceiveCount"] != "1" || a["ApproximateFirstReceiveTimestamp"] < a["SentTimestamp"] || a["AWSTraceHeader"] != "Root=1" || a["SenderId"] != "thumbing" {
		t.Errorf("attributes %v", a)
	}
	if got := f.count(); got != [3]string{"0", "1", "0"} {
		t.Errorf("counts %v", got)
	}
	f.delete(*m.ReceiptHandle)
	f.delete(*m.ReceiptHandle) // again is no error
	if got := f.count(); got != [3]string{"0", "0", "0"} {
		t.Errorf("counts %v", got)
	}
}

func TestBatches(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	ctx := t.Context()
	entries := make([]types.SendMessageBatchRequestEntry, 10)
	for i := range entries {
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("e-", i)), MessageBody: aws.String(fmt.Sprint("body ", i))}
	}
	entries[3].MessageBody = aws.String("\x01")
	sent, err := f.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: entries})
	if err != nil || len(sent.Successful) != 9 || len(sent.Failed) != 1 || *sent.Failed[0].Id != "e-3" || *sent.Failed[0].Code != "InvalidMessageContents" || !sent.Failed[0].SenderFault {
		t.Fatalf("%+v, %v", sent, err)
	}
	got := f.receive(nil)
	if len(got) != 9 {
		t.Fatalf("received %d", len(got))
	}
	var deletes []types.DeleteMessageBatchRequestEntry
	var changes []types.ChangeMessageVisibilityBatchRequestEntry
	for i := range 10 {
		id := aws.String(strconv.Itoa(i))
		switch m, ok := got[fmt.Sprint("body ", i)]; {
		case !ok:
			deletes = append(deletes, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: aws.String("no handle")})
		case i < 5:
			deletes = append(deletes, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: &m.handle})
		default:
			changes = append(changes, types.ChangeMessageVisibilityBatchRequestEntry{Id: id, ReceiptHandle: &m.handle})
		}
	}
	deleted, err := f.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: deletes})
	if err != nil || len(deleted.Successful) != 4 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("%+v, %v", deleted, err)
	}
	changed, err := f.ChangeMessageVisibilityBatch(ctx, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: aws.String(queueURL), Entries: changes})
	if err != nil || len(changed.Successful) != 5 {
		t.Errorf("%+v, %v", changed, err)
	}
	if got := f.count(); got != [3]string{"5", "0", "0"} {
		t.Errorf("counts %v", got)
	}
	if _, err := f.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: aws.String(queueURL)}); err != nil {
		t.Error(err)
	}
	if got := f.count(); got != [3]string{"0", "0", "0"} {
		t.Errorf("counts %v", got)
	}
}

func TestErrors(t *testing.T) {
	f := start(t, t.TempDir(), func(_ *sqs.Config, a *sqs.Attributes) { a.MaxMessage = 2048 })
	ctx := t.Context()
	f.send("m")
	seen := f.receive(nil)["m"].handle
	send := func(change func(*awssqs.SendMessageInput)) error {
		in := &awssqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("m")}
		change(in)
		_, err := f.SendMessage(ctx, in)
		return err
	}
	attribute := func(name, kind, value string) error {
		return send(func(in *awssqs.SendMessageInput) {
			in.MessageAttributes = map[string]types.MessageAttributeValue{name: {DataType: &kind, StringValue: &value}}
		})
	}
	receive := func(change func(*awssqs.ReceiveMessageInput)) error {
		in := &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL)}
		change(in)
		_, err := f.ReceiveMessage(ctx, in)
		return err
	}
	hide := func(handle string, seconds int32) error {
		_, err := f.ChangeMessageVisibility(ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(queueURL), ReceiptHandle: &handle, VisibilityTimeout: seconds})
		return err
	}
	batch := func(ids ...string) error {
		entries := []types.SendMessageBatchRequestEntry{}
		for _, id := range ids {
			entries = append(entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String("m")})
		}
		_, err := f.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: entries})
		return err
	}
	url := func(queue string) error {
		_, err := f.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: &queue})
		return err
	}
	create := func() error {
		_, err := f.Client.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("more")})
		return err
	}
	unknownAttribute := func() error {
		_, err := f.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{QueueUrl: aws.String(queueURL), AttributeNames: []types.QueueAttributeName{"Colour"}})
		return err
	}
	big := strings.Repeat("x", 2049)
	const noQueue = "AWS.SimpleQueueService.NonExistentQueue"
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"queue by name":      {url("other"), noQueue},
		"queue by URL":       {send(func(in *awssqs.SendMessageInput) { in.QueueUrl = aws.String(base + "/" + account + "/other") }), noQueue},
		"account":            {send(func(in *awssqs.SendMessageInput) { in.QueueUrl = aws.String(base + "/000000000000/letters") }), noQueue},
		"no URL":             {send(func(in *awssqs.SendMessageInput) { in.QueueUrl = aws.String("") }), "MissingParameter"},
		"no body":            {send(func(in *awssqs.SendMessageInput) { in.MessageBody = aws.String("") }), "MissingParameter"},
		"control character":  {send(func(in *awssqs.SendMessageInput) { in.MessageBody = aws.String("\x00") }), "InvalidMessageContents"},
		"too long":           {send(func(in *awssqs.SendMessageInput) { in.MessageBody = &big }), "InvalidParameterValue"},
		"too late":           {send(func(in *awssqs.SendMessageInput) { in.DelaySeconds = 901 }), "InvalidParameterValue"},
		"first in first out": {send(func(in *awssqs.SendMessageInput) { in.MessageDeduplicationId = aws.String("1") }), "InvalidParameterValue"},
		"attribute's type":   {attribute("a", "Text", "x"), "InvalidParameterValue"},
		"attribute's name":   {attribute("ä", "String", "x"), "InvalidParameterValue"},
		"attribute's value":  {attribute("a", "String", ""), "InvalidParameterValue"},
		"attribute's kind":   {attribute("a", "Binary", "x"), "InvalidParameterValue"},
		"too many":           {receive(func(in *awssqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 11 }), "InvalidParameterValue"},
		"waits too long":     {receive(func(in *awssqs.ReceiveMessageInput) { in.WaitTimeSeconds = 21 }), "InvalidParameterValue"},
		"hides too long":     {receive(func(in *awssqs.ReceiveMessageInput) { in.VisibilityTimeout = 43201 }), "InvalidParameterValue"},
		"handle":             {hide("handle", 0), "ReceiptHandleIsInvalid"},
		"hidden too long":    {hide(seen, 43201), "InvalidParameterValue"},
		"in time":            {hide(seen, 0), ""},
		"not in flight":      {hide(seen, 0), "AWS.SimpleQueueService.MessageNotInflight"},
		"empty batch":        {batch(), "AWS.SimpleQueueService.EmptyBatchRequest"},
		"long batch":         {batch("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
		"same IDs":           {batch("1", "1"), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
		"batch ID":           {batch("a b"), "AWS.SimpleQueueService.InvalidBatchEntryId"},
		"create":             {create(), "AWS.SimpleQueueService.UnsupportedOperation"},
		"queue attribute":    {unknownAttribute(), "InvalidAttributeName"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == "" {
				if c.err != nil {
					t.Error(c.err)
				}
				return
			}
			wantCode(t, c.err, c.want)
		})
	}
	if _, ok := errors.AsType[*types.QueueDoesNotExist](url("other")); !ok {
		t.Error("the SDK does not know the error by its type")
	}
}

// What is not signed, or not allowed, does nothing.
func TestAccess(t *testing.T) {
	var asked []string
	f := start(t, t.TempDir(), func(c *sqs.Config, _ *sqs.Attributes) {
		c.Authorize = func(who, action, resource string) error {
			asked = append(asked, who+" "+action+" "+resource)
			if action == "sqs:SendMessage" {
				return errors.New("not authorized to perform: sqs:SendMessage")
			}
			return nil
		}
	})
	ctx := t.Context()
	_, err := f.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("m")})
	wantCode(t, err, "AccessDeniedException")
	_, err = f.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("m")}}})
	wantCode(t, err, "AccessDeniedException")
	if got := f.count(); got != [3]string{"0", "0", "0"} {
		t.Errorf("counts %v", got)
	}
	want := []string{"thumbing sqs:SendMessage " + queueARN, "thumbing sqs:SendMessage " + queueARN, "thumbing sqs:GetQueueAttributes " + queueARN}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	list := func(change func(*http.Request)) error {
		_, err := f.client(change).ListQueues(ctx, &awssqs.ListQueuesInput{})
		return err
	}
	wantCode(t, list(func(r *http.Request) { r.Header.Del("Authorization") }), "MissingAuthenticationToken")
	wantCode(t, list(func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonSQS.PurgeQueue") }), "SignatureDoesNotMatch")
	wantCode(t, list(func(r *http.Request) { r.Host = "rebound.example" }), "AccessDeniedException") // L6
	wantCode(t, list(func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "thumbing/", "other/", 1))
	}), "InvalidClientTokenId")
}

// FuzzActions gives every action bodies of every kind. None breaks anything.
func FuzzActions(f *testing.F) {
	names := []string{"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch", "GetQueueAttributes",
		"GetQueueUrl", "ListQueues", "PurgeQueue", "ReceiveMessage", "SendMessage", "SendMessageBatch"}
	for i := range names {
		f.Add(i, `{"QueueUrl": "`+queueURL+`", "MessageBody": "m"}`)
		f.Add(i, `{"QueueUrl": "`+queueURL+`", "MaxNumberOfMessages": 10, "VisibilityTimeout": 0}`)
		f.Add(i, `{"QueueUrl": "`+queueURL+`", "ReceiptHandle": "bSAx", "VisibilityTimeout": 0}`)
		f.Add(i, `{"QueueUrl": "`+queueURL+`", "Entries": [{"Id": "1", "ReceiptHandle": "", "VisibilityTimeout": -1}]}`)
		f.Add(i, `{"QueueUrl": "`+queueURL+`", "Entries": [{"Id": "1", "MessageBody": "m", "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": "AA=="}}}]}`)
		f.Add(i, `null`)
	}
	s := start(f, f.TempDir(), nil)
	f.Fuzz(func(t *testing.T, which int, body string) {
		name := names[uint(which)%uint(len(names))]
		if strings.Contains(body, "WaitTimeSeconds") {
			t.Skip("it waits as it is told")
		}
		r := httptest.NewRequest(http.MethodPost, base+"/", strings.NewReader(body))
		r.RequestURI = "/"
		r.Header.Set("X-Amz-Target", "AmazonSQS."+name)
		sum := sha256.Sum256([]byte(body))
		who := aws.Credentials{AccessKeyID: "thumbing", SecretAccessKey: "thumbing-local"}
		if err := v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(sum[:]), "sqs", "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", name, body, w.Code, w.Body)
		}
	})
}
