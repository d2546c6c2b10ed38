package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// awkwardKeys are keys that file systems dislike, in the order of S3's lists.
func awkwardKeys() []string {
	keys := []string{
		"A", "a", "a ", "a b+é.png", "a-b", "a.b", "a/", "a//b", "a/b", "a/b/c", "a/B", "aa", // L7
		".hidden", ".sgwtmp/x", "meta", "con", `back\slash`, "100%", "%2e%2e%2f", "日本.png",
		strings.Repeat("n", 255), strings.Repeat("n", 255) + "/x", strings.Repeat("n", 198), // L7
		strings.Repeat("É", 512), strings.Repeat("k", 1024), // K3
	}
	slices.Sort(keys)
	return keys
}

// L7, K3
func TestAwkwardKeys(t *testing.T) {
	s := start(t)
	keys := awkwardKeys()
	for _, key := range keys {
		s.put(t, "uploads", key, "I am "+key)
		if name, o := object(t, s.next(t)); name != "ObjectCreated:Put" || decoded(t, o.Key) != key {
			t.Errorf("the event of %q is %s of %q", key, name, o.Key)
		}
	}
	for _, key := range keys {
		if body, _ := s.get(t, "uploads", key); body != "I am "+key {
			t.Errorf("%q has %q", key, body)
		}
	}
	if got := s.list(t, "", "", 1000); !slices.Equal(got, keys) {
		t.Errorf("listed %q, want %q", got, keys)
	}
	for _, key := range keys {
		if _, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: ptr("uploads"), Key: &key}); err != nil {
			t.Error(err)
		}
		if _, ok := s.get(t, "uploads", key); ok {
			t.Errorf("%q is still there", key)
		}
	}
	if got := s.list(t, "", "", 1000); len(got) > 0 {
		t.Errorf("still listed: %q", got)
	}
}

func TestKeyTooLong(t *testing.T) {
	s := start(t)
	_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: ptr(strings.Repeat("k", 1025))})
	if code(err) != "KeyTooLongError" {
		t.Errorf("got %v", err)
	}
}

// list gives the keys and common prefixes with a prefix, from pages of some size.
func (s *server) list(t *testing.T, prefix, delimiter string, size int32) (all []string) {
	t.Helper()
	p := awss3.NewListObjectsV2Paginator(s.client, &awss3.ListObjectsV2Input{
		Bucket: ptr("uploads"), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.Contents) + len(page.CommonPrefixes); n > int(size) || n != int(*page.KeyCount) {
			t.Errorf("a page of %d has %d, and says %d", size, n, *page.KeyCount)
		}
		var names []string
		for _, o := range page.Contents {
			names = append(names, *o.Key)
		}
		for _, p := range page.CommonPrefixes {
			names = append(names, *p.Prefix)
		}
		slices.Sort(names)
		all = append(all, names...)
	}
	return all
}

func TestList(t *testing.T) {
	s := start(t)
	for _, key := range []string{"a", "a/1", "a/2", "a/b/3", "a-x", "b", "long/" + strings.Repeat("y", 300) + "/z"} {
		s.put(t, "uploads", key, "")
	}
	long := "long/" + strings.Repeat("y", 300) + "/z"
	for _, c := range []struct {
		prefix, delimiter string
		want              []string
	}{
		{"", "", []string{"a", "a-x", "a/1", "a/2", "a/b/3", "b", long}},
		{"", "/", []string{"a", "a-x", "a/", "b", "long/"}},
		{"a", "/", []string{"a", "a-x", "a/"}},
		{"a/", "/", []string{"a/1", "a/2", "a/b/"}},
		{"a/", "", []string{"a/1", "a/2", "a/b/3"}},
		{"a/b", "", []string{"a/b/3"}},
		{"a/b/3/", "", nil},
		{"", "-", []string{"a", "a-", "a/1", "a/2", "a/b/3", "b", long}},
		{"long/yyy", "/", []string{strings.TrimSuffix(long, "z")}},
		{"c", "/", nil},
	} {
		for _, size := range []int32{1, 2, 3, 1000} {
			if got := s.list(t, c.prefix, c.delimiter, size); !slices.Equal(got, c.want) {
				t.Errorf("prefix %q, delimiter %q, pages of %d: %q, want %q", c.prefix, c.delimiter, size, got, c.want)
			}
		}
	}
	after, err := s.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: ptr("uploads"), StartAfter: ptr("a/2")})
	if err != nil || len(after.Contents) != 3 || *after.Contents[0].Key != "a/b/3" {
		t.Errorf("after a/2: %v, %v", after, err)
	}
	v1, err := s.client.ListObjects(t.Context(), &awss3.ListObjectsInput{Bucket: ptr("uploads"), Marker: ptr("a-x"), Delimiter: ptr("/"), MaxKeys: new(int32(1))})
	if err != nil || len(v1.CommonPrefixes) != 1 || *v1.CommonPrefixes[0].Prefix != "a/" || *v1.NextMarker != "a/" {
		t.Errorf("after a-x: %v, %v", v1, err)
	}
}

func TestVersions(t *testing.T) {
	s := start(t)
	keys := []string{"a/same", "b+1", "b+1", "b+1", "c"}
	var versions []string
	for i, key := range keys {
		versions = append(versions, *s.put(t, "versioned", key, fmt.Sprint(i)).VersionId)
	}
	deleted, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: ptr("versioned"), Key: ptr("b+1")})
	if err != nil || !*deleted.DeleteMarker {
		t.Fatal(deleted, err)
	}
	if _, ok := s.get(t, "versioned", "b+1"); ok {
		t.Error("a deleted object is still there")
	}
	old, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: ptr("versioned"), Key: ptr("b+1"), VersionId: &versions[2]})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Body.Close()
	if body, err := io.ReadAll(old.Body); err != nil || string(body) != "2" {
		t.Errorf("an older version has %q, %v", body, err)
	}
	want := []string{"a/same " + versions[0], "b+1 " + *deleted.VersionId, "b+1 " + versions[3], "b+1 " + versions[2], "b+1 " + versions[1], "c " + versions[4]}
	for _, size := range []int32{1, 2, 1000} {
		var got []string
		p := awss3.NewListObjectVersionsPaginator(s.client, &awss3.ListObjectVersionsInput{Bucket: ptr("versioned"), MaxKeys: &size})
		for p.HasMorePages() {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.DeleteMarkers {
				got = append(got, *m.Key+" "+*m.VersionId)
			}
			for _, v := range page.Versions {
				got = append(got, *v.Key+" "+*v.VersionId)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %q, want %q", size, got, want)
		}
	}
	_, err = s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: ptr("versioned"), Key: ptr("b+1"), VersionId: ptr("01M85DCMTRAS2WEPJDTWGPS8S0")})
	if code(err) != "NoSuchVersion" || strings.Contains(err.Error(), "%2b") {
		t.Errorf("a version that never was: %v", err)
	}
}

// S5
func TestMultipart(t *testing.T) {
	s := start(t)
	key := "big/Ü 20 MB.bin"
	created, err := s.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{
		Bucket: ptr("uploads"), Key: &key, ContentType: ptr("image/jpeg"), Metadata: map[string]string{"who": "me"}})
	if err != nil {
		t.Fatal(err)
	}
	if *created.Key != key {
		t.Errorf("the upload is of %q", *created.Key)
	}
	var parts []types.CompletedPart
	sums := md5.New()
	whole := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16)
	for i, n := 0, int32(1); i < len(whole); i, n = i+8<<20, n+1 {
		part := whole[i:min(i+8<<20, len(whole))]
		out, err := s.client.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: ptr("uploads"), Key: &key, UploadId: created.UploadId,
			PartNumber: &n, Body: bytes.NewReader(part)})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{PartNumber: &n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
		sum := md5.Sum(part)
		sums.Write(sum[:])
	}
	uploads, err := s.client.ListMultipartUploads(t.Context(), &awss3.ListMultipartUploadsInput{Bucket: ptr("uploads"), Prefix: ptr("big/")})
	if err != nil || len(uploads.Uploads) != 1 || *uploads.Uploads[0].Key != key {
		t.Errorf("uploads: %v, %v", uploads, err)
	}
	listed, err := s.client.ListParts(t.Context(), &awss3.ListPartsInput{Bucket: ptr("uploads"), Key: &key, UploadId: created.UploadId})
	if err != nil || len(listed.Parts) != 3 || *listed.Key != key {
		t.Errorf("parts: %v, %v", listed, err)
	}
	complete := &awss3.CompleteMultipartUploadInput{Bucket: ptr("uploads"), Key: &key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
	done, err := s.client.CompleteMultipartUpload(t.Context(), complete)
	if err != nil {
		t.Fatal(err)
	}
	want := hex.EncodeToString(sums.Sum(nil)) + "-3"
	if *done.ETag != `"`+want+`"` || *done.Key != key {
		t.Errorf("completed %q as %s, want %s", *done.Key, *done.ETag, want)
	}
	if name, o := object(t, s.next(t)); name != "ObjectCreated:CompleteMultipartUpload" || o.ETag != want || o.Size != 20<<20 || decoded(t, o.Key) != key {
		t.Errorf("the event is %s of %+v", name, o)
	}
	out, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: ptr("uploads"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if body, err := io.ReadAll(out.Body); err != nil || !bytes.Equal(body, whole) || *out.ContentType != "image/jpeg" || out.Metadata["who"] != "me" {
		t.Errorf("got %d bytes of %s, %v, %v", len(body), *out.ContentType, out.Metadata, err)
	}

	// Completing it once more, when another object has taken its place, is no event.
	s.put(t, "uploads", key, "newer")
	s.next(t)
	if _, err := s.client.CompleteMultipartUpload(t.Context(), complete); err != nil {
		t.Error(err)
	}
	s.none(t)
	if body, _ := s.get(t, "uploads", key); body != "newer" {
		t.Errorf("now it is %d bytes", len(body))
	}
}

// L1
func TestUploadIDIsNoPath(t *testing.T) {
	s := start(t)
	for _, id := range []string{"../../../versioned", "..", "x"} {
		_, err := s.client.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: ptr("uploads"), Key: ptr("k"), UploadId: &id,
			PartNumber: new(int32(1)), Body: strings.NewReader("x")})
		if code(err) != "NoSuchUpload" {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// L1
func TestNothingOutside(t *testing.T) {
	s := start(t)
	for _, path := range []string{
		"/uploads/../../../../etc/passwd", "/uploads/%2e%2e/%2e%2e/etc/passwd", "/uploads/..%2f..%2fetc%2fpasswd", "/uploads/..%5c..%5cetc",
		"/../../etc/passwd", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/uploads/a%00b", "/uploads/%zz", "/.vgwlocks/x",
	} {
		presigned := s.presign(t, "GET", "uploads", "k")
		_, query, _ := strings.Cut(presigned, "?")
		for _, q := range []string{"", "?" + query} {
			resp, body := do(t, request(t, "GET", s.URL(), path+q, ""))
			if resp.StatusCode < 400 || resp.StatusCode >= 500 || strings.Contains(body, "root:") {
				t.Errorf("%s%.1s: %s, %s", path, q, resp.Status, body)
			}
		}
	}
	// Signed, a key of dots is only a key, or refused.
	for _, key := range []string{"../../../../etc/passwd", "a/../../../etc/passwd"} {
		if _, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: ptr("uploads"), Key: &key}); code(err) != "400" {
			t.Errorf("%s: %v", key, err)
		}
	}
	s.put(t, "uploads", "x/../y", "dots")
	if body, _ := s.get(t, "uploads", "x/../y"); body != "dots" {
		t.Errorf("x/../y has %q", body)
	}
	if _, ok := s.get(t, "uploads", "y"); ok {
		t.Error("x/../y is also y")
	}
}

// L1
func TestLinksLeadNowhere(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("root:"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startIn(t, dir)
	bucket := filepath.Join(dir, "buckets", "uploads")
	for name, to := range map[string]string{
		"file": secret, "relative": "../../../" + filepath.Base(filepath.Dir(outside)) + "/" + filepath.Base(outside) + "/secret",
		"folder%": outside, "loop": "loop", "journal": "../../events.jsonl",
	} {
		if err := os.Symlink(to, filepath.Join(bucket, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"file", "relative", "folder/secret", "folder/new", "loop", "journal"} {
		if body, ok := s.get(t, "uploads", key); ok {
			t.Errorf("%s has %q", key, body)
		}
		if _, err := s.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: ptr("uploads"), Key: &key}); code(err) != "NotFound" {
			t.Errorf("head of %s: %v", key, err)
		}
		_, err := s.client.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: ptr("uploads"), Key: ptr("copy"), CopySource: ptr("uploads/" + key)})
		if code(err) != "NoSuchKey" {
			t.Errorf("copy of %s: %v", key, err)
		}
	}
	for _, key := range []string{"folder/secret", "folder/new"} {
		_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key, Body: strings.NewReader("x")})
		if code(err) != "NoSuchKey" {
			t.Errorf("put to %s: %v", key, err)
		}
		_, err = s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: ptr("uploads"), Key: &key})
		if code(err) != "NoSuchKey" {
			t.Errorf("delete of %s: %v", key, err)
		}
	}
	left, err := os.ReadDir(outside)
	text, readErr := os.ReadFile(secret)
	if err != nil || readErr != nil || len(left) != 1 || string(text) != "root:" {
		t.Errorf("outside there is %v with %q: %v, %v", left, text, err, readErr)
	}
}

// L4
func TestAbortedUploads(t *testing.T) {
	s := start(t)
	s.put(t, "uploads", "k", "old")
	s.next(t)
	address := strings.TrimPrefix(s.URL(), "http://")
	half := strings.Repeat("x", 100_000)
	signed := signedPut(t, s.URL()+"/uploads/k", strings.Repeat("x", 200_000))
	form, boundary := postForm(t, "uploads", "k", half+half)
	created, err := s.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: ptr("uploads"), Key: ptr("k")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := awss3.NewPresignClient(s.client).PresignUploadPart(t.Context(), &awss3.UploadPartInput{
		Bucket: ptr("uploads"), Key: ptr("k"), UploadId: created.UploadId, PartNumber: new(int32(1))})
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]string{
		"presigned": "PUT " + strings.TrimPrefix(s.presign(t, "PUT", "uploads", "k"), s.URL()) + " HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + half,
		"part":      "PUT " + strings.TrimPrefix(part.URL, s.URL()) + " HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + half,
		"signed":    "PUT /uploads/k HTTP/1.1\r\nContent-Length: 200000\r\n" + headers(signed) + "\r\n" + half,
		"form":      "POST /uploads HTTP/1.1\r\nContent-Length: 200000\r\nContent-Type: multipart/form-data; boundary=" + boundary + "\r\n\r\n" + form[:100_000],
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// Half of the body, and then nothing more comes.
		if _, err := io.WriteString(conn, strings.Replace(request, "HTTP/1.1\r\n", "HTTP/1.1\r\nHost: "+address+"\r\n", 1)); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if status, _, _ := strings.Cut(string(answer), "\r\n"); !strings.HasPrefix(status, "HTTP/1.1 4") && !strings.HasPrefix(status, "HTTP/1.1 5") {
			t.Errorf("%s: half an upload was answered with %s, %v", name, status, err)
		}
	}
	if body, _ := s.get(t, "uploads", "k"); body != "old" {
		t.Errorf("the object is now %d bytes", len(body))
	}
	parts, err := s.client.ListParts(t.Context(), &awss3.ListPartsInput{Bucket: ptr("uploads"), Key: ptr("k"), UploadId: created.UploadId})
	if err != nil || len(parts.Parts) > 0 {
		t.Errorf("half a part was taken: %v, %v", parts, err)
	}
	s.none(t)
}

// L5
func TestConditionalPuts(t *testing.T) {
	s := start(t)
	put := func(key, body string, match, noneMatch *string) error {
		_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: &key, Body: strings.NewReader(body), IfMatch: match, IfNoneMatch: noneMatch})
		return err
	}
	var won sync.Map
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			switch err := put("k", fmt.Sprint(i), nil, ptr("*")); {
			case err == nil:
				won.Store(i, true)
			case code(err) != "PreconditionFailed" && code(err) != "ConditionalRequestConflict":
				t.Error(err)
			}
		})
	}
	group.Wait()
	winners := 0
	for i := range won.Range {
		winners++
		if body, _ := s.get(t, "uploads", "k"); body != fmt.Sprint(i) {
			t.Errorf("%v won, but %s is stored", i, body)
		}
	}
	if winners != 1 {
		t.Errorf("%d of 20 won", winners)
	}
	s.next(t)
	head, err := s.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: ptr("uploads"), Key: ptr("k")})
	if err != nil {
		t.Fatal(err)
	}
	if err := put("k", "new", head.ETag, nil); err != nil {
		t.Error(err)
	}
	s.next(t)
	if err := put("k", "newer", head.ETag, nil); code(err) != "PreconditionFailed" {
		t.Errorf("a stale If-Match: %v", err)
	}
	s.none(t)
}

// TestPutAfterDelete puts where a deleted object has left its marker: for S3 there is nothing then.
func TestPutAfterDelete(t *testing.T) {
	s := start(t)
	for _, bucket := range []string{"uploads", "versioned"} {
		put := func(body string) error {
			_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: ptr("k"), Body: strings.NewReader(body), IfNoneMatch: ptr("*")})
			return err
		}
		for _, body := range []string{"one", "", "three"} {
			if err := put(body); err != nil {
				t.Fatalf("%s: %v", bucket, err)
			}
			if err := put("again"); code(err) != "PreconditionFailed" {
				t.Errorf("%s: over an object: %v", bucket, err)
			}
			if got, _ := s.get(t, bucket, "k"); got != body {
				t.Errorf("%s: %q is stored, want %q", bucket, got, body)
			}
			if _, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: &bucket, Key: ptr("k")}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// C4, C6: a reader gets the tag and the bytes of one object, whoever writes meanwhile; and the events come in
// the order in which the objects were stored.
func TestReadsAreWhole(t *testing.T) {
	s := start(t)
	bodies := map[string]string{}
	for i := range 8 {
		body := strings.Repeat(string(rune('a'+i)), 50_000+i)
		sum := md5.Sum([]byte(body))
		bodies[hex.EncodeToString(sum[:])] = body
	}
	s.put(t, "uploads", "k", "first")
	s.next(t)
	var group sync.WaitGroup
	for _, body := range bodies {
		group.Go(func() {
			for range 5 {
				s.put(t, "uploads", "k", body)
			}
		})
	}
	for range 3 {
		group.Go(func() {
			for range 25 {
				out, err := s.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: ptr("uploads"), Key: ptr("k")})
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(out.Body)
				out.Body.Close()
				sum := md5.Sum(body)
				if err != nil || hex.EncodeToString(sum[:]) != strings.Trim(*out.ETag, `"`) {
					t.Errorf("%d bytes are not those of %s, %v", len(body), *out.ETag, err)
				}
			}
		})
	}
	group.Wait()
	var last, sequencer string
	for range 5 * len(bodies) {
		_, o := object(t, s.next(t))
		if o.Sequencer <= sequencer {
			t.Errorf("%s came behind %s", o.Sequencer, sequencer)
		}
		last, sequencer = o.ETag, o.Sequencer
	}
	if body, _ := s.get(t, "uploads", "k"); body != bodies[last] {
		t.Error("the last event is not that of the object that is stored")
	}
}

func TestObject(t *testing.T) {
	s := start(t)
	_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: ptr("ä/Me.png"), Body: strings.NewReader("picture"),
		ContentType: ptr("image/png"), CacheControl: ptr("max-age=60")})
	if err != nil {
		t.Fatal(err)
	}
	file, header, err := s.Bucket("uploads").Object(t.Context(), "ä/Me.png")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if body, err := io.ReadAll(file); err != nil || string(body) != "picture" {
		t.Errorf("read %q, %v", body, err)
	}
	if at, err := file.Seek(3, io.SeekStart); err != nil || at != 3 {
		t.Error(at, err)
	}
	sum := md5.Sum([]byte("picture"))
	if header.Get("ETag") != `"`+hex.EncodeToString(sum[:])+`"` || header.Get("Content-Type") != "image/png" || header.Get("Cache-Control") != "max-age=60" {
		t.Errorf("header %v", header)
	}
	if _, err := http.ParseTime(header.Get("Last-Modified")); err != nil {
		t.Error(err)
	}
	for _, key := range []string{"nothing", "ä", "../uploads/x", strings.Repeat("k", 2000)} {
		if _, _, err := s.Object(t.Context(), "uploads", key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", key, err)
		}
	}
	if _, _, err := s.Object(t.Context(), "nobucket", "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// Tags and metadata are the object's own, whatever its key.
func TestTagsAndAttributes(t *testing.T) {
	s := start(t)
	key := "T/Ä"
	s.put(t, "uploads", key, "12345")
	_, err := s.client.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: ptr("uploads"), Key: &key,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: ptr("colour"), Value: ptr("red")}}}})
	if err != nil {
		t.Fatal(err)
	}
	tags, err := s.client.GetObjectTagging(t.Context(), &awss3.GetObjectTaggingInput{Bucket: ptr("uploads"), Key: &key})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "red" {
		t.Errorf("tags %v, %v", tags, err)
	}
	attributes, err := s.client.GetObjectAttributes(t.Context(), &awss3.GetObjectAttributesInput{Bucket: ptr("uploads"), Key: &key,
		ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectSize}})
	if err != nil || *attributes.ObjectSize != 5 {
		t.Errorf("attributes %v, %v", attributes, err)
	}
}

// With no extended attributes, what is known of objects is in files, and as much each object's own.
func TestSidecarMetadata(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "metadata"), 0o755); err != nil { // as an earlier run on such a file system left it
		t.Fatal(err)
	}
	s := startIn(t, dir)
	put := func(bucket string) {
		t.Helper()
		_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: ptr("a/B"), Body: strings.NewReader("first"),
			ContentType: ptr("image/gif"), CacheControl: ptr("max-age=60"), Tagging: ptr("colour=red"), Metadata: map[string]string{"who": "me"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	head := func(bucket string) *awss3.HeadObjectOutput {
		t.Helper()
		out, err := s.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: &bucket, Key: ptr("a/B")})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, bucket := range []string{"uploads", "versioned"} {
		put(bucket)
		if h := head(bucket); *h.ContentType != "image/gif" || *h.CacheControl != "max-age=60" || h.Metadata["who"] != "me" || *h.TagCount != 1 {
			t.Errorf("%s: %+v", bucket, h)
		}
		if _, err := os.Stat(filepath.Join(dir, "metadata", bucket, "a%", "%42", "meta", "etag")); err != nil {
			t.Error(err)
		}
		for name, again := range map[string]func(){
			"put": func() { s.put(t, bucket, "a/B", "second") },
			"copy": func() {
				s.put(t, bucket, "source", "second")
				if _, err := s.client.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: &bucket, Key: ptr("a/B"), CopySource: ptr(bucket + "/source")}); err != nil {
					t.Fatal(err)
				}
			},
		} {
			put(bucket)
			if name == "put" {
				if _, err := s.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: &bucket, Key: ptr("a/B")}); err != nil {
					t.Fatal(err)
				}
				if _, ok := s.get(t, bucket, "a/B"); ok {
					t.Errorf("%s: it is still there", bucket)
				}
			}
			again()
			if body, _ := s.get(t, bucket, "a/B"); body != "second" {
				t.Errorf("%s: after a %s it is %q", bucket, name, body)
			}
			if h := head(bucket); *h.ContentType == "image/gif" || h.CacheControl != nil || len(h.Metadata) > 0 || h.TagCount != nil {
				t.Errorf("%s: after a %s it has %+v", bucket, name, h)
			}
		}
	}
	_, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: ptr("uploads"), Key: ptr("a/B"), Body: strings.NewReader("x"), IfNoneMatch: ptr("*")})
	if code(err) != "PreconditionFailed" {
		t.Errorf("an object that is there: %v", err)
	}
	if body, _ := s.get(t, "uploads", "a/B"); body != "second" {
		t.Errorf("now it is %q", body)
	}
}
