package sqs

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type queueInput struct{ QueueUrl string }

func (s *Service) purgeQueue(_ context.Context, who string, in queueInput) (nothing, error) {
	q, err := s.queue(who, "PurgeQueue", in.QueueUrl)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, q.purge()
}

type getURLInput struct{ QueueName, QueueOwnerAWSAccountId string }

type getURLOutput struct{ QueueUrl string }

func (s *Service) getQueueURL(_ context.Context, who string, in getURLInput) (getURLOutput, error) {
	if in.QueueName == "" {
		return getURLOutput{}, missing("QueueName")
	}
	if in.QueueOwnerAWSAccountId != "" && in.QueueOwnerAWSAccountId != s.config.AccountID {
		return getURLOutput{}, noQueue()
	}
	q, err := s.named(who, "GetQueueUrl", in.QueueName)
	if err != nil {
		return getURLOutput{}, err
	}
	return getURLOutput{q.url}, nil
}

type listInput struct {
	QueueNamePrefix string
	MaxResults      int    // a list here is one page
	NextToken       string // likewise
}

type listOutput struct {
	QueueUrls []string `json:",omitempty"`
}

func (s *Service) listQueues(_ context.Context, who string, in listInput) (out listOutput, err error) {
	if err := s.authorize(who, "ListQueues", "*"); err != nil {
		return out, err
	}
	for _, q := range s.all() {
		if strings.HasPrefix(q.name, in.QueueNamePrefix) {
			out.QueueUrls = append(out.QueueUrls, q.url)
		}
	}
	return out, nil
}

type attributesInput struct {
	QueueUrl       string
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, who string, in attributesInput) (out attributesOutput, err error) {
	q, err := s.queue(who, "GetQueueAttributes", in.QueueUrl)
	if err != nil {
		return out, err
	}
	n, err := q.count()
	if err != nil {
		return out, err
	}
	wholeSeconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	all := map[string]string{
		"QueueArn":                              q.arn,
		"ApproximateNumberOfMessages":           strconv.Itoa(n.visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(n.inFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(n.delayed),
		"VisibilityTimeout":                     wholeSeconds(q.attributes.VisibilityTimeout),
		"MessageRetentionPeriod":                wholeSeconds(q.attributes.Retention),
		"DelaySeconds":                          wholeSeconds(q.attributes.Delay),
		"ReceiveMessageWaitTimeSeconds":         wholeSeconds(q.attributes.Wait),
		"MaximumMessageSize":                    strconv.Itoa(q.attributes.MaxMessage),
	}
	out.Attributes = map[string]string{}
	for _, name := range in.AttributeNames {
		value, ok := all[name]
		switch {
		case name == "All":
			out.Attributes = all
			return out, nil
		case ok:
			out.Attributes[name] = value
		case !slices.Contains(unset, name):
			return out, plain(http.StatusBadRequest, "InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return out, nil
}

// unset are the attributes that queues here do not have.
var unset = []string{"CreatedTimestamp", "LastModifiedTimestamp", "Policy", "RedrivePolicy", "RedriveAllowPolicy",
	"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication",
	"DeduplicationScope", "FifoThroughputLimit"}
