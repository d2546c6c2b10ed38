package s3_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/thumbing/thumbing/internal/localcloud/iam"
	"github.com/thumbing/thumbing/internal/localcloud/s3"
)

// guarded is a server with clients of several roles. It keeps the denials.
type guarded struct {
	*s3.Server
	owner     *awss3.Client
	directory *iam.Directory

	mu     sync.Mutex
	denied []string // "s3:GetObject arn:aws:s3:::uploads/k"
}

func startGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{}
	g.directory = iam.NewDirectory("000000000000", func(e *iam.DeniedError) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.denied = append(g.denied, e.Action+" "+e.Resource)
	})
	c := config(t.TempDir(), "127.0.0.1:0", func(context.Context, []byte) error { return nil })
	c.Identities = g.directory
	var err error
	if g.Server, err = s3.Start(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	g.owner = client(g.URL(), secretKey, http.DefaultTransport)
	return g
}

// as gives a client with a role of these statements.
func (g *guarded) as(t *testing.T, statements string) *awss3.Client {
	t.Helper()
	var p iam.Policy
	if err := json.Unmarshal([]byte(`{"Statement": `+statements+`}`), &p); err != nil {
		t.Fatal(err)
	}
	k := g.directory.Assume(iam.Role{Name: "R", Policies: []iam.Policy{p}}, "F").Credentials
	return g.with(credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken))
}

// with gives a client of its own: one remembers the signing key of an access key id, whatever its secret.
func (g *guarded) with(k aws.CredentialsProvider) *awss3.Client {
	return awss3.New(awss3.Options{BaseEndpoint: ptr(g.URL()), UsePathStyle: true, Region: region, RetryMaxAttempts: 1, Credentials: k})
}

// heard gives the denials since it was last asked.
func (g *guarded) heard() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := strings.Join(g.denied, ", ")
	g.denied = nil
	return all
}

const pictureFunction = `[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/in/*"},
	{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::versioned/out/*"}]`

// Every call asks S3's rights of a role, and nothing else does.
func TestRights(t *testing.T) {
	g := startGuarded(t)
	ctx := t.Context()
	put := func(c *awss3.Client, bucket, key string, match *string) error {
		_, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("body"), IfMatch: match})
		return err
	}
	for _, key := range []string{"in/k", "other"} {
		if err := put(g.owner, "uploads", key, nil); err != nil {
			t.Fatal(err)
		}
	}
	first, err := g.owner.PutObject(ctx, &awss3.PutObjectInput{Bucket: ptr("versioned"), Key: ptr("out/k"), Body: strings.NewReader("body")})
	if err != nil {
		t.Fatal(err)
	}

	get := func(c *awss3.Client, bucket, key string, version *string) error {
		out, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: version})
		if err == nil {
			err = out.Body.Close()
		}
		return err
	}
	head := func(c *awss3.Client, bucket, key string) error {
		_, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
	anything := `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`
	for _, c := range []struct {
		name, role string
		do         func(c *awss3.Client) error
		denied     string // action and resource; empty when it is allowed
	}{
		{"get", pictureFunction, func(c *awss3.Client) error { return get(c, "uploads", "in/k", nil) }, ""},
		{"get elsewhere", pictureFunction, func(c *awss3.Client) error { return get(c, "uploads", "other", nil) }, "s3:GetObject arn:aws:s3:::uploads/other"},
		{"head", pictureFunction, func(c *awss3.Client) error { return head(c, "versioned", "out/k") }, ""},
		{"head elsewhere", pictureFunction, func(c *awss3.Client) error { return head(c, "uploads", "other") }, "s3:GetObject arn:aws:s3:::uploads/other"},
		{"put", pictureFunction, func(c *awss3.Client) error { return put(c, "versioned", "out/new", nil) }, ""},
		{"put elsewhere", pictureFunction, func(c *awss3.Client) error { return put(c, "uploads", "in/k", nil) }, "s3:PutObject arn:aws:s3:::uploads/in/k"},
		{"get a version", pictureFunction, func(c *awss3.Client) error { return get(c, "versioned", "out/k", first.VersionId) },
			"s3:GetObjectVersion arn:aws:s3:::versioned/out/k"},
		{"get a version", `{"Effect": "Allow", "Action": "s3:GetObjectVersion", "Resource": "*"}`,
			func(c *awss3.Client) error { return get(c, "versioned", "out/k", first.VersionId) }, ""},
		{"put over what it was", pictureFunction, func(c *awss3.Client) error { return put(c, "versioned", "out/k", first.ETag) }, ""},
		{"put over what it may not see", `{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}`,
			func(c *awss3.Client) error { return put(c, "versioned", "out/k", first.ETag) }, "s3:GetObject arn:aws:s3:::versioned/out/k"},
		{"list", pictureFunction, func(c *awss3.Client) error {
			_, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: ptr("uploads")})
			return err
		}, "s3:ListBucket arn:aws:s3:::uploads"},
		{"list buckets", pictureFunction, func(c *awss3.Client) error {
			_, err := c.ListBuckets(ctx, &awss3.ListBucketsInput{})
			return err
		}, "s3:ListAllMyBuckets arn:aws:s3:::*"},
		{"delete", pictureFunction, func(c *awss3.Client) error {
			_, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: ptr("versioned"), Key: ptr("out/k")})
			return err
		}, "s3:DeleteObject arn:aws:s3:::versioned/out/k"},
		{"copy from elsewhere", pictureFunction, func(c *awss3.Client) error {
			_, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("versioned"), Key: ptr("out/c"), CopySource: ptr("uploads/other")})
			return err
		}, "s3:GetObject arn:aws:s3:::uploads/other"},
		{"tag", pictureFunction, func(c *awss3.Client) error {
			_, err := c.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("versioned"), Key: ptr("out/k"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: ptr("a"), Value: ptr("b")}}}})
			return err
		}, "s3:PutObjectTagging arn:aws:s3:::versioned/out/k"},
		{"open the bucket to everybody", pictureFunction, func(c *awss3.Client) error {
			_, err := c.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: ptr("uploads"), Policy: ptr(`{"Statement": []}`)})
			return err
		}, "s3:PutBucketPolicy arn:aws:s3:::uploads"},
		{"make a bucket", pictureFunction, func(c *awss3.Client) error {
			_, err := c.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: ptr("mine")})
			return err
		}, "s3:CreateBucket arn:aws:s3:::mine"},
		{"an explicit deny", `[` + anything + `, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/other"}]`,
			func(c *awss3.Client) error { return get(c, "uploads", "other", nil) }, "s3:GetObject arn:aws:s3:::uploads/other"},
		{"and beside it", `[` + anything + `, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/other"}]`,
			func(c *awss3.Client) error { return get(c, "uploads", "in/k", nil) }, ""},
	} {
		err := c.do(g.as(t, c.role))
		if (err != nil) != (c.denied != "") || g.heard() != c.denied {
			t.Errorf("%s: %v, and %q was denied; want %q", c.name, err, g.heard(), c.denied)
		}
		if err != nil && code(err) != "AccessDenied" && code(err) != "Forbidden" { // HEAD has no words
			t.Errorf("%s: %v", c.name, err)
		}
	}
	err = put(g.as(t, pictureFunction), "uploads", "in/k", nil)
	if want := `User: arn:aws:sts::000000000000:assumed-role/R/F is not authorized to perform: s3:PutObject on resource: ` +
		`"arn:aws:s3:::uploads/in/k" because no identity-based policy allows the s3:PutObject action`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What is not there is denied to somebody who may not list its bucket, and not found for others.
func TestAbsentObjects(t *testing.T) {
	g := startGuarded(t)
	ctx := t.Context()
	reader := g.as(t, `{"Effect": "Allow", "Action": "s3:*Object*", "Resource": "arn:aws:s3:::*/*"}`)
	lister := g.as(t, `[{"Effect": "Allow", "Action": "s3:*Object*", "Resource": "arn:aws:s3:::*/*"},
	  {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::uploads"}]`)
	for name, do := range map[string]func(c *awss3.Client) error{
		"get": func(c *awss3.Client) error {
			_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: ptr("uploads"), Key: ptr("absent")})
			return err
		},
		"get attributes": func(c *awss3.Client) error {
			_, err := c.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: ptr("uploads"), Key: ptr("absent"), ObjectAttributes: []types.ObjectAttributes{"ETag"}})
			return err
		},
		"copy": func(c *awss3.Client) error {
			_, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: ptr("versioned"), Key: ptr("k"), CopySource: ptr("uploads/absent")})
			return err
		},
	} {
		if err := do(reader); code(err) != "AccessDenied" || !strings.Contains(err.Error(), `s3:ListBucket on resource: "arn:aws:s3:::uploads"`) {
			t.Errorf("%s without the right to list: %v", name, err)
		}
		if err := do(lister); code(err) != "NoSuchKey" {
			t.Errorf("%s with the right to list: %v", name, err)
		}
		if err := do(g.owner); code(err) != "NoSuchKey" {
			t.Errorf("%s by the owner: %v", name, err)
		}
	}
	head := func(c *awss3.Client) error {
		_, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: ptr("uploads"), Key: ptr("absent")})
		return err
	}
	if err := head(reader); code(err) != "Forbidden" {
		t.Errorf("head without the right to list: %v", err)
	}
	if err := head(lister); code(err) != "NotFound" {
		t.Errorf("head with the right to list: %v", err)
	}
	if denied := g.heard(); denied != "" {
		t.Errorf("to miss an object counts as a denial of %s", denied)
	}
}

// L2: a key of a session is good with its secret and its token only.
func TestSessionCredentials(t *testing.T) {
	g := startGuarded(t)
	one := g.directory.Assume(iam.Role{Policies: []iam.Policy{iam.Everything}}, "F").Credentials
	two := g.directory.Assume(iam.Role{Policies: []iam.Policy{iam.Everything}}, "F").Credentials
	for name, c := range map[string]struct{ key, secret, token, want string }{
		"good":              {one.AccessKeyID, one.SecretAccessKey, one.SessionToken, ""},
		"no token":          {one.AccessKeyID, one.SecretAccessKey, "", "InvalidToken"},
		"another's token":   {one.AccessKeyID, one.SecretAccessKey, two.SessionToken, "InvalidToken"},
		"another's secret":  {one.AccessKeyID, two.SecretAccessKey, one.SessionToken, "SignatureDoesNotMatch"},
		"an unknown key":    {"ASIAIOSFODNN7EXAMPLE", one.SecretAccessKey, one.SessionToken, "InvalidAccessKeyId"},
		"a token too much":  {accessKey, secretKey, one.SessionToken, "InvalidToken"},
		"the owner's":       {accessKey, secretKey, "", ""},
		"an earlier boot's": {"ASIA0000000000000000", "secret", "token", "InvalidAccessKeyId"},
	} {
		signed := g.with(credentials.NewStaticCredentialsProvider(c.key, c.secret, c.token))
		_, err := signed.ListBuckets(t.Context(), &awss3.ListBucketsInput{})
		if code(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		presigned, err := awss3.NewPresignClient(signed).PresignPutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		resp, body := do(t, request(t, "PUT", g.URL(), strings.TrimPrefix(presigned.URL, g.URL()), "x"))
		if (resp.StatusCode == http.StatusOK) != (c.want == "") || !strings.Contains(body, c.want) {
			t.Errorf("%s, presigned: %s, %s", name, resp.Status, body)
		}
	}
}
