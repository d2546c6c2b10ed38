package lambdaruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// TestMain makes the test binary a Lambda function, too: started behind a Runtime API, it serves it with
// aws-lambda-go.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("HOLD_URL") != "": // a process that the function has started
		hold(os.Getenv("HOLD_URL"))
	case os.Getenv("AWS_LAMBDA_RUNTIME_API") != "":
		begin(os.Getenv("INIT"))
		lambda.Start(handle)
	default:
		os.Exit(m.Run())
	}
}

// begin does what the test wants to happen before the function asks for its first event.
func begin(how string) {
	switch {
	case how == "exit":
		os.Exit(7)
	case how == "hang":
		select {}
	case how == "error":
		body := strings.NewReader(`{"errorType":"Config.Missing","errorMessage":"no bucket is set"}`)
		resp, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", body)
		if err != nil || resp.StatusCode != http.StatusAccepted {
			fmt.Println("init/error:", resp, err)
		}
		os.Exit(1)
	case strings.HasPrefix(how, "http"): // fails until the test says that it is enough
		if get(how) != "go on" {
			os.Exit(7)
		}
	}
}

// request is the events' payload.
type request struct {
	Do   string // see handle
	URL  string // asked first, if it is not empty
	Text string
}

// reply is what the function returns.
type reply struct {
	PID                                         int
	Dir, Environ                                string
	RequestID, ARN, Trace, Name, Version, Group string
	MemoryMB                                    int
	Left                                        time.Duration // until the deadline
}

// served counts this process's invocations.
var served int

func handle(ctx context.Context, in request) (any, error) {
	served++
	lc, _ := lambdacontext.FromContext(ctx)
	if in.URL != "" {
		get(fmt.Sprintf("%s?pid=%d&id=%s&text=%s", in.URL, os.Getpid(), lc.AwsRequestID, url.QueryEscape(in.Text)))
	}
	switch in.Do {
	case "error":
		return nil, errors.New("it does not work")
	case "error-once":
		if served == 1 {
			return nil, errors.New("it does not work yet")
		}
	case "panic":
		panic("no way")
	case "exit":
		os.Exit(3)
	case "exit-well":
		os.Exit(0)
	case "exit-after":
		return exiting{strings.NewReader(`"done"`)}, nil
	case "hang":
		select {}
	case "hang-with-child":
		child := exec.Command(os.Args[0])
		child.Env = []string{"HOLD_URL=" + in.Text}
		child.Stdout = os.Stdout // and so holds the function's output open
		if err := child.Start(); err != nil {
			return nil, err
		}
		select {}
	case "big":
		return strings.Repeat("x", 6<<20), nil
	case "stream-error":
		return io.MultiReader(strings.NewReader("half"), broken{}), nil
	case "print":
		fmt.Print(in.Text)
		fmt.Fprintln(os.Stderr, "to stderr")
	}
	deadline, _ := ctx.Deadline()
	dir, err := os.Getwd()
	return reply{
		PID: os.Getpid(), Dir: dir, Environ: strings.Join(os.Environ(), "\n"),
		RequestID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn, Trace: fmt.Sprint(ctx.Value("x-amzn-trace-id")),
		Name: lambdacontext.FunctionName, Version: lambdacontext.FunctionVersion, Group: lambdacontext.LogGroupName,
		MemoryMB: lambdacontext.MemoryLimitInMB, Left: time.Until(deadline),
	}, err
}

// exiting ends the process once the response has been taken, before the next event is asked for.
type exiting struct{ body io.Reader }

func (e exiting) Read(b []byte) (int, error) { return e.body.Read(b) }

func (exiting) Close() error { os.Exit(5); return nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the source has dried up") }

// get returns what is answered at an address, or the error.
func get(address string) string {
	resp, err := http.Get(address)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// hold keeps a connection open for as long as the process lives.
func hold(address string) {
	resp, err := http.Get(address)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	fmt.Fprintln(os.Stderr, "nothing to hold:", err)
	os.Exit(1)
}

func (r request) json(t *testing.T) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
