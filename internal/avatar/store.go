package avatar

import (
	"context"
	"errors"
	"time"
)

// What a store's errors wrap, so that the processor knows what to do about them. Any other error is taken
// for a fault that may pass.
var (
	// ErrNotFound: there is no such object.
	ErrNotFound = errors.New("no such object")
	// ErrPrecondition: the object is not in the state that the request was made for (HTTP 412).
	ErrPrecondition = errors.New("the object has changed")
	// ErrConflict: another request for the object is under way (HTTP 409). Trying again may help.
	ErrConflict = errors.New("another request for the object is under way")
	// ErrDenied: the rights do not suffice, or there is no such object and the right to hear of that is
	// missing (HTTP 403).
	ErrDenied = errors.New("access denied")
	// ErrTooLarge: the object is larger than asked for.
	ErrTooLarge = errors.New("the object is too large")
)

// Uploads is the bucket where pictures arrive.
type Uploads interface {
	// Get reads an object whole. It must be what the pin says, else the error wraps ErrPrecondition; and of
	// at most limit bytes, counted as they are read, else the error wraps ErrTooLarge. A body that ends
	// early is an error.
	Get(ctx context.Context, key string, pin Pin, limit int64) (Upload, error)
}

// Assets is the bucket where processed pictures go.
type Assets interface {
	// Head answers an object's state. Where there is none, the error wraps ErrNotFound.
	Head(ctx context.Context, key string) (State, error)
	// Put writes an object if it is in the state that the condition says: else the error wraps
	// ErrPrecondition, ErrConflict, or where it has been deleted, ErrNotFound.
	Put(ctx context.Context, key string, png []byte, metadata map[string]string, c Condition) error
}

// Rejections is told of uploads that cannot become avatars.
type Rejections interface {
	// Publish tells of one. An error means that it may not have been heard.
	Publish(ctx context.Context, r Rejection) error
}

// Pin says which content an object must have to be read. One of its fields is set.
type Pin struct {
	ETag      string // the current content, if it has this ETag
	VersionID string // this version, be it current or not
}

// Upload is an object that was read.
type Upload struct {
	Body         []byte
	LastModified time.Time
}

// State is what is known of an object without reading it.
type State struct {
	ETag     string
	Metadata map[string]string
}

// Condition says which state an object must be in to be written: absent where ETag is empty, else of that
// ETag.
type Condition struct{ ETag string }
