package snsmessage_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

// body returns a notification's JSON after change has been made to its members.
func body(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	members := map[string]any{
		"Type": "Notification", "MessageId": "22b80b92", "TopicArn": topic, "Message": "Hello", "Timestamp": "2012-05-02T00:54:06.655Z",
		"SignatureVersion": "2", "Signature": "RVhBTVBMRQ==", "SigningCertURL": certURL,
	}
	change(members)
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRead(t *testing.T) {
	good := body(t, func(map[string]any) {})
	cases := map[string]struct {
		header map[string]string
		body   string
		code   snsmessage.Code // empty: accepted
		status int
	}{
		// W7
		"text/plain":          {map[string]string{"Content-Type": "text/plain; charset=UTF-8"}, good, "", 0},
		"application/json":    {map[string]string{"Content-Type": "application/json"}, good, "", 0},
		"no content type":     {nil, good, "", 0},
		"form":                {map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, good, snsmessage.CodeMalformed, http.StatusUnsupportedMediaType},
		"as long as can be":   {nil, good + strings.Repeat(" ", snsmessage.MaxBytes-len(good)), "", 0},
		"one byte longer":     {nil, good + strings.Repeat(" ", snsmessage.MaxBytes-len(good)+1), snsmessage.CodeTooLarge, http.StatusRequestEntityTooLarge},
		"not JSON":            {nil, "Hello", snsmessage.CodeMalformed, http.StatusBadRequest},
		"empty":               {nil, "", snsmessage.CodeMalformed, http.StatusBadRequest},
		"null":                {nil, "null", snsmessage.CodeMalformed, http.StatusBadRequest},
		"array":               {nil, "[]", snsmessage.CodeMalformed, http.StatusBadRequest},
		"cut off":             {nil, good[:len(good)-1], snsmessage.CodeMalformed, http.StatusBadRequest},
		"two documents":       {nil, good + good, snsmessage.CodeMalformed, http.StatusBadRequest},
		"deep":                {nil, `{"x":` + strings.Repeat("[", 100000), snsmessage.CodeMalformed, http.StatusBadRequest},
		"not UTF-8":           {nil, strings.Replace(good, "Hello", "\xff", 1), snsmessage.CodeMalformed, http.StatusBadRequest},
		"of its header":       {map[string]string{"X-Amz-Sns-Message-Type": "Notification"}, good, "", 0},
		"not of its header":   {map[string]string{"X-Amz-Sns-Message-Type": "SubscriptionConfirmation"}, good, snsmessage.CodeMalformed, http.StatusBadRequest},
		"raw delivery":        {map[string]string{"X-Amz-Sns-Rawdelivery": "true"}, good, snsmessage.CodeRawDelivery, http.StatusForbidden}, // W12
		"type unknown":        {nil, body(t, func(m map[string]any) { m["Type"] = "Other" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"type missing":        {nil, body(t, func(m map[string]any) { delete(m, "Type") }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"id missing":          {nil, body(t, func(m map[string]any) { delete(m, "MessageId") }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"message missing":     {nil, body(t, func(m map[string]any) { delete(m, "Message") }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"message a number":    {nil, body(t, func(m map[string]any) { m["Message"] = 1 }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"subject a number":    {nil, body(t, func(m map[string]any) { m["Subject"] = 1 }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"message empty":       {nil, body(t, func(m map[string]any) { m["Message"] = "" }), "", 0},
		"subject null":        {nil, body(t, func(m map[string]any) { m["Subject"] = nil }), "", 0},
		"topic missing":       {nil, body(t, func(m map[string]any) { delete(m, "TopicArn") }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"time missing":        {nil, body(t, func(m map[string]any) { delete(m, "Timestamp") }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"time broken":         {nil, body(t, func(m map[string]any) { m["Timestamp"] = "yesterday" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"id with a line":      {nil, body(t, func(m map[string]any) { m["MessageId"] = "a\nb" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"subject with a line": {nil, body(t, func(m map[string]any) { m["Subject"] = "a\nb" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"token missing":       {nil, body(t, func(m map[string]any) { m["Type"], m["SubscribeURL"] = "SubscriptionConfirmation", "u" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"url missing":         {nil, body(t, func(m map[string]any) { m["Type"], m["Token"] = "UnsubscribeConfirmation", "t" }), snsmessage.CodeMalformed, http.StatusBadRequest},
		"unknown members":     {nil, body(t, func(m map[string]any) { m["Extra"] = map[string]any{"a": []int{1}} }), "", 0},
		"odd attributes":      {nil, body(t, func(m map[string]any) { m["MessageAttributes"] = map[string]any{"a": []int{1}} }), "", 0},
		"another case":        {nil, body(t, func(m map[string]any) { m["message"] = 1 }), "", 0},
		"twice":               {nil, strings.Replace(good, "{", `{"Message":"Bye",`, 1), snsmessage.CodeMalformed, http.StatusBadRequest},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			m, err := snsmessage.Read(httptest.NewRecorder(), r)
			if c.code != "" {
				wantCode(t, err, c.code, c.status)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if m.MessageID != "22b80b92" || m.TopicARN != topic || m.Subject != nil {
				t.Errorf("got %+v", m)
			}
		})
	}
	r := httptest.NewRequest(http.MethodPost, "/", iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err := snsmessage.Read(httptest.NewRecorder(), r)
	wantCode(t, err, snsmessage.CodeInterrupted, http.StatusServiceUnavailable)
}

func TestStatusCode(t *testing.T) {
	if got := snsmessage.StatusCode(nil); got != http.StatusOK {
		t.Errorf("no error: %d", got)
	}
	if got := snsmessage.StatusCode(io.EOF); got != http.StatusInternalServerError { // W8
		t.Errorf("another error: %d", got)
	}
}

// The expected strings are written out after the Developer Guide's description.
func TestStringToSign(t *testing.T) { // W5
	m := snsmessage.Message{
		Type: snsmessage.Notification, MessageID: "id", TopicARN: "arn", Message: "a\nb", Timestamp: "time",
		Token: "token", SubscribeURL: "url", UnsubscribeURL: "unsigned",
	}
	want := "Message\na\nb\nMessageId\nid\nTimestamp\ntime\nTopicArn\narn\nType\nNotification\n"
	if diff := cmp.Diff(want, m.StringToSign()); diff != "" {
		t.Errorf("no subject:\n%s", diff)
	}
	m.Subject = new("")
	want = "Message\na\nb\nMessageId\nid\nSubject\n\nTimestamp\ntime\nTopicArn\narn\nType\nNotification\n"
	if diff := cmp.Diff(want, m.StringToSign()); diff != "" {
		t.Errorf("empty subject:\n%s", diff)
	}
	m.Subject = new("S")
	want = "Message\na\nb\nMessageId\nid\nSubject\nS\nTimestamp\ntime\nTopicArn\narn\nType\nNotification\n"
	if diff := cmp.Diff(want, m.StringToSign()); diff != "" {
		t.Errorf("subject:\n%s", diff)
	}
	for _, kind := range []snsmessage.Type{snsmessage.SubscriptionConfirmation, snsmessage.UnsubscribeConfirmation} {
		m.Type = kind
		want = "Message\na\nb\nMessageId\nid\nSubscribeURL\nurl\nTimestamp\ntime\nToken\ntoken\nTopicArn\narn\nType\n" + string(kind) + "\n"
		if diff := cmp.Diff(want, m.StringToSign()); diff != "" {
			t.Errorf("%s:\n%s", kind, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"Type":"Notification","MessageId":"1","TopicArn":"a","Subject":"","Message":"\ud800\u2028<&>","Timestamp":"2012-05-02T00:54:06.655Z"}`,
		`{"Type":"SubscriptionConfirmation","MessageId":"1","Token":"t","TopicArn":"a","Message":"","SubscribeURL":"https://x/?a=b&c","Timestamp":"2012-05-02T00:54:06Z","Subject":null}`,
		`{"Type":"UnsubscribeConfirmation","MessageId":"1","Token":"t","TopicArn":"a","Message":"","SubscribeURL":"u","Timestamp":"2012-05-02T00:54:06+02:00","x":{}}`,
		`{"Message":1}`, `{"Message":"a","Message":"b"}`, `[`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := snsmessage.Parse(in)
		if err != nil {
			wantCode(t, err, snsmessage.CodeMalformed, http.StatusBadRequest)
			return
		}
		// A message that is written and read again is the same and is signed the same.
		out, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := snsmessage.Parse(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Fatal(diff)
		}
		if again.StringToSign() != m.StringToSign() {
			t.Fatalf("signed %q, then %q", m.StringToSign(), again.StringToSign())
		}
		// Only Message may hold line breaks, so the others are found again from the end.
		s := strings.TrimPrefix(m.StringToSign(), "Message\n"+m.Message+"\n")
		if strings.Count(s, "\n")%2 != 0 {
			t.Fatalf("the lines of %q do not pair", s)
		}
	})
}

func TestMessageAttributes(t *testing.T) {
	m, err := snsmessage.Parse([]byte(body(t, func(m map[string]any) {
		m["MessageAttributes"] = map[string]any{"event": map[string]any{"Type": "String", "Value": "avatar.rejected"}, "odd": 1, "other": map[string]any{"Type": "String"}}
	})))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]snsmessage.Attribute{"event": {Type: "String", Value: "avatar.rejected"}}; !maps.Equal(m.MessageAttributes, want) {
		t.Errorf("got %v", m.MessageAttributes)
	}
	again, err := m.Encode()
	if err != nil || !strings.Contains(string(again), `"Value": "avatar.rejected"`) {
		t.Errorf("%s, %v", again, err)
	}
}
