package uploads_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/thumbing/thumbing/internal/profile/uploads"
)

// The policy of a form grants one key, one content type and some bytes, for five minutes, and nothing else. That
// S3 holds to it is tested with the local cloud.
func TestForm(t *testing.T) {
	client := s3.New(s3.Options{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")})
	signer := uploads.NewSigner(client, "my-uploads", 1000)
	form, err := signer.Form(t.Context(), "in/me.jpg", "image/jpeg")
	if err != nil {
		t.Fatal(err)
	}
	if form.URL != "https://my-uploads.s3.eu-west-1.amazonaws.com" || form.Key != "in/me.jpg" || form.MaxBytes != 1000 {
		t.Errorf("form %+v", form)
	}
	if left := time.Until(form.ExpiresAt); left < 4*time.Minute || left > 5*time.Minute {
		t.Errorf("good for %s", left)
	}
	text, err := base64.StdEncoding.DecodeString(form.Fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Expiration time.Time
		Conditions []any
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	if d := policy.Expiration.Sub(form.ExpiresAt).Abs(); d > 2*time.Second {
		t.Errorf("the policy ends at %s, the form at %s", policy.Expiration, form.ExpiresAt)
	}
	conditions := map[string]string{}
	for _, c := range policy.Conditions {
		switch c := c.(type) {
		case map[string]any:
			for name, value := range c {
				conditions[strings.ToLower(name)] = value.(string)
			}
		case []any:
			b, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			conditions[string(b)] = ""
		}
	}
	for name, want := range map[string]string{"bucket": "my-uploads", "key": "in/me.jpg", `["content-length-range",1,1000]`: "", `["eq","$Content-Type","image/jpeg"]`: "",
		"x-amz-security-token": "session"} {
		if got, there := conditions[name]; !there || got != want {
			t.Errorf("condition %s is %q, want %q, in %s", name, got, want, text)
		}
	}
	// What the policy asks for, the form holds; and nothing in it may be chosen freely.
	for name, want := range map[string]string{"key": "in/me.jpg", "Content-Type": "image/jpeg", "X-Amz-Security-Token": "session"} {
		if form.Fields[name] != want {
			t.Errorf("field %s is %q, want %q", name, form.Fields[name], want)
		}
	}
	if strings.Contains(string(text), "starts-with") {
		t.Errorf("the policy leaves something open: %s", text)
	}
}

func TestOrigin(t *testing.T) {
	for want, options := range map[string]s3.Options{
		"https://my-uploads.s3.eu-west-1.amazonaws.com": {Region: "eu-west-1"},
		"http://127.0.0.1:9000":                         {Region: "us-east-1", BaseEndpoint: new("http://127.0.0.1:9000"), UsePathStyle: true},
	} {
		options.Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
		if got, err := uploads.NewSigner(s3.New(options), "my-uploads", 1).Origin(t.Context()); got != want || err != nil {
			t.Errorf("the origin is %q, %v, want %q", got, err, want)
		}
	}
	away := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("away") })
	if _, err := uploads.NewSigner(s3.New(s3.Options{Region: "eu-west-1", Credentials: away}), "my-uploads", 1).Origin(t.Context()); err == nil || !strings.Contains(err.Error(), "away") {
		t.Errorf("without credentials: %v", err)
	}
}
