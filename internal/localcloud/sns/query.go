package sns

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// apiError is an answer of the API that is no success.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.message }

func invalid(why string) error {
	return &apiError{http.StatusBadRequest, "InvalidParameter", "Invalid parameter: " + why}
}

func notFound(what string) error { return &apiError{http.StatusNotFound, "NotFound", what} }

// do performs an action.
func (s *Service) do(ctx context.Context, action string, in url.Values) (*response, error) {
	if err := checkParameters(action, in); err != nil {
		return nil, err
	}
	switch action {
	case "Publish":
		return s.doPublish(ctx, in)
	case "ConfirmSubscription":
		sub, err := s.confirm(in.Get("TopicArn"), in.Get("Token"))
		if err != nil {
			return nil, err
		}
		return result(action, subscriptionARN{sub.arn()}), nil
	case "Unsubscribe":
		return result(action, nil), s.unsubscribe(in.Get("SubscriptionArn"))
	case "ListTopics":
		return result(action, s.listTopics()), nil
	case "GetTopicAttributes":
		return s.topicAttributes(in.Get("TopicArn"))
	case "ListSubscriptions":
		return result(action, s.listSubscriptions("")), nil
	case "ListSubscriptionsByTopic":
		if _, err := s.topic(in.Get("TopicArn")); err != nil {
			return nil, err
		}
		return result(action, s.listSubscriptions(in.Get("TopicArn"))), nil
	case "GetSubscriptionAttributes":
		return s.subscriptionAttributes(in.Get("SubscriptionArn"))
	case "":
		return nil, &apiError{http.StatusBadRequest, "MissingAction", "the request names no Action"}
	}
	return nil, &apiError{http.StatusBadRequest, "InvalidAction",
		fmt.Sprintf("the local SNS does not do %s; topics and subscriptions come from the template", action)}
}

// parameters are those that each action knows. The tokens of lists are ignored: a list here is one page.
var parameters = map[string][]string{
	"Publish":                   {"TopicArn", "TargetArn", "Subject", "Message"},
	"ConfirmSubscription":       {"TopicArn", "Token"},
	"Unsubscribe":               {"SubscriptionArn"},
	"ListTopics":                {"NextToken"},
	"GetTopicAttributes":        {"TopicArn"},
	"ListSubscriptions":         {"NextToken"},
	"ListSubscriptionsByTopic":  {"TopicArn", "NextToken"},
	"GetSubscriptionAttributes": {"SubscriptionArn"},
}

// checkParameters refuses what would otherwise be silently left out.
func checkParameters(action string, in url.Values) error {
	known, ok := parameters[action]
	if !ok {
		return nil
	}
	for name := range in {
		if action == "Publish" && attributeParameter.MatchString(name) {
			continue
		}
		if name != "Action" && name != "Version" && !slices.Contains(known, name) {
			return invalid(fmt.Sprintf("the local SNS does not know %s of %s", name, action))
		}
	}
	return nil
}

// topic finds a topic by its ARN.
func (s *Service) topic(arn string) (*Topic, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.topics[arn]; ok {
		return t, nil
	}
	if arn == "" || !strings.HasPrefix(arn, "arn:") {
		return nil, invalid("TopicArn")
	}
	return nil, notFound("Topic does not exist")
}

func (s *Service) doPublish(ctx context.Context, in url.Values) (*response, error) {
	t, err := s.topic(cmp.Or(in.Get("TopicArn"), in.Get("TargetArn")))
	if err != nil {
		return nil, err
	}
	if in.Has("Subject") && in.Get("Subject") == "" {
		return nil, invalid("Subject is empty")
	}
	attributes, err := messageAttributes(in)
	if err != nil {
		return nil, err
	}
	id, err := t.publish(ctx, in.Get("Subject"), in.Get("Message"), attributes)
	if err != nil {
		return nil, err
	}
	return result("Publish", struct{ MessageId string }{id}), nil
}

type subscriptionARN struct{ SubscriptionArn string }

type topicMember struct{ TopicArn string }

func (s *Service) listTopics() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list struct {
		Members []topicMember `xml:"Topics>member"`
	}
	for arn := range s.topics {
		list.Members = append(list.Members, topicMember{arn})
	}
	slices.SortFunc(list.Members, func(a, b topicMember) int { return cmp.Compare(a.TopicArn, b.TopicArn) })
	return list
}

type subscriptionMember struct {
	SubscriptionArn, Owner, Protocol, Endpoint, TopicArn string
}

func (s *Service) listSubscriptions(topicARN string) any {
	var list struct {
		Members []subscriptionMember `xml:"Subscriptions>member"`
	}
	for _, sub := range s.Subscriptions() {
		if topicARN == "" || sub.TopicARN == topicARN {
			list.Members = append(list.Members, subscriptionMember{sub.SubscriptionARN, s.config.AccountID, sub.Protocol, sub.Endpoint, sub.TopicARN})
		}
	}
	return list
}

// entry is one member of a map.
type entry struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type attributes struct {
	Entries []entry `xml:"Attributes>entry"`
}

func (s *Service) topicAttributes(arn string) (*response, error) {
	if _, err := s.topic(arn); err != nil {
		return nil, err
	}
	confirmed, pending := 0, 0
	for _, sub := range s.Subscriptions() {
		switch {
		case sub.TopicARN != arn:
		case sub.Confirmed:
			confirmed++
		default:
			pending++
		}
	}
	return result("GetTopicAttributes", attributes{[]entry{
		{"TopicArn", arn}, {"Owner", s.config.AccountID}, {"SignatureVersion", "2"},
		{"SubscriptionsConfirmed", strconv.Itoa(confirmed)}, {"SubscriptionsPending", strconv.Itoa(pending)}, {"SubscriptionsDeleted", "0"},
	}}), nil
}

func (s *Service) subscriptionAttributes(arn string) (*response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.ofTopic("") {
		if sub.arn() != arn {
			continue
		}
		policy, err := s.deliveryPolicy()
		if err != nil {
			return nil, err
		}
		return result("GetSubscriptionAttributes", attributes{[]entry{
			{"SubscriptionArn", arn}, {"TopicArn", sub.TopicARN}, {"Owner", s.config.AccountID},
			{"Protocol", sub.Protocol}, {"Endpoint", redact(sub.Endpoint)},
			{"PendingConfirmation", strconv.FormatBool(sub.state != confirmed)}, {"ConfirmationWasAuthenticated", "false"},
			{"RawMessageDelivery", "false"}, {"EffectiveDeliveryPolicy", policy},
		}}), nil
	}
	if arn == "" || arn == "PendingConfirmation" {
		return nil, invalid("SubscriptionArn")
	}
	return nil, notFound("Subscription does not exist")
}

// deliveryPolicy writes the retries in the shape of SNS's delivery policies.
func (s *Service) deliveryPolicy() (string, error) {
	delays := s.config.RetryDelays
	policy := map[string]int{"numRetries": len(delays)}
	if len(delays) > 0 {
		policy["minDelayTarget"] = int(slices.Min(delays).Seconds())
		policy["maxDelayTarget"] = int(slices.Max(delays).Seconds())
	}
	b, err := json.Marshal(map[string]any{"healthyRetryPolicy": policy})
	return string(b), err
}

const namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

// response is a successful answer: what an action returns, nil for nothing.
type response struct {
	action  string
	content any
}

func result(action string, content any) *response { return &response{action, content} }

// encode writes the answer in the shape of AWS's Query protocol.
func (r *response) encode(requestID string) ([]byte, error) {
	return encodeElement(r.action+"Response", func(e *xml.Encoder) error {
		if r.content != nil {
			if err := e.EncodeElement(r.content, element(r.action+"Result")); err != nil {
				return err
			}
		}
		return e.EncodeElement(struct{ RequestId string }{requestID}, element("ResponseMetadata"))
	})
}

// encode writes the error in the shape of AWS's Query protocol.
func (e *apiError) encode(requestID string) ([]byte, error) {
	kind := "Sender"
	if e.status >= 500 {
		kind = "Receiver"
	}
	return encodeElement("ErrorResponse", func(x *xml.Encoder) error {
		if err := x.EncodeElement(struct{ Type, Code, Message string }{kind, e.code, e.message}, element("Error")); err != nil {
			return err
		}
		return x.EncodeElement(requestID, element("RequestId"))
	})
}

func element(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }

// encodeElement writes a document of one element, in which body writes what it holds.
func encodeElement(name string, body func(*xml.Encoder) error) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	outer := element(name)
	outer.Attr = []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}
	if err := e.EncodeToken(outer); err != nil {
		return nil, err
	}
	if err := body(e); err != nil {
		return nil, err
	}
	if err := e.EncodeToken(outer.End()); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
