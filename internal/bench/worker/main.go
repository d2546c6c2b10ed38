// Command worker keeps thumbnail.Make warm, for a benchmark beside sharp. It answers one line on stdout for
// each on stdin, with tabs between words:
//
//	RUN PATH N     -> OK <cpu ms> <wall ms> <bytes> <peak KiB>   thumbnails the file N times; means over N
//	OUT PATH FILE  -> OK                                         writes the thumbnail
//	LIKE FILE RAW WIDTH HEIGHT CHANNELS -> OK <ssim>             likeness of a thumbnail to a picture's pixels
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/thumbing/thumbing/internal/bench/likeness"
	"github.com/thumbing/thumbing/internal/thumbnail"
)

func main() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		answer, err := do(strings.Split(in.Text(), "\t"))
		if err != nil {
			answer = "FAIL\t" + err.Error()
		}
		fmt.Println(answer)
	}
}

func do(words []string) (string, error) {
	if len(words) == 6 && words[0] == "LIKE" {
		return like(words[1:])
	}
	if len(words) != 3 {
		return "", fmt.Errorf("want a verb and two words, not %q", words)
	}
	src, err := os.ReadFile(words[1])
	if err != nil {
		return "", err
	}
	switch words[0] {
	case "RUN":
		n, err := strconv.Atoi(words[2])
		if err != nil {
			return "", err
		}
		return run(src, n)
	case "OUT":
		r, err := thumbnail.Make(src, thumbnail.Options{})
		if err != nil {
			return "", err
		}
		return "OK", os.WriteFile(words[2], r.PNG, 0o644)
	}
	return "", fmt.Errorf("unknown verb %s", words[0])
}

func like(words []string) (string, error) {
	var size [3]int
	for i := range size {
		n, err := strconv.Atoi(words[2+i])
		if err != nil {
			return "", err
		}
		size[i] = n
	}
	pixels, err := os.ReadFile(words[1])
	if err != nil {
		return "", err
	}
	ssim, err := likeness.Of(words[0], pixels, size[0], size[1], size[2])
	return fmt.Sprintf("OK\t%.6f", ssim), err
}

func run(src []byte, n int) (string, error) {
	cpu, _, err := usage()
	if err != nil {
		return "", err
	}
	start, size := time.Now(), 0
	for range n {
		r, err := thumbnail.Make(src, thumbnail.Options{})
		if err != nil {
			return "", err
		}
		size = len(r.PNG)
	}
	wall := time.Since(start)
	after, peak, err := usage()
	if err != nil {
		return "", err
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n) }
	return fmt.Sprintf("OK\t%.3f\t%.3f\t%d\t%d", ms(after-cpu), ms(wall), size, peak), nil
}

// usage is the process's CPU time, of all threads, and its peak resident memory in KiB.
func usage() (cpu time.Duration, peak int64, err error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0, 0, err
	}
	peak = int64(r.Maxrss)
	if runtime.GOOS == "darwin" { // counts bytes
		peak >>= 10
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), peak, nil
}
