package lambdaruntime_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
)

// The records have the members that AWS documents, and the payload as it was given.
func TestRecord(t *testing.T) {
	at := time.Date(2026, 11, 26, 1, 2, 3, 4e6, time.FixedZone("", 3600))
	payload := []byte(`{"key": "a+%2B<&>", "size": 12345678901234567890}`)
	failure := &lambdaruntime.FunctionError{Type: "errorString", Message: "no", Payload: json.RawMessage(`{"errorMessage":"no","errorType":"errorString"}`)}
	const (
		begin = `{"version":"1.0","timestamp":"2026-11-26T00:02:03.004Z","requestContext":{"requestId":"id","functionArn":"` + functionARN + `:$LATEST","condition":"`
		event = `},"requestPayload":{"key":"a+%2B<&>","size":12345678901234567890}`
	)
	for name, c := range map[string]struct {
		result lambdaruntime.Result
		want   string
	}{
		"failed": {lambdaruntime.Result{Condition: lambdaruntime.RetriesExhausted, Attempts: 3, Err: failure},
			begin + `RetriesExhausted","approximateInvokeCount":3` + event + `,"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"responsePayload":{"errorMessage":"no","errorType":"errorString"}}`},
		"failed without words": {lambdaruntime.Result{Condition: lambdaruntime.RetriesExhausted, Attempts: 1, Err: &lambdaruntime.FunctionError{Payload: json.RawMessage(`{`)}},
			begin + `RetriesExhausted","approximateInvokeCount":1` + event + `,"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}}`},
		"too old": {lambdaruntime.Result{Condition: lambdaruntime.EventAgeExceeded, Err: errors.New("it waited")},
			begin + `EventAgeExceeded","approximateInvokeCount":0` + event + `}`},
		"done": {lambdaruntime.Result{Condition: lambdaruntime.Success, Attempts: 1, Response: []byte(`"<done>"`)},
			begin + `Success","approximateInvokeCount":1` + event + `,"responseContext":{"statusCode":200,"executedVersion":"$LATEST"},"responsePayload":"<done>"}`},
	} {
		t.Run(name, func(t *testing.T) {
			c.result.RequestID, c.result.Payload = "id", payload
			got, err := c.result.Record(functionARN, at)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A result that reaches nobody is told again, and its event is not invoked again for that.
func TestResultIsKeptUntilItIsTaken(t *testing.T) {
	refusals := 2
	results := make(chan lambdaruntime.Result, 10)
	f := start(t, func(_ *lambdaruntime.Function, o *lambdaruntime.Options) {
		o.OnResult = func(r lambdaruntime.Result) error {
			results <- r
			if refusals--; refusals >= 0 {
				return errors.New("the disk is full")
			}
			return nil
		}
	})
	id := f.invoke(request{Do: "error"})
	for range 3 {
		if r := <-results; r.RequestID != id || r.Attempts != 3 || r.Err == nil {
			t.Errorf("told %+v", r)
		}
	}
	next := f.invoke(request{})
	if r := <-results; r.RequestID != next || f.Waiting() != 0 {
		t.Errorf("told %+v, and %d wait", r, f.Waiting())
	}
}

func TestCall(t *testing.T) {
	f := start(t, nil)
	call := func(r request) ([]byte, error) { return f.Call(t.Context(), r.json(t)) }
	response, err := call(request{})
	var out reply
	if err != nil || json.Unmarshal(response, &out) != nil || out.ARN != functionARN {
		t.Errorf("%s, %v", response, err)
	}
	_, err = call(request{Do: "error"})
	if e, ok := errors.AsType[*lambdaruntime.FunctionError](err); !ok || e.Type != "errorString" || len(f.waits()) != 0 {
		t.Errorf("%v after the waits %v", err, f.waits())
	}
	if _, err := f.Call(t.Context(), []byte("{")); !errors.Is(err, lambdaruntime.ErrNotJSON) {
		t.Error(err)
	}
	select {
	case r := <-f.results:
		t.Errorf("OnResult hears of %+v", r)
	default:
	}
	f.close(t.Context())
	if _, err := call(request{}); !errors.Is(err, lambdaruntime.ErrClosed) {
		t.Error(err)
	}
}
