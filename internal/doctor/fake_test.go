package doctor

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// answer is what AWS says to a question.
type answer struct {
	status int
	body   string
	header map[string]string
}

// account answers in AWS's place, by question: "sts GetCallerIdentity", "s3 HEAD /bucket".
type account map[string]answer

var scope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/[a-z0-9-]+/([a-z0-9]+)/`)

// question tells the services' protocols apart: an action in a form, one in a header, or a method and a path.
func question(r *http.Request) string {
	service := ""
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		service = m[1]
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return service + " " + target[strings.LastIndexByte(target, '.')+1:]
	}
	if r.Method == http.MethodPost {
		b, _ := io.ReadAll(r.Body)
		if form, err := url.ParseQuery(string(b)); err == nil && form.Get("Action") != "" {
			question := service + " " + form.Get("Action")
			if stack := form.Get("StackName"); stack != "" {
				question += " " + stack
			}
			if topic := form.Get("TopicArn"); topic != "" {
				question += " " + topic[strings.LastIndexByte(topic, ':')+1:]
			}
			return question
		}
	}
	question := service + " " + r.Method + " " + r.URL.Path
	for _, part := range []string{"notification", "policy"} {
		if r.URL.Query().Has(part) {
			question += "?" + part
		}
	}
	return question
}

// config is that of AWS's SDK for the account.
func (a account) config(t *testing.T) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := question(r)
		say, ok := a[q]
		if !ok {
			t.Errorf("AWS was asked %q, and has no answer", q)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		for name, value := range say.header {
			w.Header().Set(name, value)
		}
		if say.status == 0 {
			say.status = http.StatusOK
		}
		w.WriteHeader(say.status)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, say.body)
		}
	}))
	t.Cleanup(server.Close)
	return aws.Config{Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		RetryMaxAttempts: 1}
}

// The answers, as the services' API references have them.

func identity(arn string) answer {
	return answer{body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>` + arn + `</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`}
}

func stackIs(state string, outputs map[string]string) answer {
	var list strings.Builder
	for name, value := range outputs {
		list.WriteString(`<member><OutputKey>` + name + `</OutputKey><OutputValue>` + strings.ReplaceAll(value, `"`, "&quot;") + `</OutputValue></member>`)
	}
	return answer{body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><StackStatus>` + state +
		`</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>` + list.String() + `</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`}
}

func refused(status int, code string) answer {
	return answer{status: status, body: `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>no</Message></Error></ErrorResponse>`}
}

func bucketsOfStack(names ...string) answer {
	var list strings.Builder
	for _, name := range names {
		list.WriteString(`<member><ResourceType>AWS::S3::Bucket</ResourceType><PhysicalResourceId>` + name +
			`</PhysicalResourceId><LogicalResourceId>B</LogicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>`)
	}
	return answer{body: `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>` + list.String() + `</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`}
}

func bucketIn(region string) answer {
	return answer{header: map[string]string{"x-amz-bucket-region": region}}
}

func subscribed(endpoint, arn string) answer {
	return answer{body: `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member><Endpoint>` + endpoint + `</Endpoint><SubscriptionArn>` + arn +
		`</SubscriptionArn></member></Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`}
}

func notifies(kind, target, arn string) answer {
	return answer{body: `<NotificationConfiguration><` + kind + `><Id>1</Id><` + target + `>` + arn + `</` + target + `><Event>s3:ObjectCreated:*</Event></` + kind + `></NotificationConfiguration>`}
}
