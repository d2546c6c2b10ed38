package lambdaruntime

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Condition says why an event is done with. The last two are those of AWS's records of failed
// asynchronous invocations.
type Condition string

// The conditions.
const (
	Success          Condition = "Success"
	RetriesExhausted Condition = "RetriesExhausted"
	EventAgeExceeded Condition = "EventAgeExceeded"
)

// Result is what became of an event.
type Result struct {
	RequestID string
	Payload   []byte // as it was given to Invoke
	Condition Condition
	Attempts  int           // invocations in all
	Duration  time.Duration // of the last one, with the start of its process if there was one
	Response  []byte        // what the function returned, on success
	Err       error         // of the last attempt, nil on success; a [*FunctionError] if the function failed
}

// FunctionError is a failed invocation. What the function itself reported has its own type; where Lambda
// reports in its place, the types are Lambda's, such as these.
type FunctionError struct {
	Type    string          // "errorString", "Runtime.ExitError"
	Message string          // one sentence, from the function or about it
	Payload json.RawMessage // what a caller would be answered with: errorType, errorMessage, stackTrace
}

// Types of errors that Lambda reports.
const (
	ErrorTimeout      = "Sandbox.Timedout"
	ErrorExit         = "Runtime.ExitError"
	ErrorEntrypoint   = "Runtime.InvalidEntrypoint"
	ErrorInitTimeout  = "Runtime.InitTimeout"
	ErrorResponseSize = "Function.ResponseSizeTooLarge"
	ErrorUnknown      = "Runtime.Unknown"
)

// Error is the message after the type.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// errAborted ends an invocation that Close had no more time for. It is no attempt.
var errAborted = errors.New("the runtime was closed")

func isAborted(err error) bool { return errors.Is(err, errAborted) }

// failed makes an error that Lambda reports in the function's place.
func failed(requestID, kind, format string, args ...any) *FunctionError {
	text := fmt.Sprintf(format, args...)
	payload, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": "RequestId: " + requestID + " Error: " + text})
	if err != nil {
		payload = nil // strings always marshal
	}
	return &FunctionError{Type: kind, Message: text, Payload: payload}
}

// reported makes an error of what the function posted to the Runtime API.
func reported(kind string, body []byte) *FunctionError {
	var said struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(body, &said); err != nil {
		text, _ := json.Marshal(string(body)) // a string always marshals
		return &FunctionError{Type: kind, Message: string(body), Payload: text}
	}
	e := &FunctionError{Type: said.ErrorType, Message: said.ErrorMessage, Payload: body}
	if e.Type == "" {
		e.Type = kind
	}
	return e
}
