//go:build unix

package lambdaruntime

import (
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// outputDelay is how long a dead process's output is waited for: something it started may hold it open.
const outputDelay = time.Second

// process is a running function with its Runtime API.
type process struct {
	command *exec.Cmd
	api     *api
	exited  chan struct{} // closed when the process is gone and its output read
	err     error         // how it ended; set before exited is closed
}

// startProcess starts the function's binary in a process group of its own, so that what it starts can be
// ended with it. Should this process be killed outright, the function ends when it next turns to its
// Runtime API and finds it gone.
func startProcess(f Function, environ []string, output *lineWriter, log *slog.Logger) (*process, error) {
	a, err := listen(f.ARN, log)
	if err != nil {
		return nil, err
	}
	stdout, stderr := output.stream(), output.stream()
	c := exec.Command(f.Binary)
	c.Dir = filepath.Dir(f.Binary)
	c.Env = append(slices.Clone(environ), "AWS_LAMBDA_RUNTIME_API="+a.address)
	c.Stdout, c.Stderr = stdout, stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = outputDelay
	if err := c.Start(); err != nil {
		a.close()
		if errors.Is(err, syscall.ENOEXEC) {
			err = fmt.Errorf("%w: it was built for another machine", err)
		}
		return nil, err
	}
	p := &process{command: c, api: a, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		p.err = c.Wait()
		p.kill() // what it started: at once, while nobody else can have its group's number
		if errors.Is(p.err, exec.ErrWaitDelay) {
			p.err = nil // the process itself has ended well
		}
		stdout.end()
		stderr.end()
	}()
	return p, nil
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// end is how the process ended, nil for exit status 0. It waits for the end.
func (p *process) end() error {
	<-p.exited
	return p.err
}

// stop kills the process and what it started, and waits until nothing of it is left.
func (p *process) stop() {
	if !p.hasExited() {
		p.kill()
	}
	<-p.exited
	p.api.close()
}

// kill ends the process group. That there is nobody left in it is no error.
func (p *process) kill() { _ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) }
