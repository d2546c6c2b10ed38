package snsmessage_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

// wantCode fails unless err is an Error of that code and status.
func wantCode(t *testing.T, err error, code snsmessage.Code, status int) {
	t.Helper()
	e, ok := errors.AsType[*snsmessage.Error](err)
	if !ok {
		t.Fatalf("error is %v, want code %s", err, code)
	}
	if e.Code != code || e.Status != status || snsmessage.StatusCode(err) != status || e.Permanent() != (status < 500) {
		t.Fatalf("got code %s, status %d, want %s, %d: %v", e.Code, e.Status, code, status, err)
	}
}

func TestVerifyAcceptsSNS(t *testing.T) {
	a := newAWS(t)
	v := a.verifier(nil)
	for _, m := range []*snsmessage.Message{
		notification(t, nil),
		notification(t, func(m *snsmessage.Message) { m.Subject = nil }),
		notification(t, func(m *snsmessage.Message) { m.Subject = new("") }),
		notification(t, func(m *snsmessage.Message) { m.Message = "lines\nof <text> & ünïcode \u2028 " }),
		confirmation(t, nil),
		confirmation(t, func(m *snsmessage.Message) { m.Type = snsmessage.UnsubscribeConfirmation }),
	} {
		if err := v.Verify(t.Context(), m); err != nil {
			t.Error(err)
		}
		body, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := snsmessage.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(t.Context(), again); err != nil {
			t.Errorf("after a round trip: %v", err)
		}
	}
	// The certificate is cached: one request for it, one for its issuer.
	want := []string{certURL[len("https://"):], "crt.inter.amazontrust.com/inter.cer"}
	if got := a.requests(); !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

func TestConfirm(t *testing.T) { // W1
	a := newAWS(t)
	var query string
	a.handle(snsHost+"/", func(w http.ResponseWriter, r *http.Request) {
		query = r.Method + " " + r.URL.RawQuery
	})
	if err := a.verifier(nil).Confirm(t.Context(), confirmation(t, nil)); err != nil {
		t.Fatal(err)
	}
	if query != "GET Action=ConfirmSubscription&TopicArn="+topic+"&Token=2336412f37" {
		t.Errorf("confirmed by %q", query)
	}
}

func TestConfirmRefusesOtherURLs(t *testing.T) { // W1
	query := "?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=2336412f37"
	for _, u := range []string{
		"http://" + snsHost + "/" + query,
		"https://" + snsHost + ".evil.com/" + query,
		"https://" + snsHost + "@evil.com/" + query,
		"https://x@" + snsHost + "/" + query,
		"https://" + snsHost + ":8443/" + query,
		"https://sns.eu-west-1.amazonaws.com/" + query, // another region than the topic's
		"https://169.254.169.254/" + query,
		"http://127.0.0.1:4100/sns/" + query,
		"https://" + snsHost + "/elsewhere" + query,
		"https://" + snsHost + "/?Action=Unsubscribe&TopicArn=" + topic + "&Token=2336412f37",
		"https://" + snsHost + "/?Action=ConfirmSubscription&TopicArn=" + topic + "x&Token=2336412f37",
		"https://" + snsHost + "/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=other",
		"https://" + snsHost + "/" + query + "#x",
		"https:" + snsHost + "/" + query,
		"//" + snsHost + "/" + query,
		"https://" + snsHost + "/" + query + "&%zz",
		"https://" + snsHost + "/?" + strings.Repeat("a", 5000),
	} {
		a := newAWS(t)
		err := a.verifier(nil).Confirm(t.Context(), confirmation(t, func(m *snsmessage.Message) { m.SubscribeURL = u }))
		wantCode(t, err, snsmessage.CodeURL, http.StatusForbidden)
		if got := a.requests(); len(got) > 0 {
			t.Errorf("%s: requests %q", u, got)
		}
	}
}

func TestConfirmFollowsNoRedirect(t *testing.T) { // W1
	a := newAWS(t)
	a.handle(snsHost+"/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+snsHost+"/other", http.StatusFound)
	})
	err := a.verifier(nil).Confirm(t.Context(), confirmation(t, nil))
	wantCode(t, err, snsmessage.CodeConfirm, http.StatusServiceUnavailable)
	if got := a.requests(); slices.Contains(got, snsHost+"/other") {
		t.Errorf("the redirect was followed: %q", got)
	}
	if strings.Contains(err.Error(), "2336412f37") {
		t.Errorf("the error tells the token: %v", err)
	}
}

func TestConfirmVerifiesFirst(t *testing.T) {
	a := newAWS(t)
	m := confirmation(t, nil)
	m.Message += "!"
	err := a.verifier(nil).Confirm(t.Context(), m)
	wantCode(t, err, snsmessage.CodeSignature, http.StatusForbidden)
	if got := a.requests(); slices.Contains(got, snsHost+"/") {
		t.Errorf("a forged message was confirmed: %q", got)
	}
}

func TestConfirmOnlySubscriptions(t *testing.T) { // W11
	a := newAWS(t)
	for _, kind := range []snsmessage.Type{snsmessage.UnsubscribeConfirmation, snsmessage.Notification} {
		err := a.verifier(nil).Confirm(t.Context(), confirmation(t, func(m *snsmessage.Message) { m.Type = kind }))
		wantCode(t, err, snsmessage.CodeMalformed, http.StatusBadRequest)
	}
	if got := a.requests(); len(got) > 0 {
		t.Errorf("requests %q", got)
	}
}

// Every refusal here costs no request: it is decided by what the message says.
func TestVerifyRefusesWithoutAsking(t *testing.T) {
	cases := map[string]struct {
		change func(*snsmessage.Message)
		code   snsmessage.Code
	}{
		"another topic": {func(m *snsmessage.Message) { m.TopicARN = topic + "2" }, snsmessage.CodeTopic}, // W2
		"too old":       {func(m *snsmessage.Message) { m.Timestamp = snsmessage.FormatTime(time.Now().Add(-121 * time.Minute)) }, snsmessage.CodeAge},
		"from ahead":    {func(m *snsmessage.Message) { m.Timestamp = snsmessage.FormatTime(time.Now().Add(6 * time.Minute)) }, snsmessage.CodeAge},
	}
	for _, u := range []string{ // W3
		"https://" + snsHost + ".evil.com/x.pem",
		"http://" + snsHost + "/x.pem",
		"https://" + snsHost + "@evil.com/x.pem",
		"https://evil@" + snsHost + "/x.pem",
		"https://evil.com/?" + snsHost + "/x.pem",
		"https://192.0.2.1/x.pem",
		"https://[::1]/x.pem",
		"https://" + snsHost + ":443/x.pem",
		"https://" + snsHost + ":8443/x.pem",
		"https://" + snsHost + "/x.txt",
		"https://" + snsHost + "/x.pem?y",
		"https://" + snsHost + "/x.pem?",
		"https://" + snsHost + "/x.pem#y",
		"https://" + snsHost + "/?x.pem",
		"https://" + snsHost + "/a/../x.pem",
		"https://" + snsHost + "/a%2fx.pem",
		"https://" + snsHost + "./x.pem",
		"https://sns.us-east-1.s3.amazonaws.com/x.pem",
		"https://s3.us-east-1.amazonaws.com/sns/x.pem",
		"https://sns.eu-west-1.amazonaws.com/x.pem", // another region than the topic's
		"https://sns.us-east-1.amazonaws.com.cn/x.pem",
		"https://SNS.US-EAST-1.AMAZONAWS.COM.evil/x.pem",
		"https://sns.us-east-1.amazonaws.com\\@evil.com/x.pem",
		"file:///etc/x.pem", "x.pem", "", "https:///x.pem", ":",
		"http://127.0.0.1:4100/sns/x.pem",
	} {
		cases["certificate at "+u] = struct {
			change func(*snsmessage.Message)
			code   snsmessage.Code
		}{func(m *snsmessage.Message) { m.SigningCertURL = u }, snsmessage.CodeURL}
	}
	a := newAWS(t)
	v := a.verifier(nil)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			wantCode(t, v.Verify(t.Context(), notification(t, c.change)), c.code, http.StatusForbidden)
			err := v.Confirm(t.Context(), confirmation(t, c.change))
			wantCode(t, err, c.code, http.StatusForbidden)
		})
	}
	for _, version := range []string{"", "1", "3", "02", "2 "} { // W4
		m := notification(t, nil)
		m.SignatureVersion = version
		wantCode(t, v.Verify(t.Context(), m), snsmessage.CodeVersion, http.StatusForbidden)
	}
	if got := a.requests(); len(got) > 0 {
		t.Errorf("requests %q", got)
	}
}

func TestVerifyRefusesChangedMessages(t *testing.T) { // W5
	a := newAWS(t)
	v := a.verifier(nil)
	changes := map[string]func(*snsmessage.Message){
		"message":         func(m *snsmessage.Message) { m.Message = strings.Replace(m.Message, "R", "r", 1) },
		"message id":      func(m *snsmessage.Message) { m.MessageID = "32" + m.MessageID[2:] },
		"timestamp":       func(m *snsmessage.Message) { m.Timestamp = strings.Replace(m.Timestamp, "Z", "+00:00", 1) },
		"subject":         func(m *snsmessage.Message) { m.Subject = new("Amazon S3 notification") },
		"subject gone":    func(m *snsmessage.Message) { m.Subject = nil },
		"subject emptied": func(m *snsmessage.Message) { m.Subject = new("") },
		"no signature":    func(m *snsmessage.Message) { m.Signature = "" },
		"not base64":      func(m *snsmessage.Message) { m.Signature = "!" + m.Signature },
		"shorter":         func(m *snsmessage.Message) { m.Signature = m.Signature[:8] },
		"another": func(m *snsmessage.Message) {
			m.Signature = notification(t, func(o *snsmessage.Message) { o.Message = "x" }).Signature
		},
		"of another type": func(m *snsmessage.Message) {
			m.Type, m.Token, m.SubscribeURL = snsmessage.UnsubscribeConfirmation, "t", "u"
		},
		"subject for none": func(m *snsmessage.Message) {
			*m = *notification(t, func(o *snsmessage.Message) { o.Subject = nil })
			m.Subject = new("")
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			m := notification(t, nil)
			change(m)
			wantCode(t, v.Verify(t.Context(), m), snsmessage.CodeSignature, http.StatusForbidden)
		})
	}
	token := confirmation(t, nil)
	token.Token += "0"
	wantCode(t, v.Verify(t.Context(), token), snsmessage.CodeSignature, http.StatusForbidden)
}

// Without the rule against line breaks, the signature of one notification would fit another with a
// different MessageId: what a receiver knows replays by.
func TestOneSignatureFitsOneMessage(t *testing.T) {
	a := newAWS(t)
	original := notification(t, func(m *snsmessage.Message) {
		m.Subject, m.Message, m.MessageID = nil, "x\nMessageId\nforged", "real"
	})
	forged := *original
	forged.Message, forged.MessageID = "x", "forged\nMessageId\nreal"
	if forged.StringToSign() != original.StringToSign() {
		t.Fatal("the two are signed differently; this test proves nothing")
	}
	wantCode(t, a.verifier(nil).Verify(t.Context(), &forged), snsmessage.CodeMalformed, http.StatusBadRequest)
}

func TestVerifyWindow(t *testing.T) { // W6
	a := newAWS(t)
	now := time.Now().Truncate(time.Millisecond)
	v := a.verifier(func(c *snsmessage.Config) {
		c.MaxAge, c.MaxAhead, c.Now = 10*time.Minute, time.Minute, func() time.Time { return now }
	})
	for _, c := range []struct {
		age time.Duration
		ok  bool
	}{{0, true}, {10 * time.Minute, true}, {10*time.Minute + time.Millisecond, false}, {-time.Minute, true}, {-time.Minute - time.Millisecond, false}} {
		err := v.Verify(t.Context(), notification(t, func(m *snsmessage.Message) { m.Timestamp = snsmessage.FormatTime(now.Add(-c.age)) }))
		if c.ok != (err == nil) {
			t.Errorf("age %s: %v", c.age, err)
		} else if !c.ok {
			wantCode(t, err, snsmessage.CodeAge, http.StatusForbidden)
		}
	}
	// A replay inside the window verifies again: its MessageID is the receiver's to remember.
	m := notification(t, func(m *snsmessage.Message) { m.Timestamp = snsmessage.FormatTime(now) })
	for range 2 {
		if err := v.Verify(t.Context(), m); err != nil {
			t.Error(err)
		}
	}
}

func TestVersion1WhereAllowed(t *testing.T) { // W4
	a := newAWS(t)
	m := notification(t, nil)
	m.SignatureVersion = "1"
	v := a.verifier(func(c *snsmessage.Config) { c.AllowVersion1 = true })
	// A signature over SHA-256 is none over SHA-1.
	wantCode(t, v.Verify(t.Context(), m), snsmessage.CodeSignature, http.StatusForbidden)
	m.Signature = signIndependently(t, m, "1")
	if err := v.Verify(t.Context(), m); err != nil {
		t.Error(err)
	}
}

func TestLocalPrefix(t *testing.T) {
	local := issue(t, &x509.Certificate{Subject: pkix.Name{CommonName: "local"}}, &x509.Certificate{Subject: pkix.Name{CommonName: "local"}}, &snsKey.PublicKey, snsKey)
	foreign := issue(t, &x509.Certificate{}, &x509.Certificate{Subject: pkix.Name{CommonName: "stranger"}}, &snsKey.PublicKey, ecKey(t))
	var confirmed atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/sns/x.pem", func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(local)) })
	mux.HandleFunc("/sns/foreign.pem", func(w http.ResponseWriter, _ *http.Request) { w.Write(pemOf(foreign)) })
	mux.HandleFunc("/sns/{$}", func(http.ResponseWriter, *http.Request) { confirmed.Add(1) })
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { t.Error("asked outside of the prefix") })
	server := httptest.NewServer(mux)
	defer server.Close()
	prefix := server.URL + "/sns/"
	v, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{topic}, LocalPrefixes: []string{prefix}})
	if err != nil {
		t.Fatal(err)
	}
	at := func(cert string) func(*snsmessage.Message) {
		return func(m *snsmessage.Message) {
			m.SigningCertURL = cert
			m.SubscribeURL = prefix + "?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=" + m.Token
		}
	}
	if err := v.Verify(t.Context(), notification(t, at(prefix+"x.pem"))); err != nil {
		t.Error(err)
	}
	if err := v.Confirm(t.Context(), confirmation(t, at(prefix+"x.pem"))); err != nil || confirmed.Load() != 1 {
		t.Errorf("confirmed %d times: %v", confirmed.Load(), err)
	}
	wantCode(t, v.Verify(t.Context(), notification(t, at(prefix+"foreign.pem"))), snsmessage.CodeCertificate, http.StatusServiceUnavailable)
	for _, u := range []string{
		server.URL + "/x.pem", server.URL + "/snsx.pem", prefix + "../x.pem", prefix + "a/../../x.pem", prefix + "%2e%2e/x.pem",
		prefix + "/x.pem", prefix + "x.pem?", prefix + "x.txt", strings.Replace(prefix, "127.0.0.1", "localhost", 1) + "x.pem",
		strings.Replace(prefix, "127.0.0.1", "x@127.0.0.1", 1) + "x.pem", "http://127.0.0.1/sns/x.pem",
	} {
		wantCode(t, v.Verify(t.Context(), notification(t, at(u))), snsmessage.CodeURL, http.StatusForbidden)
	}
}

func TestNewVerifierChecksItsConfig(t *testing.T) {
	for name, c := range map[string]snsmessage.Config{
		"no topic":               {},
		"not an arn":             {TopicARNs: []string{"avatars"}},
		"a queue":                {TopicARNs: []string{"arn:aws:sqs:us-east-1:123456789012:q"}},
		"a subscription":         {TopicARNs: []string{topic + ":b24e11a2"}},
		"a secret partition":     {TopicARNs: []string{"arn:aws-iso:sns:us-iso-east-1:123456789012:t"}},
		"prefix elsewhere":       {TopicARNs: []string{topic}, LocalPrefixes: []string{"http://192.0.2.1/"}},
		"prefix of a name":       {TopicARNs: []string{topic}, LocalPrefixes: []string{"http://localhost.evil.com/"}},
		"prefix without a slash": {TopicARNs: []string{topic}, LocalPrefixes: []string{"http://127.0.0.1:41"}},
		"prefix with a query":    {TopicARNs: []string{topic}, LocalPrefixes: []string{"http://127.0.0.1:41/?/"}},
		"prefix with a user":     {TopicARNs: []string{topic}, LocalPrefixes: []string{"http://127.0.0.1@evil.com/"}},
		"prefix of a file":       {TopicARNs: []string{topic}, LocalPrefixes: []string{"file:///tmp/"}},
	} {
		if _, err := snsmessage.NewVerifier(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, arn := range []string{"arn:aws-cn:sns:cn-north-1:123456789012:t", "arn:aws-us-gov:sns:us-gov-east-1:123456789012:t"} {
		if _, err := snsmessage.NewVerifier(snsmessage.Config{TopicARNs: []string{arn}}); err != nil {
			t.Error(err)
		}
	}
}
