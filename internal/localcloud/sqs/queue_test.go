package sqs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/thumbing/thumbing/internal/localcloud/sqs"
)

func TestVisibility(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, t.TempDir(), nil)
		f.send("m")
		first := f.receive(nil)["m"]
		time.Sleep(29 * time.Second)
		if got := f.receive(nil); len(got) != 0 {
			t.Error("a message is there within its visibility timeout")
		}
		time.Sleep(2 * time.Second)
		second := f.receive(func(in *awssqs.ReceiveMessageInput) { in.VisibilityTimeout = 600 })["m"]
		if second.attributes["ApproximateReceiveCount"] != "2" || second.attributes["ApproximateFirstReceiveTimestamp"] != first.attributes["ApproximateFirstReceiveTimestamp"] {
			t.Errorf("received again with %v", second.attributes)
		}
		f.delete(first.handle) // an old receipt
		if got := f.count(); got != [3]string{"0", "1", "0"} {
			t.Errorf("counts %v", got)
		}
		time.Sleep(10*time.Minute + time.Second)
		if got := f.receive(nil)["m"].attributes["ApproximateReceiveCount"]; got != "3" {
			t.Errorf("received %s times", got)
		}
	})
}

// A receiver waits until a message comes, becomes visible, or has been delayed enough.
func TestLongPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, t.TempDir(), nil)
		waiting := func(in *awssqs.ReceiveMessageInput) { in.WaitTimeSeconds = 20 }
		began := time.Now()
		took := func() time.Duration { return time.Since(began).Round(time.Second) }
		if got := f.receive(waiting); len(got) != 0 || took() != 20*time.Second {
			t.Errorf("nothing came after %s: %v", took(), got)
		}
		began = time.Now()
		time.AfterFunc(3*time.Second, func() { f.send("m") })
		m, ok := f.receive(waiting)["m"]
		if !ok || took() != 3*time.Second {
			t.Errorf("a message came after %s", took())
		}
		began = time.Now()
		time.AfterFunc(5*time.Second, func() {
			_, err := f.ChangeMessageVisibility(context.Background(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(queueURL), ReceiptHandle: &m.handle, VisibilityTimeout: 2})
			if err != nil {
				t.Error(err)
			}
		})
		if got := f.receive(waiting); len(got) != 1 || took() != 7*time.Second {
			t.Errorf("it came back after %s: %v", took(), got)
		}
		if _, err := f.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("later"), DelaySeconds: 4}); err != nil {
			t.Fatal(err)
		}
		if got := f.count(); got != [3]string{"0", "1", "1"} {
			t.Errorf("counts %v", got)
		}
		began = time.Now()
		if got := f.receive(waiting); len(got) != 1 || took() != 4*time.Second {
			t.Errorf("the delayed one came after %s: %v", took(), got)
		}
		began = time.Now()
		time.AfterFunc(time.Second, f.Close)
		if got := f.receive(waiting); len(got) != 0 || took() != time.Second {
			t.Errorf("the end of the service was waited for %s: %v", took(), got)
		}
	})
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		f := start(t, dir, func(_ *sqs.Config, a *sqs.Attributes) { a.Retention = time.Hour })
		f.send("old")
		time.Sleep(30 * time.Minute)
		f.send("new")
		time.Sleep(31 * time.Minute)
		if got := f.count(); got != [3]string{"1", "0", "0"} {
			t.Errorf("counts %v", got)
		}
		if got := f.receive(nil); len(got) != 1 || got["new"].handle == "" {
			t.Errorf("received %v", got)
		}
		f.send("late")
		time.Sleep(time.Hour + time.Minute)
		if got := f.receive(nil); len(got) != 0 {
			t.Errorf("received %v", got)
		}
		if left, err := filepath.Glob(filepath.Join(dir, "letters", "*")); err != nil || len(left) != 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	})
}

// A restart, which a kill at any moment leads to, changes nothing: neither what is there, nor what is hidden, nor
// receipts.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		f := start(t, dir, nil)
		for i := range 25 {
			f.send(fmt.Sprint("m", i))
		}
		taken := f.receive(func(in *awssqs.ReceiveMessageInput) { in.VisibilityTimeout = 60 })
		if len(taken) != 10 || taken["m0"].handle == "" {
			t.Fatalf("received %v, not the oldest", taken)
		}
		if err := os.WriteFile(filepath.Join(dir, "letters", "00000000000000000099.stray"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		f = start(t, dir, nil)
		if got := f.count(); got != [3]string{"15", "10", "0"} {
			t.Errorf("counts %v", got)
		}
		f.delete(taken["m0"].handle)
		time.Sleep(61 * time.Second)
		f = start(t, dir, nil)
		seen := map[string]message{}
		for range 3 {
			for body, m := range f.receive(nil) {
				seen[body] = m
			}
		}
		if _, deleted := seen["m0"]; deleted || len(seen) != 24 || seen["m1"].attributes["ApproximateReceiveCount"] != "2" || seen["m20"].attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("after the restart there are %v", seen)
		}
	})
}

func TestQueueIsRefused(t *testing.T) {
	s := sqs.New(sqs.Config{Region: "us-east-1", AccountID: account, Dir: t.TempDir()})
	for name, change := range map[string]func(*sqs.Attributes){
		"a.fifo": nil, "": nil, "a b": nil,
		"visibility": func(a *sqs.Attributes) { a.VisibilityTimeout = 13 * time.Hour },
		"retention":  func(a *sqs.Attributes) { a.Retention = time.Second },
		"delay":      func(a *sqs.Attributes) { a.Delay = time.Hour },
		"wait":       func(a *sqs.Attributes) { a.Wait = time.Minute },
		"size":       func(a *sqs.Attributes) { a.MaxMessage = 2 << 20 },
	} {
		a := sqs.Defaults()
		if change != nil {
			change(&a)
		}
		if _, err := s.CreateQueue(name, a); err == nil {
			t.Errorf("the queue %q is made", name)
		}
	}
}

// Nobody gets a message that somebody else has, however many ask at once.
func TestReceiversShare(t *testing.T) {
	f := start(t, t.TempDir(), nil)
	const messages, receivers = 200, 8
	for i := range messages {
		f.send(fmt.Sprint(i))
	}
	got := make(chan string, 2*messages)
	done := make(chan error)
	for range receivers {
		go func() {
			for {
				out, err := f.ReceiveMessage(context.Background(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 7})
				if err != nil || len(out.Messages) == 0 {
					done <- err
					return
				}
				for _, m := range out.Messages {
					got <- *m.Body
				}
			}
		}()
	}
	for range receivers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	close(got)
	seen := map[string]bool{}
	for body := range got {
		if seen[body] {
			t.Errorf("%s came twice", body)
		}
		seen[body] = true
	}
	if len(seen) != messages {
		t.Errorf("%d of %d messages came", len(seen), messages)
	}
}
