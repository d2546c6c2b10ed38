package sqs

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// message is one, as it is kept in the data folder.
type message struct {
	ID          string
	Body        string
	Attributes  map[string]attribute `json:",omitempty"`
	TraceHeader string               `json:",omitempty"` // of AWS X-Ray
	GroupID     string               `json:",omitempty"`
	Sender      string               `json:",omitempty"` // access key
	Sent        time.Time
	Visible     time.Time // hidden until then
	Receives    int
	Received    time.Time `json:",omitzero"` // first

	place  int    // in the queue's order
	number uint64 // of those that came
}

// attribute is a message attribute, in the shape of the API.
type attribute struct {
	DataType    string  // String, Number or Binary, and a label behind a dot
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..+)?$`)
)

// check says in words what is wrong with an attribute.
func (a attribute) check(name string) error {
	if !attributeName.MatchString(name) {
		return fmt.Errorf("the message attribute name %q is not of letters, digits, hyphens, underscores and periods", name)
	}
	kind := attributeType.FindStringSubmatch(a.DataType)
	if kind == nil {
		return fmt.Errorf("the message attribute %s has the type %q, not String, Number or Binary", name, a.DataType)
	}
	if (kind[1] == "Binary") != (a.StringValue == nil) || (kind[1] == "Binary") != (len(a.BinaryValue) > 0) || a.StringValue != nil && *a.StringValue == "" {
		return fmt.Errorf("the message attribute %s must contain a non-empty value of the type %s", name, a.DataType)
	}
	if a.StringValue != nil && !isText(*a.StringValue) {
		return fmt.Errorf("the message attribute %s has characters that are not allowed", name)
	}
	return nil
}

// size is the bytes that count towards the limit.
func (m *message) size() int {
	n := len(m.Body)
	for name, a := range m.Attributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}

// isText tells whether a text has only the characters that SQS takes: those of XML 1.0.
func isText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes is the digest by which clients check attributes, empty for none. Source: Amazon SQS Developer
// Guide, "Calculating the MD5 message digest for message attributes".
func md5OfAttributes(all map[string]attribute) string {
	if len(all) == 0 {
		return ""
	}
	const isString, isBinary = 1, 2
	sum := md5.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a := all[name]
		writeSized(sum, name)
		writeSized(sum, a.DataType)
		if a.StringValue != nil {
			sum.Write([]byte{isString})
			writeSized(sum, *a.StringValue)
		} else {
			sum.Write([]byte{isBinary})
			writeSized(sum, string(a.BinaryValue))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeSized(w hash.Hash, s string) {
	_, _ = w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) // a hash never fails
	_, _ = io.WriteString(w, s)
}

// handle is the receipt handle of the message's latest receipt.
func (m *message) handle() string {
	return base64.RawURLEncoding.EncodeToString([]byte(m.ID + " " + strconv.Itoa(m.Receives)))
}

// parseHandle gives the message's ID and the number of the receipt.
func parseHandle(handle string) (id string, receives int, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil {
		return "", 0, false
	}
	id, number, ok := strings.Cut(string(b), " ")
	if !ok || id == "" {
		return "", 0, false
	}
	receives, err = strconv.Atoi(number)
	return id, receives, err == nil
}
