package page

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// hues is how many colours people can have; base.css has them.
const hues = 6

// hue is a person's colour: always the same.
func hue(handle string) (n int) {
	for _, b := range []byte(handle) {
		n += int(b)
	}
	return n % hues
}

// initials stand where there is no avatar: the first letters of the first and the last word of a name.
func initials(v Viewer) string {
	var letters []rune
	for word := range strings.FieldsSeq(v.DisplayName) {
		first := strings.IndexFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
		if first < 0 {
			continue
		}
		letter := unicode.ToUpper([]rune(word[first:])[0])
		letters = append(letters[:min(len(letters), 1)], letter)
	}
	if len(letters) == 0 {
		return strings.ToUpper(v.Handle[:min(len(v.Handle), 1)])
	}
	return string(letters)
}

const day = 24 * time.Hour

// ago says when something was, as briefly as a list needs.
func ago(t time.Time) string {
	now := time.Now()
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "now"
	case d < 7*day:
		return span(d)
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// left says how long something is still there.
func left(t time.Time) string { return span(max(time.Until(t), time.Minute)) }

func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/day)
}
