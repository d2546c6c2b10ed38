package snsmessage

import (
	"errors"
	"fmt"
	"net/http"
)

// Code is a stable name for why a message was not accepted.
type Code string

// The codes of errors. The first group is final: SNS is answered with 4xx and does not send the message
// again. The second is answered with 5xx, and SNS does.
const (
	CodeMalformed   Code = "malformed"         // not a message of SNS
	CodeTooLarge    Code = "too-large"         // longer than MaxBytes
	CodeRawDelivery Code = "raw-delivery"      // unsigned
	CodeTopic       Code = "topic-not-allowed" // not one of the configured topics
	CodeAge         Code = "outside-window"    // too old, or from the future
	CodeVersion     Code = "signature-version" // missing, or not one that is allowed
	CodeURL         Code = "url-not-sns"       // a certificate or confirmation from elsewhere
	CodeSignature   Code = "bad-signature"     // forged or changed

	CodeInterrupted Code = "interrupted"  // the body did not arrive whole
	CodeCertificate Code = "certificate"  // it cannot be had now, or is not one of SNS
	CodeConfirm     Code = "confirmation" // SNS did not take it
)

// Error says why a message was not accepted.
type Error struct {
	Code   Code
	Status int // HTTP status for the answer to SNS
	Err    error
}

// Error is one sentence for the log.
func (e *Error) Error() string { return fmt.Sprintf("sns message (%s): %v", e.Code, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Permanent tells whether the message can never be accepted.
func (e *Error) Permanent() bool { return e.Status < 500 }

// StatusCode is the HTTP status to answer SNS with after err: that of an [Error], 200 for nil, and 500 for
// any other error, so that SNS tries again.
func StatusCode(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return http.StatusInternalServerError
}

func refuse(status int, code Code, err error) error {
	return &Error{Code: code, Status: status, Err: err}
}

func malformed(format string, args ...any) error {
	return refuse(http.StatusBadRequest, CodeMalformed, fmt.Errorf(format, args...))
}

func forbidden(code Code, format string, args ...any) error {
	return refuse(http.StatusForbidden, code, fmt.Errorf(format, args...))
}

func unavailable(code Code, format string, args ...any) error {
	return refuse(http.StatusServiceUnavailable, code, fmt.Errorf(format, args...))
}
