package lambdaruntime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// record is what Lambda sends to the destination of an asynchronous invocation.
// Source: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations".
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string    `json:"requestId"`
	FunctionARN            string    `json:"functionArn"`
	Condition              Condition `json:"condition"`
	ApproximateInvokeCount int       `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// unhandled is what Lambda calls the error of a function, whoever reported it.
const unhandled = "Unhandled"

// Record is the JSON document that Lambda sends to the destination for a result. An event that was never tried has
// no response in it. The payload is the one that was given to Invoke, without what spaces it had.
func (r Result) Record(functionARN string, at time.Time) ([]byte, error) {
	rec := record{
		Version: "1.0", Timestamp: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestContext: requestContext{r.RequestID, functionARN + ":" + latest, r.Condition, r.Attempts},
		RequestPayload: r.Payload,
	}
	if r.Condition != EventAgeExceeded {
		rec.ResponseContext = &responseContext{StatusCode: http.StatusOK, ExecutedVersion: latest}
		rec.ResponsePayload = r.Response
	}
	if r.Condition == RetriesExhausted {
		rec.ResponseContext.FunctionError = unhandled
		if e, ok := errors.AsType[*FunctionError](r.Err); ok {
			rec.ResponsePayload = e.Payload
		}
	}
	if !json.Valid(rec.ResponsePayload) {
		rec.ResponsePayload = nil // a function may answer anything
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(rec); err != nil {
		return nil, fmt.Errorf("record of the event %s: %w", r.RequestID, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// latest is the only version that functions have here.
const latest = "$LATEST"
