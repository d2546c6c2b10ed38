package s3_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// L9: every field of an event, for everything that makes or removes an object.
func TestEvents(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	s.put(t, "uploads", "source", "12345")
	s.next(t)
	form, boundary := postForm(t, "uploads", "by form.jpg", "123")
	post := request(t, "POST", s.URL(), "/uploads", form)
	post.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	const (
		md5of12345 = "827ccb0eea8a706c4c34a16891f84e7b"
		md5of123   = "202cb962ac59075b964b07152d234b70"
	)
	var version string
	for _, c := range []struct {
		name, bucket, key string
		do                func() error
		more              map[string]any
	}{
		{"ObjectCreated:Put", "uploads", "a+b/%C3%A9%2B*%7E.png", func() error {
			s.put(t, "uploads", "a b/é+*~.png", "12345")
			return nil
		}, map[string]any{"size": 5.0, "eTag": md5of12345}},
		{"ObjectCreated:Put", "uploads", "empty", func() error {
			s.put(t, "uploads", "empty", "")
			return nil
		}, map[string]any{"size": 0.0, "eTag": "d41d8cd98f00b204e9800998ecf8427e"}},
		{"ObjectCreated:Put", "versioned", "v", func() error {
			version = *s.put(t, "versioned", "v", "12345").VersionId
			return nil
		}, map[string]any{"size": 5.0, "eTag": md5of12345, "versionId": &version}},
		{"ObjectCreated:Copy", "uploads", "copied", func() error {
			_, err := s.client.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("uploads"), Key: ptr("copied"), CopySource: ptr("uploads/source")})
			return err
		}, map[string]any{"size": 5.0, "eTag": md5of12345}},
		{"ObjectCreated:Post", "uploads", "by+form.jpg", func() error {
			resp, body := do(t, post)
			if resp.StatusCode != http.StatusNoContent {
				t.Errorf("%s, %s", resp.Status, body)
			}
			return nil
		}, map[string]any{"size": 3.0, "eTag": md5of123}},
		{"ObjectRemoved:Delete", "uploads", "copied", func() error {
			_, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("uploads"), Key: ptr("copied")})
			return err
		}, nil},
		{"ObjectRemoved:Delete", "uploads", "source", func() error {
			_, err := s.client.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: ptr("uploads"), Delete: &types.Delete{
				Objects: []types.ObjectIdentifier{{Key: ptr("never was")}, {Key: ptr("source")}}}})
			return err
		}, nil},
		{"ObjectRemoved:DeleteMarkerCreated", "versioned", "v", func() error {
			out, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("versioned"), Key: ptr("v")})
			version = *out.VersionId
			return err
		}, map[string]any{"versionId": &version}},
		{"ObjectRemoved:Delete", "versioned", "v", func() error {
			_, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("versioned"), Key: ptr("v"), VersionId: &version})
			return err
		}, map[string]any{"versionId": &version}},
	} {
		t.Run(c.name+" "+c.key, func(t *testing.T) {
			before := time.Now()
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
			got := record(t, s.next(t))
			object := map[string]any{"key": c.key}
			for name, v := range c.more {
				if v == &version {
					v = version
				}
				object[name] = v
			}
			// What differs from run to run is checked by its form.
			forms := map[string]*regexp.Regexp{}
			varying := func(in any, name, form string) string {
				m, _ := in.(map[string]any)
				text, _ := m[name].(string)
				forms[name] = regexp.MustCompile("^" + form + "$")
				if !forms[name].MatchString(text) {
					t.Errorf("%s is %q", name, text)
				}
				return text
			}
			part, _ := got["s3"].(map[string]any)
			object["sequencer"] = varying(part["object"], "sequencer", `[0-9A-F]{18}`)
			want := map[string]any{
				"eventVersion":      "2.1",
				"eventSource":       "aws:s3",
				"awsRegion":         "us-east-1",
				"eventTime":         varying(got, "eventTime", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`),
				"eventName":         c.name,
				"userIdentity":      map[string]any{"principalId": "AWS:thumbing"},
				"requestParameters": map[string]any{"sourceIPAddress": "127.0.0.1"},
				"responseElements": map[string]any{
					"x-amz-request-id": varying(got["responseElements"], "x-amz-request-id", `[0-9A-Z]{16}`),
					"x-amz-id-2":       varying(got["responseElements"], "x-amz-id-2", `[0-9A-Za-z+/=]{40,}`),
				},
				"s3": map[string]any{
					"s3SchemaVersion": "1.0",
					"configurationId": "all",
					"bucket": map[string]any{
						"name":          c.bucket,
						"ownerIdentity": map[string]any{"principalId": "thumbing"},
						"arn":           "arn:aws:s3:::" + c.bucket,
					},
					"object": object,
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			at, err := time.Parse(time.RFC3339, got["eventTime"].(string))
			if err != nil || at.Before(before.Truncate(time.Millisecond)) || at.After(time.Now()) {
				t.Errorf("it happened at %v, %v", at, err)
			}
		})
	}
}

// The request that caused an event is in it.
func TestEventNamesItsRequest(t *testing.T) {
	s := start(t)
	resp, _ := do(t, signedPut(t, s.URL()+"/uploads/k", "x"))
	got, _ := record(t, s.next(t))["responseElements"].(map[string]any)
	if id := resp.Header.Get("X-Amz-Request-Id"); id == "" || got["x-amz-request-id"] != id || got["x-amz-id-2"] != resp.Header.Get("X-Amz-Id-2") {
		t.Errorf("%v, want %v", got, resp.Header)
	}
}

// No event tells of what did not happen.
func TestNoEvents(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	if _, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("uploads"), Key: ptr("never was")}); err != nil {
		t.Error(err)
	}
	if _, err := s.client.PutObject(ctx, &awss3.PutObjectInput{Bucket: ptr("nobucket"), Key: ptr("k"), Body: strings.NewReader("x")}); code(err) != "NoSuchBucket" {
		t.Error(err)
	}
	if _, err := s.client.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("uploads"), Key: ptr("k"), CopySource: ptr("uploads/never-was")}); code(err) != "NoSuchKey" {
		t.Error(err)
	}
	if _, err := s.client.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("uploads"), Key: ptr("k")}); err != nil {
		t.Error(err)
	}
	s.none(t)
}

// The fields of a record come in S3's order, so that an event reads like S3's.
func TestEventFieldOrder(t *testing.T) {
	s := start(t)
	s.put(t, "versioned", "k", "x")
	d := json.NewDecoder(strings.NewReader(s.next(t)))
	var names bytes.Buffer
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		if text, ok := token.(string); ok && strings.Contains(" eventVersion eventSource awsRegion eventTime eventName userIdentity requestParameters responseElements s3 s3SchemaVersion configurationId bucket object key size eTag versionId sequencer ", " "+text+" ") {
			names.WriteString(text + " ")
		}
	}
	if want := "eventVersion eventSource awsRegion eventTime eventName userIdentity requestParameters responseElements s3 s3SchemaVersion configurationId bucket object key size eTag versionId sequencer "; names.String() != want {
		t.Errorf("got %s, want %s", names.String(), want)
	}
}
