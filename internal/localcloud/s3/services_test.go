package s3_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// A request goes to the service that it is signed for, whole; S3 gets all others.
func TestServices(t *testing.T) {
	c := config(t.TempDir(), "127.0.0.1:0", func(context.Context, []byte) error { return nil })
	c.Services = map[string]http.Handler{"sqs": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if string(body) == "panic" {
			panic("the service has an error")
		}
		w.Header().Set("X-Amzn-Requestid", "id")
		w.WriteHeader(http.StatusTeapot)
		if _, err := io.WriteString(w, r.Method+" "+r.RequestURI+" "+r.Header.Get("X-Amz-Target")+" "+string(body)); err != nil {
			t.Error(err)
		}
	})}
	s, err := s3.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	call := func(service string, body io.Reader) (status int, text string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/a%2Fb//c?q=%20", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "AmazonSQS.Do")
		who := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}
		if err := v4.NewSigner().SignHTTP(t.Context(), who, r, hash("any"), service, region, time.Now()); err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(answer)
	}
	const begin = "POST /a%2Fb//c?q=%20 AmazonSQS.Do "
	long := strings.Repeat("x", 5<<20) // longer than what is not streamed
	for name, body := range map[string]string{"short": "m", "none": "", "long": long} {
		if status, text := call("sqs", strings.NewReader(body)); status != http.StatusTeapot || text != begin+body {
			t.Errorf("%s: %d %.100s", name, status, text)
		}
	}
	if status, text := call("sqs", io.MultiReader(strings.NewReader("m"), strings.NewReader(long))); status != http.StatusTeapot || text != begin+"m"+long {
		t.Errorf("in chunks: %d %.100s", status, text)
	}
	if status, text := call("sqs", io.MultiReader(strings.NewReader(long), strings.NewReader(long))); status != http.StatusRequestEntityTooLarge {
		t.Errorf("in too many chunks: %d %.100s", status, text)
	}
	if status, text := call("sqs", strings.NewReader("panic")); status != http.StatusInternalServerError {
		t.Errorf("panic: %d %.100s", status, text)
	}
	for _, service := range []string{"s3", "dynamodb"} {
		if status, text := call(service, strings.NewReader("m")); status == http.StatusTeapot || !strings.Contains(text, "<Error>") {
			t.Errorf("%s: %d %.200s", service, status, text)
		}
	}
}
