package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaapi"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/localcloud/sqs"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

const (
	thumbARN = "arn:aws:lambda:us-east-1:" + devAccount + ":function:Thumb"
	topicARN = "arn:aws:sns:us-east-1:" + devAccount + ":avatars"
)

// letterCloud is the services that redrive talks to, at one endpoint, with a function and a topic.
type letterCloud struct {
	*httptest.Server
	thumb  *thumb
	topic  *sns.Topic
	queues *sqs.Service
	topics *sns.Service

	intercept func(http.ResponseWriter, *http.Request) bool // answers a request in the service's place, if it wants to
}

// thumb is the function. It takes every event, unless it says why not.
type thumb struct {
	mu     sync.Mutex
	events []string
	refuse func(event string) error
}

func (f *thumb) Invoke(_ context.Context, payload []byte) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		if err := f.refuse(string(payload)); err != nil {
			return "", err
		}
	}
	f.events = append(f.events, string(payload))
	return "id", nil
}

func (f *thumb) Call(context.Context, []byte) ([]byte, error) { return nil, errors.New("nobody waits") }

func (f *thumb) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(slices.Values(f.events))
}

func startLetterCloud(t *testing.T) *letterCloud {
	t.Helper()
	c := &letterCloud{thumb: &thumb{}, Server: httptest.NewUnstartedServer(nil)}
	base := "http://" + c.Listener.Addr().String()
	secrets := sigv4.Single(testAccessKey, testSecretKey)
	// In the place of a right that is missing.
	denied := func(_, action, resource string) error {
		if strings.HasSuffix(resource, "Forbidden") || strings.HasSuffix(resource, "-secret-dead-letters") {
			return fmt.Errorf("not authorized to perform: %s on %s", action, resource)
		}
		return nil
	}
	c.queues = sqs.New(sqs.Config{Region: devRegion, AccountID: devAccount, BaseURL: base, Dir: t.TempDir(), Secrets: secrets, Authorize: denied})
	var err error
	c.topics, err = sns.New(sns.Config{Region: devRegion, AccountID: devAccount, BaseURL: base + "/sns/", Dir: t.TempDir(), Secrets: secrets, Authorize: denied})
	if err != nil {
		t.Fatal(err)
	}
	if c.topic, err = c.topics.CreateTopic("avatars"); err != nil {
		t.Fatal(err)
	}
	services := map[string]http.Handler{
		"sqs": c.queues.Handler(), "sns": c.topics.Handler(),
		"lambda": lambdaapi.Handler(lambdaapi.Config{Region: devRegion, Functions: map[string]lambdaapi.Function{thumbARN: c.thumb}, Secrets: secrets, Authorize: denied}),
	}
	c.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.intercept != nil && c.intercept(w, r) {
			return
		}
		h, ok := services[sigv4.Service(r.Header.Get("Authorization"))]
		if !ok {
			h = services["sns"] // its certificate and links
		}
		h.ServeHTTP(w, r)
	})
	c.Start()
	t.Cleanup(func() {
		if err := c.topics.Close(context.Background()); err != nil {
			t.Error(err)
		}
		c.queues.Close()
		c.Close()
	})
	return c
}

// box makes a queue with letters in it.
func (c *letterCloud) box(t *testing.T, name string, letters ...string) *sqs.Queue {
	t.Helper()
	q, err := c.queues.CreateQueue(name, sqs.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if _, err := q.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// count tells how many letters of a queue are visible and held.
func (c *letterCloud) count(t *testing.T, queue string) (visible, held string) {
	t.Helper()
	visible, held, err := c.letters(queue)
	if err != nil {
		t.Fatal(err)
	}
	return visible, held
}

func (c *letterCloud) letters(queue string) (visible, held string, err error) {
	out, err := awssqs.NewFromConfig(c.aws()).GetQueueAttributes(context.Background(), &awssqs.GetQueueAttributesInput{
		QueueUrl: aws.String(c.URL + "/" + devAccount + "/" + queue), AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		return "", "", err
	}
	return out.Attributes["ApproximateNumberOfMessages"], out.Attributes["ApproximateNumberOfMessagesNotVisible"], nil
}

func (c *letterCloud) aws() aws.Config {
	return aws.Config{Region: devRegion, BaseEndpoint: &c.URL, Credentials: credentials.NewStaticCredentialsProvider(testAccessKey, testSecretKey, "")}
}

// redrive runs the command line in this process.
func (c *letterCloud) redrive(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": c.URL, "AWS_ACCESS_KEY_ID": testAccessKey, "AWS_SECRET_ACCESS_KEY": testSecretKey,
		"AWS_PROFILE": "", "AWS_REGION": "", "HOME": t.TempDir()} {
		t.Setenv(name, value)
	}
	var out, errs strings.Builder
	code = run(ctx, append([]string{"redrive"}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// failedEvent is the letter of an event.
func failedEvent(function, event string) string {
	return fmt.Sprintf(`{"version":"1.0","requestContext":{"requestId":"r","functionArn":"%s:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3},`+
		`"requestPayload":%s,"responsePayload":{"errorType":"errorString","errorMessage":"out of luck"}}`, function, event)
}

// untaken is the letter of a notification.
func untaken(t *testing.T, topic, message string) string {
	t.Helper()
	m := snsmessage.Message{Type: snsmessage.Notification, MessageID: "m", TopicARN: topic, Subject: aws.String("avatar.rejected"), Message: message,
		Timestamp: snsmessage.FormatTime(time.Now().Add(-24 * time.Hour)), MessageAttributes: map[string]snsmessage.Attribute{
			"event": {Type: "String", Value: "avatar.rejected"}, "raw": {Type: "Binary", Value: "AP8="}}}
	body, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Thousands of letters are replayed, each once, and the queue is empty.
func TestRedriveThousands(t *testing.T) {
	c := startLetterCloud(t)
	const n = 2500
	letters, want := make([]string, n), make([]string, n)
	for i := range letters {
		want[i] = fmt.Sprintf(`{"n":%d}`, i)
		letters[i] = failedEvent(thumbARN, want[i])
	}
	c.box(t, "letters", letters...)
	code, stdout, stderr := c.redrive(t.Context(), t, "--queue", "letters")
	if code != 0 || stderr != "" || !strings.HasSuffix(stdout, "\n2500 replayed\n") {
		t.Errorf("exit code %d, %s, ends %q", code, stderr, stdout[max(0, len(stdout)-200):])
	}
	slices.Sort(want)
	if got := c.thumb.seen(); !slices.Equal(got, want) {
		t.Errorf("%d events came, want %d, each once", len(got), n)
	}
	if visible, held := c.count(t, "letters"); visible != "0" || held != "0" {
		t.Errorf("%s are left, and %s held", visible, held)
	}
}

// An interrupted run has done some, and put back the others at once.
func TestRedriveInterrupted(t *testing.T) {
	c := startLetterCloud(t)
	var letters []string
	for i := range 95 {
		letters = append(letters, failedEvent(thumbARN, fmt.Sprintf(`{"n":%d}`, i)))
	}
	c.box(t, "letters", letters...)
	ctx, cancel := context.WithCancel(t.Context())
	c.thumb.refuse = func(string) error {
		if len(c.thumb.events) == 34 {
			cancel()
		}
		return nil
	}
	code, stdout, stderr := c.redrive(ctx, t, "--queue", "letters")
	if code != 1 || stderr != "thumbing: redrive: interrupted\n" {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	done := strings.Count(stdout, "\nreplayed ")
	visible, held := c.count(t, "letters")
	if visible != fmt.Sprint(95-done) || held != "0" || done < 30 || done > 40 {
		t.Errorf("%d are said to be replayed, %s are left, and %s held", done, visible, held)
	}
	c.thumb.refuse = nil
	if code, _, stderr := c.redrive(t.Context(), t, "--queue", "letters"); code != 0 || stderr != "" {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if got := slices.Compact(c.thumb.seen()); len(got) != 95 {
		t.Errorf("%d events came", len(got))
	}
}

// Events that fail again while redrive runs are not replayed over and over, neither at once nor later.
func TestRedriveEndsWhereEventsFailAgain(t *testing.T) {
	for name, after := range map[string]time.Duration{"at once": 0, "later": clockSlack + time.Second} {
		t.Run(name, func(t *testing.T) {
			c := startLetterCloud(t)
			var letters []string
			for i := range 25 {
				letters = append(letters, failedEvent(thumbARN, fmt.Sprintf(`{"n":%d}`, i)))
			}
			q := c.box(t, "letters", letters...)
			early := time.Now().Add(after)
			c.thumb.refuse = func(event string) error {
				for time.Now().Before(early) { // as a function takes its time to fail
					time.Sleep(time.Millisecond)
				}
				_, err := q.Send(context.Background(), failedEvent(thumbARN, event))
				return err
			}
			code, stdout, stderr := c.redrive(t.Context(), t, "--queue", "letters")
			if code != 0 || stderr != "" || !strings.HasSuffix(stdout, "\n25 replayed\n") {
				t.Errorf("exit code %d, %s %s", code, stdout, stderr)
			}
			if visible, held := c.count(t, "letters"); visible != "25" || held != "0" {
				t.Errorf("%s are there, and %s held", visible, held)
			}
		})
	}
}

// The SDK's bodies do not write themselves: see plainBodies.
func TestPlainBodies(t *testing.T) {
	seen := make(chan io.ReadCloser, 1)
	c := plainBodies{doing(func(r *http.Request) (*http.Response, error) {
		seen <- r.Body
		return nil, errors.New("no answer")
	})}
	for _, body := range []io.Reader{strings.NewReader("text"), http.NoBody} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = writing{body}
		if body == http.NoBody {
			r.Body = http.NoBody
		}
		if _, err := c.Do(r); err == nil {
			t.Error("it was answered")
		}
		got := <-seen
		if _, writes := got.(io.WriterTo); writes != (body == http.NoBody) {
			t.Errorf("the body is a %T", got)
		}
		if text, err := io.ReadAll(got); err != nil || body != http.NoBody && string(text) != "text" {
			t.Errorf("it holds %q, %v", text, err)
		}
	}
}

type doing func(*http.Request) (*http.Response, error)

func (d doing) Do(r *http.Request) (*http.Response, error) { return d(r) }

// writing is a body that writes itself, and cannot.
type writing struct{ io.Reader }

func (writing) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }
func (writing) Close() error                     { return nil }

// What was replayed but could not be deleted is told of, as it will be replayed again.
func TestRedriveCannotDelete(t *testing.T) {
	c := startLetterCloud(t)
	c.box(t, "letters", failedEvent(thumbARN, `{"n":1}`), failedEvent(thumbARN, `{"n":2}`))
	c.intercept = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Amz-Target") != "AmazonSQS.DeleteMessageBatch" {
			return false
		}
		w.Header().Set("X-Amzn-Query-Error", "AccessDenied;Sender")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"__type":"AccessDenied","message":"no"}`)
		return true
	}
	code, _, stderr := c.redrive(t.Context(), t, "--queue", "letters")
	if code != 1 || !strings.Contains(stderr, " and 1 other letter: it was replayed, but is still in the queue: access to queue letters denied\n"+
		"hint: the next run replays it again, which does no harm\n") || strings.Count(stderr, "\n") != 2 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if visible, held := c.count(t, "letters"); visible != "2" || held != "0" {
		t.Errorf("%s are there, and %s held", visible, held)
	}
}

// A notification is published anew: today's signature, the same subject, message and attributes.
func TestRedriveNotification(t *testing.T) {
	c := startLetterCloud(t)
	verifier, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{topicARN}, LocalPrefixes: []string{c.URL + "/sns/"}})
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan *snsmessage.Message, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := snsmessage.Read(w, r)
		if err == nil {
			err = verifier.Verify(r.Context(), m)
		}
		if err == nil && m.Type == snsmessage.SubscriptionConfirmation {
			err = verifier.Confirm(r.Context(), m)
		} else if err == nil {
			got <- m
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer hook.Close()
	if err := c.topic.Subscribe(t.Context(), "http", hook.URL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the confirmation", func() bool { return c.topics.Subscriptions()[0].Confirmed })
	const message = `{"event":"avatar.rejected","bucket":"uploads","key":"a b.jpg"}`
	c.box(t, "letters", untaken(t, topicARN, message))
	code, stdout, stderr := c.redrive(t.Context(), t, "--queue", c.URL+"/"+devAccount+"/letters")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "         -  s3://uploads/a b.jpg: a subscriber did not take the notification\n1 replayed\n") {
		t.Errorf("exit code %d, %s %s", code, stdout, stderr)
	}
	m := <-got
	at, err := m.Time()
	if m.Message != message || *m.Subject != "avatar.rejected" || m.MessageID == "m" || err != nil || time.Since(at) > time.Minute {
		t.Errorf("published %+v, %v", m, err)
	}
	if m.MessageAttributes["event"].Value != "avatar.rejected" || m.MessageAttributes["raw"] != (snsmessage.Attribute{Type: "Binary", Value: "AP8="}) {
		t.Errorf("with the attributes %v", m.MessageAttributes)
	}
}

// Rows for programs have all that rows for people have.
func TestRedriveJSON(t *testing.T) {
	c := startLetterCloud(t)
	const event = `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-14T18:10:00.000Z","eventName":"ObjectCreated:Put",` +
		`"s3":{"bucket":{"name":"uploads"},"object":{"key":"%3C%26%3E.jpg","size":1,"eTag":"0","sequencer":"0A"}}}]}`
	c.box(t, "letters", failedEvent(thumbARN, event), "what?")
	code, stdout, stderr := c.redrive(t.Context(), t, "--queue", "letters", "--json")
	if code != 1 || !strings.Contains(stderr, ": it is neither Lambda's record") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	type row struct {
		ID, State, Target, Why, Error string
		SentAt                        time.Time `json:"sent_at"`
		Attempts                      int
		Objects                       []string
	}
	rows := map[string]row{}
	for line := range strings.Lines(stdout) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		rows[r.State] = r
	}
	if r := rows["replayed"]; len(r.ID) != 36 || r.Target != thumbARN || r.Why != "errorString: out of luck" || r.Error != "" || r.Attempts != 3 ||
		!slices.Equal(r.Objects, []string{"s3://uploads/<&>.jpg"}) || time.Since(r.SentAt) > time.Minute {
		t.Errorf("replayed %+v", r)
	}
	if r := rows["left"]; r.Error == "" || r.Target != "" || len(rows) != 2 {
		t.Errorf("left %+v in\n%s", r, stdout)
	}
}

// Two runs at once share the letters.
func TestRedriveTwiceAtOnce(t *testing.T) {
	c := startLetterCloud(t)
	var letters []string
	for i := range 100 {
		letters = append(letters, failedEvent(thumbARN, fmt.Sprintf(`{"n":%d}`, i)))
	}
	c.box(t, "letters", letters...)
	other := make(chan int)
	c.redrive(t.Context(), t, "--list", "--queue", "letters") // sets the environment
	go func() {
		var out, errs strings.Builder
		other <- run(t.Context(), []string{"redrive", "--queue", "letters"}, strings.NewReader(""), &out, &errs)
	}()
	code, _, stderr := c.redrive(t.Context(), t, "--queue", "letters")
	if second := <-other; code != 0 || second != 0 {
		t.Errorf("exit codes %d and %d, %s", code, second, stderr)
	}
	if got := c.thumb.seen(); len(got) != 100 || len(slices.Compact(got)) != 100 {
		t.Errorf("%d events came", len(got))
	}
}
