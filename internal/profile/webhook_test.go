package profile_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/profile"
	"github.com/thumbing/thumbing/internal/profile/database/databasetest"
	"github.com/thumbing/thumbing/internal/snsmessage"
)

const topic = "arn:aws:sns:us-east-1:000000000000:avatars"

// sns signs messages by the words of the SNS Developer Guide, with nothing of this project, and serves its
// certificate and the confirmation of subscriptions.
type sns struct {
	url       string
	key       *rsa.PrivateKey
	asked     atomic.Int64 // requests
	confirmed atomic.Int64
}

// snsKey takes long to make.
var snsKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newSNS(t *testing.T) *sns {
	t.Helper()
	key, err := snsKey()
	if err != nil {
		t.Fatal(err)
	}
	s := &sns{key: key}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"sns.amazonaws.com"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if r.URL.Path == "/sns/cert.pem" {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
		if r.URL.Query().Get("Action") == "ConfirmSubscription" {
			s.confirmed.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// message is a signed message's JSON; change is made before it is signed, spoil after.
func (s *sns) message(t *testing.T, id string, change, spoil func(m map[string]string)) string {
	t.Helper()
	m := map[string]string{"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": "{}",
		"Timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "SignatureVersion": "2", "SigningCertURL": s.url + "/sns/cert.pem"}
	if change != nil {
		change(m)
	}
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if m["Type"] != "Notification" {
		m["Token"] = "token"
		if m["SubscribeURL"] == "" {
			m["SubscribeURL"] = s.url + "/sns/?Action=ConfirmSubscription&Token=token&TopicArn=" + m["TopicArn"]
		}
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		if value, there := m[name]; there {
			text.WriteString(name + "\n" + value + "\n")
		}
	}
	digest := sha256.Sum256([]byte(text.String()))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	m["Signature"] = base64.StdEncoding.EncodeToString(signature)
	if spoil != nil {
		spoil(m)
	}
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// telling makes a message one about these records.
func telling(records ...string) func(m map[string]string) {
	return func(m map[string]string) { m["Message"] = `{"Records": [` + strings.Join(records, ",") + `]}` }
}

// stored is the record of an object; the key is form-encoded, as S3 has it.
func stored(bucket, key, etag, sequencer string) string {
	return fmt.Sprintf(`{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.000Z",
		"s3": {"bucket": {"name": %q}, "object": {"key": %q, "size": 1, "eTag": %q, "sequencer": %q}}}`, bucket, key, etag, sequencer)
}

// newWebhook is a service that believes the topic of an SNS of its own.
func newWebhook(t *testing.T, location string, change func(*profile.Config)) (*fixture, *sns) {
	t.Helper()
	s := newSNS(t)
	messages, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{topic}, LocalPrefixes: []string{s.url + "/sns/"}})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, location, func(c *profile.Config) {
		c.Messages = messages
		if change != nil {
			change(c)
		}
	}), s
}

func (f *fixture) tell(t *testing.T, message string, headers ...string) answer {
	t.Helper()
	if len(headers) == 0 {
		headers = []string{"Content-Type: text/plain; charset=UTF-8"}
	}
	return f.ask(t, http.MethodPost, "/webhooks/avatar", message, headers...)
}

// avatar is the version of ada's avatar, and how much she was told.
func (f *fixture) avatar(t *testing.T) (version string, told int64) {
	t.Helper()
	u, err := f.database.UserBySubject(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	return u.AvatarVersion, u.LastEvent
}

const avatarKey = "out/" + ada + ".png"

// A forged, old, replayed or foreign message changes nothing.
func TestWebhookRefuses(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		f, s := newWebhook(t, location, nil)
		tell := telling(stored("assets", avatarKey, "evil", "1"))
		at := func(ago time.Duration) func(map[string]string) {
			return func(m map[string]string) {
				tell(m)
				m["Timestamp"] = time.Now().Add(-ago).UTC().Format("2006-01-02T15:04:05.000Z")
			}
		}
		with := func(name, value string) func(map[string]string) {
			return func(m map[string]string) { m[name] = value }
		}
		both := func(all ...func(map[string]string)) func(map[string]string) {
			return func(m map[string]string) {
				for _, change := range all {
					change(m)
				}
			}
		}
		for _, c := range []struct {
			name          string
			change, spoil func(map[string]string)
			headers       []string
			status        int
		}{
			{"W2: foreign topic", both(tell, with("TopicArn", topic+"2")), nil, nil, 403},
			{"W3: certificate of another host", both(tell, with("SigningCertURL", "https://sns.us-east-1.amazonaws.com.evil.example/x.pem")), nil, nil, 403},
			{"W3: certificate beside the local SNS", both(tell, with("SigningCertURL", s.url+"/cert.pem")), nil, nil, 403},
			{"W4: signature version 1", both(tell, with("SignatureVersion", "1")), nil, nil, 403},
			{"W4: signature version 3", both(tell, with("SignatureVersion", "3")), nil, nil, 403},
			{"W4: no signature version", tell, func(m map[string]string) { delete(m, "SignatureVersion") }, nil, 403},
			{"W5: changed message", telling(), tell, nil, 403},
			{"W5: changed time", tell, with("Timestamp", "2026-01-02T03:04:05.000Z"), nil, 403},
			{"W5: a subject is added", tell, with("Subject", ""), nil, 403},
			{"W6: old", at(3 * time.Hour), nil, nil, 403},
			{"W6: from the future", at(-6 * time.Minute), nil, nil, 403},
			{"W7: no JSON", nil, nil, []string{"Content-Type: text/plain"}, 400},
			{"W7: too long", both(tell, with("Subject", strings.Repeat("a", 256<<10))), nil, nil, 413},
			{"W7: a form", tell, nil, []string{"Content-Type: multipart/form-data"}, 415},
			{"W12: raw", tell, nil, []string{"Content-Type: text/plain", "X-Amz-Sns-Rawdelivery: true"}, 403},
			{"W1: confirmation elsewhere", both(with("Type", "SubscriptionConfirmation"), with("SubscribeURL", "https://sns.us-east-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=token&TopicArn="+topic)), nil, nil, 403},
			{"W2: confirmation of a foreign topic", both(with("Type", "SubscriptionConfirmation"), with("TopicArn", topic+"2")), nil, nil, 403},
		} {
			body := s.message(t, c.name, c.change, c.spoil)
			if c.name == "W7: no JSON" {
				body = "{"
			}
			if a := f.tell(t, body, c.headers...); a.status != c.status || a.body != `{"errors":["message_not_accepted"]}` {
				t.Errorf("%s: answered %d %s, want %d", c.name, a.status, a.body, c.status)
			}
		}
		if version, told := f.avatar(t); version != "" || told != 0 {
			t.Errorf("the avatar is %q, and %d events were told", version, told)
		}
		if n := s.confirmed.Load(); n != 0 {
			t.Errorf("%d subscriptions were confirmed", n)
		}
	})
}

// W6, W7, W9, W11, S11, E1, E2: what is believed has one effect, and the newest stays.
func TestWebhook(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		f, s := newWebhook(t, location, nil)
		kind := func(name string) func(map[string]string) {
			return func(m map[string]string) { m["Type"] = name }
		}
		text := func(text string) func(map[string]string) {
			return func(m map[string]string) { m["Message"] = text }
		}
		encoded := strings.ReplaceAll(avatarKey, "-", "%2D")
		for _, c := range []struct {
			name, id string
			change   func(map[string]string)
			version  string // of ada's avatar afterwards
			told     int64
		}{
			{"S11, W1: subscription", "s1", kind("SubscriptionConfirmation"), "", 0},
			{"W11: unsubscribed", "s2", kind("UnsubscribeConfirmation"), "", 0},
			{"W9: test event", "t1", text(`{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "assets"}`), "", 0},
			{"no S3 event", "t2", text("hello"), "", 0},
			{"W9: encoded, among others", "n1", telling(stored("assets", "out/a.png", "x", "1"), `{"eventSource": 1}`, stored("assets", encoded, "e2", "0F"), stored("assets", "out/deep/"+ada+".png", "x", "FF")), "e2", 1},
			{"W6: replayed", "n1", telling(stored("assets", avatarKey, "e9", "FF")), "e2", 1},
			{"E1: the same record in another message", "n2", telling(stored("assets", avatarKey, "e2", "0F")), "e2", 1},
			{"E2: an older record, later", "n3", telling(stored("assets", avatarKey, "e1", "0E")), "e2", 1},
			{"another bucket", "n4", telling(stored("other", avatarKey, "e3", "FF")), "e2", 1},
			{"another folder", "n5", telling(stored("assets", "in/"+ada+".png", "e3", "FF")), "e2", 1},
			{"a newer record", "n6", telling(stored("assets", avatarKey, "e3", "10")), "e3", 2},
		} {
			if a := f.tell(t, s.message(t, c.id, c.change, nil)); a.status != 200 {
				t.Errorf("%s: answered %d %s", c.name, a.status, a.body)
			}
			if version, told := f.avatar(t); version != c.version || told != c.told {
				t.Errorf("%s: the avatar is %q after %d events, want %q after %d", c.name, version, told, c.version, c.told)
			}
		}
		if n := s.confirmed.Load(); n != 1 {
			t.Errorf("%d subscriptions were confirmed, want one", n)
		}
		// W7: a subscription may ask for another content type.
		a := f.tell(t, s.message(t, "n7", telling(stored("assets", avatarKey, "e4", "11")), nil), "Content-Type: application/json")
		if version, _ := f.avatar(t); a.status != 200 || version != "e4" {
			t.Errorf("answered %d %s, the avatar is %q", a.status, a.body, version)
		}
		want := `"avatar_url":"https://cdn.example/` + avatarKey + `?v=e4"`
		if a := f.get(t, "/api/users/@ada/short"); !strings.Contains(a.body, want) { // S9
			t.Errorf("answered %s, want %s", a.body, want)
		}
	})
}

// The same message told many times at once has one effect.
func TestWebhookTogether(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		f, s := newWebhook(t, location, nil)
		message := s.message(t, "n1", telling(stored("assets", avatarKey, "e1", "1")), nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if a := f.tell(t, message); a.status != 200 {
					t.Errorf("answered %d %s", a.status, a.body)
				}
			})
		}
		all.Wait()
		if version, told := f.avatar(t); version != "e1" || told != 1 {
			t.Errorf("the avatar is %q after %d events", version, told)
		}
	})
}

func rejection(key, code, sequencer string) func(map[string]string) {
	return func(m map[string]string) {
		m["Subject"] = "avatar.rejected"
		m["Message"] = fmt.Sprintf(`{"event": "avatar.rejected", "bucket": "uploads", "key": %q, "etag": "e", "version_id": "v", "sequencer": %q,
			"time": "2026-01-02T03:04:05Z", "code": %q, "reason": "The picture is cut off."}`, key, sequencer, code)
	}
}

func TestWebhookHearsOfRejections(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, location string) {
		f, s := newWebhook(t, location, nil)
		for _, c := range []struct {
			id   string
			tell func(map[string]string)
			told int64
		}{
			{"r1", rejection("in/"+ada+".jpg", "corrupt", "1"), 1},
			{"r2", rejection("in/"+ada+".jpg", "corrupt", "1"), 1}, // the same
			{"r3", rejection("in/"+ada+".jpg", "corrupt", "2"), 2},
			{"r4", rejection("in/"+ada, "empty", "1"), 3}, // a key without an extension
			{"r5", rejection(ada+".jpg", "corrupt", "1"), 3},
			{"r6", rejection("in/x/"+ada+".jpg", "corrupt", "1"), 3},
			{"r7", rejection("in/nobody.jpg", "corrupt", "1"), 3},
			{"r8", rejection("", "corrupt", "1"), 3},
			{"r9", func(m map[string]string) { m["Subject"], m["Message"] = "avatar.rejected", "{" }, 3},
		} {
			if a := f.tell(t, s.message(t, c.id, c.tell, nil)); a.status != 200 {
				t.Errorf("%s: answered %d %s", c.id, a.status, a.body)
			}
			if version, told := f.avatar(t); version != "" || told != c.told {
				t.Errorf("%s: the avatar is %q after %d events, want %d", c.id, version, told, c.told)
			}
		}
	})
}

// W8: while the database cannot be asked, SNS is told to come again, in time.
func TestWebhookWithoutDatabase(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		f, s := newWebhook(t, databasetest.SQLite(t), nil)
		if err := f.database.Close(); err != nil {
			t.Fatal(err)
		}
		f.tell(t, s.message(t, "n1", telling(stored("assets", avatarKey, "e1", "1")), nil)).expect(t, "closed", 500, `{"errors":["message_not_accepted"]}`)
	})
	t.Run("locked", func(t *testing.T) {
		location := databasetest.Postgres(t)
		f, s := newWebhook(t, location, func(c *profile.Config) { c.Timeout = 300 * time.Millisecond })
		other, err := sql.Open("pgx", location)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		tx, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("LOCK TABLE users"); err != nil {
			t.Fatal(err)
		}
		message := s.message(t, "n1", telling(stored("assets", avatarKey, "e1", "1")), nil)
		if a := f.tell(t, message); a.status != 500 {
			t.Errorf("answered %d %s", a.status, a.body)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		// Nothing of it was kept: the same message has its effect when it comes again.
		if a := f.tell(t, message); a.status != 200 {
			t.Errorf("afterwards: answered %d %s", a.status, a.body)
		}
		if version, told := f.avatar(t); version != "e1" || told != 1 {
			t.Errorf("the avatar is %q after %d events", version, told)
		}
	})
}
