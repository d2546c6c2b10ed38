package sqs

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an answer of the API that is no success.
type apiError struct {
	status  int
	shape   string // of the error in the JSON protocol
	code    string // that the Query protocol had for it, and clients still go by
	message string
}

func (e *apiError) Error() string { return e.message }

// encode writes the error in the JSON protocol. The second value is the header X-Amzn-Query-Error.
func (e *apiError) encode() (body []byte, query string) {
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{"com.amazonaws.sqs#" + e.shape, e.message})
	if err != nil {
		body = nil // strings always marshal
	}
	fault := "Sender"
	if e.status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	return body, e.code + ";" + fault
}

// qualified makes an error whose code has the service's name in the Query protocol, but not in the JSON protocol.
func qualified(shape, code, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, shape, "AWS.SimpleQueueService." + code, fmt.Sprintf(format, args...)}
}

// plain makes an error with the same code in both protocols.
func plain(status int, code, format string, args ...any) *apiError {
	return &apiError{status, code, code, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidParameterValueException", "InvalidParameterValue", fmt.Sprintf(format, args...)}
}

func missing(parameter string) *apiError {
	return plain(http.StatusBadRequest, "MissingParameter", "The request must contain the parameter %s.", parameter)
}

func noQueue() *apiError {
	return qualified("QueueDoesNotExist", "NonExistentQueue", "The specified queue does not exist.")
}

func badHandle(handle string) *apiError {
	return plain(http.StatusNotFound, "ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", handle)
}

var errNotInFlight = qualified("MessageNotInflight", "MessageNotInflight", "The message referred to does not exist or is not in flight.")

func badText() *apiError {
	return plain(http.StatusBadRequest, "InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
}
