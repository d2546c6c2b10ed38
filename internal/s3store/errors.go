package s3store

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/thumbing/thumbing/internal/avatar"
)

// explain wraps an error of the SDK in the one that package avatar goes by, where there is one.
// Source: Amazon S3 API Reference, "Error responses" and "Conditional requests".
func explain(operation, bucket string, err error) error {
	if err == nil {
		return nil
	}
	if kind := classify(err); kind != nil {
		return fmt.Errorf("%s in %s: %w: %w", operation, bucket, kind, err)
	}
	return fmt.Errorf("%s in %s: %w", operation, bucket, err)
}

func classify(err error) error {
	var code, message string
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	switch code {
	case "NoSuchKey", "NotFound", "NoSuchVersion":
		return avatar.ErrNotFound
	case "PreconditionFailed":
		return avatar.ErrPrecondition
	case "ConditionalRequestConflict", "OperationAborted":
		return avatar.ErrConflict
	case "AccessDenied", "Forbidden":
		// Who may read an object, but not list its bucket, is denied to hear that it does not exist. The
		// message names the right that was missed.
		if strings.Contains(message, "s3:ListBucket") {
			return avatar.ErrNotFound
		}
		return avatar.ErrDenied
	}
	// A response without a body, as HEAD gets, has no code but the status.
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch response.HTTPStatusCode() {
		case http.StatusPreconditionFailed:
			return avatar.ErrPrecondition
		case http.StatusConflict:
			return avatar.ErrConflict
		}
	}
	return nil
}
