package lambdaruntime

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is the longest line that is kept whole, in bytes: the size of an event in CloudWatch Logs.
const maxLine = 256 << 10

// lineWriter passes whole lines on, those of several streams one after the other.
type lineWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lineWriter) line(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.to.Write(b) // a log that cannot be written must not stop the function
}

// stream returns a writer for one stream. It is for one goroutine at a time.
func (w *lineWriter) stream() *stream { return &stream{lines: w} }

type stream struct {
	lines *lineWriter
	part  []byte // of a line whose end has not come
}

// Write takes all of b, as any error would break the function's stdout.
func (s *stream) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if room := maxLine - len(s.part); len(line) > room {
			line, rest, whole = b[:room], b[room:], true
		}
		s.part = append(s.part, line...)
		if whole {
			s.end()
		}
		b = rest
	}
	return n, nil
}

// end passes on what has come of an unfinished line.
func (s *stream) end() {
	if len(s.part) > 0 {
		s.lines.line(append(s.part, '\n'))
		s.part = s.part[:0]
	}
}
