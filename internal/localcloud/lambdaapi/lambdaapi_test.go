package lambdaapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/thumbing/thumbing/internal/localcloud/lambdaapi"
	"github.com/thumbing/thumbing/internal/localcloud/lambdaruntime"
	"github.com/thumbing/thumbing/internal/localcloud/sigv4"
)

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:Thumb"

// recorder is a function that remembers what it was asked.
type recorder struct {
	asked []string
	err   error // its answer, if it is one
}

func (f *recorder) Invoke(_ context.Context, payload []byte) (string, error) {
	f.asked = append(f.asked, "Event "+string(payload))
	return "id", f.err
}

func (f *recorder) Call(_ context.Context, payload []byte) ([]byte, error) {
	f.asked = append(f.asked, "RequestResponse "+string(payload))
	return []byte(`{"done": true}`), f.err
}

// client is AWS's own client of a handler on a socket. The change is made to requests after they were signed.
func client(t *testing.T, f *recorder, change func(*http.Request)) *lambda.Client {
	t.Helper()
	server := httptest.NewServer(lambdaapi.Handler(lambdaapi.Config{
		Region: "us-east-1", Functions: map[string]lambdaapi.Function{functionARN: f}, Secrets: sigv4.Single("thumbing", "thumbing-local"),
		Authorize: func(who, action, resource string) error {
			if strings.HasSuffix(resource, "Denied") {
				return fmt.Errorf("%s may not do %s", who, action)
			}
			return nil
		},
	}))
	t.Cleanup(server.Close)
	return lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		HTTPClient: changing(change), Credentials: credentials.NewStaticCredentialsProvider("thumbing", "thumbing-local", "")})
}

type changing func(*http.Request)

func (c changing) Do(r *http.Request) (*http.Response, error) {
	if c != nil {
		c(r)
	}
	return http.DefaultClient.Do(r)
}

func TestInvoke(t *testing.T) {
	f := &recorder{}
	c := client(t, f, nil)
	for _, name := range []string{"Thumb", functionARN, functionARN + ":$LATEST", "Thumb:$LATEST", "000000000000:function:Thumb"} {
		f.asked = nil
		out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name, InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"a": "<+>"}`)})
		if err != nil || out.StatusCode != http.StatusAccepted || !slices.Equal(f.asked, []string{`Event {"a": "<+>"}`}) {
			t.Errorf("%s: %v, %v, asked %q", name, out, err, f.asked)
		}
	}
	f.asked = nil
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("Thumb"), Qualifier: aws.String("$LATEST")})
	if err != nil || out.StatusCode != http.StatusOK || string(out.Payload) != `{"done": true}` || out.FunctionError != nil || *out.ExecutedVersion != "$LATEST" {
		t.Errorf("%v, %v", out, err)
	}
	if !slices.Equal(f.asked, []string{"RequestResponse {}"}) {
		t.Errorf("asked %q", f.asked)
	}
	f.asked, f.err = nil, &lambdaruntime.FunctionError{Type: "e", Payload: json.RawMessage(`{"errorType":"e"}`)}
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("Thumb")})
	if err != nil || string(out.Payload) != `{"errorType":"e"}` || *out.FunctionError != "Unhandled" {
		t.Errorf("%v, %v", out, err)
	}
	f.asked = nil
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("Thumb"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != http.StatusNoContent || f.asked != nil {
		t.Errorf("%v, %v, asked %q", out, err, f.asked)
	}
}

func TestErrors(t *testing.T) {
	event := lambda.InvokeInput{FunctionName: aws.String("Thumb"), InvocationType: types.InvocationTypeEvent, Payload: []byte("{}")}
	for name, c := range map[string]struct {
		change func(*lambda.InvokeInput)
		signed func(*http.Request)
		answer error
		want   string
	}{
		"function":     {change: func(in *lambda.InvokeInput) { in.FunctionName = aws.String("Other") }, want: "ResourceNotFoundException"},
		"account":      {change: func(in *lambda.InvokeInput) { in.FunctionName = aws.String("111111111111:function:Thumb") }, want: "ResourceNotFoundException"},
		"version":      {change: func(in *lambda.InvokeInput) { in.Qualifier = aws.String("7") }, want: "ResourceNotFoundException"},
		"type":         {change: func(in *lambda.InvokeInput) { in.InvocationType = "Soon" }, want: "InvalidParameterValueException"},
		"right":        {change: func(in *lambda.InvokeInput) { in.FunctionName = aws.String("Denied") }, want: "AccessDeniedException"},
		"large":        {change: func(in *lambda.InvokeInput) { in.Payload = make([]byte, 6<<20+1) }, want: "RequestTooLargeException"},
		"large event":  {answer: lambdaruntime.ErrTooLarge, want: "RequestTooLargeException"},
		"JSON":         {answer: fmt.Errorf("invoke: %w", lambdaruntime.ErrNotJSON), want: "InvalidRequestContentException"},
		"closed":       {answer: lambdaruntime.ErrClosed, want: "ServiceException"},
		"disk":         {answer: errors.New("no space left on device"), want: "ServiceException"},
		"unsigned":     {signed: func(r *http.Request) { r.Header.Del("Authorization") }, want: "MissingAuthenticationTokenException"},
		"another type": {signed: func(r *http.Request) { r.Header.Set("X-Amz-Invocation-Type", "DryRun") }, want: "InvalidSignatureException"},
		"rebound name": {signed: func(r *http.Request) { r.Host = "rebound.example" }, want: "AccessDeniedException"}, // L6
		"another key": {signed: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "thumbing/", "other/", 1))
		}, want: "UnrecognizedClientException"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &recorder{err: c.answer}
			in := event
			if c.change != nil {
				c.change(&in)
			}
			_, err := client(t, f, c.signed).Invoke(t.Context(), &in)
			if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if c.answer == nil && f.asked != nil {
				t.Errorf("it was asked %q", f.asked)
			}
		})
	}
	_, err := client(t, &recorder{}, nil).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "UnknownOperationException" {
		t.Error(err)
	}
}
