package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/thumbing/thumbing/cmd/thumbing/internal/failure"
)

// A letterState is what became of a letter.
type letterState string

const (
	letterWaiting  letterState = "waiting"  // it can be replayed
	letterReplayed letterState = "replayed" // and has left the queue
	letterFailed   letterState = "failed"   // nobody took it now
	letterLeft     letterState = "left"     // it cannot be replayed
)

// letterRows writes a row a letter, as soon as it is known.
type letterRows struct {
	w      io.Writer
	asJSON bool
	counts map[letterState]int
}

// write writes the row of a letter, and the head of the table before the first.
func (rows *letterRows) write(l letter, o outcome) error {
	if rows.counts == nil {
		rows.counts = map[letterState]int{}
		if !rows.asJSON {
			fmt.Fprintf(rows.w, "%-8s  %-36s  %-19s  %8s  %s\n", "STATE", "LETTER", "SINCE", "ATTEMPTS", "WHAT AND WHY")
		}
	}
	rows.counts[o.state]++
	attempts := 0
	if l.Event != nil {
		attempts = l.Event.Attempts
	}
	if rows.asJSON {
		return rows.writeJSON(l, o, attempts)
	}
	tried, since := "-", "-"
	if attempts > 0 {
		tried = fmt.Sprint(attempts)
	}
	if !l.sentAt.IsZero() {
		since = l.sentAt.Local().Format(time.DateTime)
	}
	why := l.Why()
	if why == "" && o.err != nil {
		why = o.err.Error()
	}
	_, err := fmt.Fprintf(rows.w, "%-8s  %-36s  %-19s  %8s  %s\n", o.state, failure.OneLine(l.id), since, tried, failure.OneLine(what(l)+why))
	return err
}

// what says what a letter is about, with a colon behind it.
func what(l letter) string {
	const most = 3
	objects := l.Objects()
	switch {
	case len(objects) > most:
		return strings.Join(objects[:most], ", ") + fmt.Sprintf(" and %d more: ", len(objects)-most)
	case len(objects) > 0:
		return strings.Join(objects, ", ") + ": "
	case l.Target() != "":
		return nameIn(l.Target()) + ": "
	}
	return ""
}

func (rows *letterRows) writeJSON(l letter, o outcome, attempts int) error {
	row := struct {
		ID       string      `json:"id"`
		State    letterState `json:"state"`
		SentAt   time.Time   `json:"sent_at,omitzero"`
		Attempts int         `json:"attempts,omitempty"`
		Objects  []string    `json:"objects,omitempty"`
		Target   string      `json:"target,omitempty"` // ARN of the function or topic
		Why      string      `json:"why,omitempty"`
		Error    string      `json:"error,omitempty"` // of this run
	}{l.id, o.state, l.sentAt, attempts, l.Objects(), l.Target(), l.Why(), ""}
	if o.err != nil {
		row.Error = o.err.Error()
	}
	encoder := json.NewEncoder(rows.w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(row)
}

// end sums up.
func (rows *letterRows) end(queue string) error {
	if rows.asJSON {
		return nil
	}
	if len(rows.counts) == 0 {
		_, err := fmt.Fprintf(rows.w, "no dead letters in queue %s\n", queue)
		return err
	}
	var parts []string
	for _, state := range []letterState{letterWaiting, letterReplayed, letterFailed, letterLeft} {
		if n := rows.counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	_, err := fmt.Fprintf(rows.w, "%s\n", strings.Join(parts, ", "))
	return err
}
