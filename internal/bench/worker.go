package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// worker is a process that answers lines.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startWorker(ctx context.Context, command []string) (*worker, error) {
	w := &worker{cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	w.cmd.Stderr = os.Stderr
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewScanner(out)
	return w, w.cmd.Start()
}

// ask sends a line and returns the words of the answer behind OK.
func (w *worker) ask(words ...string) ([]string, error) {
	if _, err := fmt.Fprintln(w.in, strings.Join(words, "\t")); err != nil {
		return nil, err
	}
	if !w.out.Scan() {
		return nil, errors.Join(errors.New("the worker ended"), w.out.Err())
	}
	answer := strings.Split(w.out.Text(), "\t")
	if answer[0] != "OK" {
		return nil, errors.New(strings.Join(answer, " "))
	}
	return answer[1:], nil
}

func (w *worker) end() {
	if err := errors.Join(w.in.Close(), w.cmd.Wait()); err != nil {
		fmt.Fprintln(os.Stderr, "bench: end a worker:", err)
	}
}

// comparison is what two sides took, sharp first; the ratios are medians of the rounds' ratios.
type comparison struct {
	cpu, wall        [2]float64 // ms, medians
	ratio, wallRatio float64
	bytes, peak      [2]int // of the PNG; KiB
}

// runsPerRound is how many pictures a warm round takes.
const runsPerRound = 3

// warm measures both sides in alternation, in processes of their own for this photograph.
func warm(ctx context.Context, commands [2][]string, photo string, rounds int) (c comparison, err error) {
	var workers [2]*worker
	for i, command := range commands {
		if workers[i], err = startWorker(ctx, command); err != nil {
			return c, err
		}
		defer workers[i].end()
		if _, err := workers[i].ask("RUN", photo, "2"); err != nil {
			return c, err
		}
	}
	var m measurements
	for range rounds {
		for i, w := range workers {
			answer, err := w.ask("RUN", photo, fmt.Sprint(runsPerRound))
			if err != nil {
				return c, err
			}
			var cpu, wall float64
			if _, err := fmt.Sscan(strings.Join(answer, " "), &cpu, &wall, &c.bytes[i], &c.peak[i]); err != nil {
				return c, err
			}
			m.add(i, cpu, wall)
		}
	}
	m.summarize(&c)
	return c, nil
}

// processes measures both sides in alternation, as "command IN OUT", from the start of the process to its end.
func processes(ctx context.Context, commands [2][]string, photo, out string, rounds int) (c comparison, err error) {
	var m measurements
	for round := range rounds + 1 {
		for i, command := range commands {
			cmd := exec.CommandContext(ctx, command[0], append(slices.Clone(command[1:]), photo, out)...)
			start := time.Now()
			if said, err := cmd.CombinedOutput(); err != nil {
				return c, fmt.Errorf("%s: %w\n%s", command[0], err, said)
			}
			wall := time.Since(start)
			if round == 0 {
				continue // files into the cache
			}
			state := cmd.ProcessState
			m.add(i, (state.UserTime()+state.SystemTime()).Seconds()*1000, wall.Seconds()*1000)
			if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
				c.peak[i] = max(c.peak[i], kibibytes(usage.Maxrss))
			}
		}
	}
	m.summarize(&c)
	return c, nil
}

// kibibytes is a maximum resident size in KiB; macOS counts bytes.
func kibibytes(maxrss int64) int {
	if runtime.GOOS == "darwin" {
		maxrss >>= 10
	}
	return int(maxrss)
}

type measurements struct{ cpu, wall [2][]float64 }

func (m *measurements) add(side int, cpu, wall float64) {
	m.cpu[side] = append(m.cpu[side], cpu)
	m.wall[side] = append(m.wall[side], wall)
}

func (m *measurements) summarize(c *comparison) {
	for i := range 2 {
		c.cpu[i], c.wall[i] = median(m.cpu[i]), median(m.wall[i])
	}
	c.ratio, c.wallRatio = ratio(m.cpu), ratio(m.wall)
}

// ratio is the median of ours to theirs, round by round.
func ratio(sides [2][]float64) float64 {
	var all []float64
	for i := range sides[0] {
		all = append(all, sides[1][i]/sides[0][i])
	}
	return median(all)
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
