package sns

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"

	"github.com/thumbing/thumbing/internal/snsmessage"
)

// attributeParameter is a parameter of Publish that tells of the message attribute of a number.
var attributeParameter = regexp.MustCompile(`^MessageAttributes\.entry\.([1-9][0-9]*)\.(Name|Value\.(DataType|StringValue|BinaryValue))$`)

// AWS's rules for message attributes.
var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	attributeType = regexp.MustCompile(`^(String(\.Array)?|Number|Binary)$`)
)

// messageAttributes reads the attributes that a request to publish gives its message.
func messageAttributes(in url.Values) (map[string]snsmessage.Attribute, error) {
	all := map[string]snsmessage.Attribute{}
	for n := 1; ; n++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", n)
		if !in.Has(entry + "Name") {
			break
		}
		name, kind, value := in.Get(entry+"Name"), in.Get(entry+"Value.DataType"), in.Get(entry+"Value.StringValue")
		if kind == "Binary" {
			value = in.Get(entry + "Value.BinaryValue")
			if _, err := base64.StdEncoding.DecodeString(value); err != nil {
				return nil, invalid("the message attribute " + name + " is not base64")
			}
		}
		switch {
		case !attributeName.MatchString(name):
			return nil, invalid(fmt.Sprintf("the message attribute name %q is not of letters, digits, hyphens, underscores and periods", name))
		case !attributeType.MatchString(kind):
			return nil, invalid(fmt.Sprintf("the message attribute %s has the type %q, not String, String.Array, Number or Binary", name, kind))
		case value == "":
			return nil, invalid("the message attribute " + name + " has no value of its type")
		}
		if _, twice := all[name]; twice {
			return nil, invalid("the message attribute " + name + " is there twice")
		}
		all[name] = snsmessage.Attribute{Type: kind, Value: value}
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}
