package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3api/utils"
)

// check says in words what is wrong with a bucket's configuration.
func (b Bucket) check() error {
	if !utils.IsValidBucketName(b.Name) {
		return errors.New("a name has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit")
	}
	for i, r := range b.Rules {
		switch {
		case r.ID == "":
			return errors.New("a notification has no ID")
		case r.Deliver == nil:
			return fmt.Errorf("the notification %s goes nowhere", r.ID)
		case slices.ContainsFunc(b.Rules[:i], func(o Rule) bool { return o.ID == r.ID }):
			return fmt.Errorf("two notifications have the ID %s", r.ID)
		}
	}
	_, err := b.cors()
	return err
}

// cors writes the CORS rules as the storage keeps them, in the XML of PutBucketCors.
func (b Bucket) cors() ([]byte, error) {
	var c auth.CORSConfiguration
	for _, r := range b.CORS {
		rule := auth.CORSRule{
			AllowedMethods: texts[auth.CORSHTTPMethod](r.AllowedMethods),
			AllowedHeaders: texts[auth.CORSHeader](r.AllowedHeaders),
			ExposeHeaders:  texts[auth.CORSHeader](r.ExposedHeaders),
			AllowedOrigins: texts[auth.CORSOrigin](r.AllowedOrigins),
		}
		if r.MaxAge > 0 {
			rule.MaxAgeSeconds = new(int32(r.MaxAge))
		}
		if err := rule.Validate(); err != nil {
			return nil, fmt.Errorf("a CORS rule is not valid: %w", err)
		}
		c.Rules = append(c.Rules, rule)
	}
	if len(c.Rules) == 0 {
		return nil, nil
	}
	return xml.Marshal(c)
}

func texts[T ~string](in []string) []T {
	out := make([]T, len(in))
	for i, s := range in {
		out[i] = T(s)
	}
	return out
}
