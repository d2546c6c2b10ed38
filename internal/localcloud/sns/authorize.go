package sns

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// authorize tells whether who signed a request may make it. Whoever publishes to an encrypted topic must also be
// allowed to use its key.
// Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SNS"; Amazon SNS
// Developer Guide, "Key management", and API Reference, "Publish".
func (s *Service) authorize(accessKey string, form url.Values) error {
	if s.config.Authorize == nil {
		return nil
	}
	action, resource := form.Get("Action"), s.resource(form)
	if err := s.config.Authorize(accessKey, "sns:"+action, resource); err != nil {
		return &apiError{http.StatusForbidden, "AuthorizationError", err.Error()}
	}
	if t, err := s.topic(resource); err == nil && action == "Publish" && t.key != "" {
		for _, use := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
			if err := s.config.Authorize(accessKey, use, t.key); err != nil {
				return &apiError{http.StatusBadRequest, "KMSAccessDenied", err.Error()}
			}
		}
	}
	return nil
}

// resource is the ARN that a request's rights are about: the topic, or every topic where the request names none.
func (s *Service) resource(form url.Values) string {
	if arn := cmp.Or(form.Get("TopicArn"), form.Get("TargetArn")); arn != "" {
		return arn
	}
	if arn := form.Get("SubscriptionArn"); strings.Count(arn, ":") > 5 {
		return arn[:strings.LastIndexByte(arn, ':')]
	}
	return fmt.Sprintf("arn:aws:sns:%s:%s:*", s.config.Region, s.config.AccountID)
}
