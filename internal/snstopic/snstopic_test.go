package snstopic_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/thumbing/thumbing/internal/avatar"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
	"github.com/thumbing/thumbing/internal/localcloud/sns"
	"github.com/thumbing/thumbing/internal/snsmessage"
	"github.com/thumbing/thumbing/internal/snstopic"
)

func config(url string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", "")}
}

// A subscriber hears what was published, through a real topic.
func TestPublish(t *testing.T) {
	heard := make(chan *snsmessage.Message, 1)
	confirm := make(chan string, 1)
	subscriber := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := snsmessage.Read(w, r)
		switch {
		case err != nil:
			t.Error(err)
		case m.Type == snsmessage.SubscriptionConfirmation:
			confirm <- m.SubscribeURL
		default:
			heard <- m
		}
	}))
	defer subscriber.Close()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String() + "/"
	service, err := sns.New(sns.Config{Region: "us-east-1", AccountID: "123456789012", BaseURL: base, Dir: t.TempDir(),
		Secrets: sigv4.Single("thumbing", "thumbing-local")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := service.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	server.Config.Handler = service.Handler()
	server.Start()
	defer server.Close()
	topic, err := service.CreateTopic("avatars")
	if err != nil {
		t.Fatal(err)
	}
	if err := topic.Subscribe(t.Context(), "http", subscriber.URL); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(<-confirm)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()

	r := avatar.Rejection{Event: avatar.RejectedEvent, Bucket: "uploads", Key: "a b+é.jpg", ETag: "e", Sequencer: "AB",
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Code: "corrupt", Reason: "the picture ends early"}
	if err := snstopic.New(config(base), topic.ARN()).Publish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	m := <-heard
	got, ok := avatar.ParseRejection(m.Message)
	if !ok || got != r {
		t.Errorf("heard %s, want %+v", m.Message, r)
	}
	if *m.Subject != "avatar.rejected" || m.MessageAttributes["event"].Value != "avatar.rejected" {
		t.Errorf("subject %q, attributes %v", *m.Subject, m.MessageAttributes)
	}
}

// Faults that pass are waited for; others are told at once, with the topic's name.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults int // before it goes well
		status int
		body   string
		tries  int
		want   string
	}{
		{"throttled", 1, 400, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`, 2, ""},
		{"away", 1, 503, ``, 2, ""},
		{"denied", 1, 403, `<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized to perform: SNS:Publish</Message></Error></ErrorResponse>`, 1,
			"publish to arn:aws:sns:us-east-1:123456789012:avatars"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tries := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tries++; tries <= c.faults {
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
					return
				}
				_, _ = io.WriteString(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
			}))
			defer server.Close()
			err := snstopic.New(config(server.URL), "arn:aws:sns:us-east-1:123456789012:avatars").Publish(t.Context(), avatar.Rejection{Key: "k", Code: "c"})
			if tries != c.tries {
				t.Errorf("%d tries, want %d", tries, c.tries)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
