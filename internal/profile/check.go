package profile

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/thumbing/thumbing/internal/profile/database"
	"github.com/thumbing/thumbing/internal/profile/page"
)

// maxMarks is how many marks may be put on one letter: no script needs more, and a pile of them covers the
// lines above and below.
const maxMarks = 6

// problem is what is wrong with one text of a profile.
type problem struct {
	code   string
	status int
}

type problems []problem

func (all problems) codes() []string {
	var codes []string
	for _, p := range all {
		codes = append(codes, p.code)
	}
	return codes
}

// status is that of the worst problem: 400 for what no person types, 422 for what they may mend.
func (all problems) status() (status int) {
	status = http.StatusUnprocessableEntity
	for _, p := range all {
		status = min(status, p.status)
	}
	return status
}

// checkChange makes a change of what was typed, or tells what is wrong with it.
func checkChange(displayName string, bio *string, version int64) (database.Change, problems) {
	var all problems
	add := func(code string, status int) { all = append(all, problem{code, status}) }
	c := database.Change{DisplayName: strings.TrimSpace(displayName), Version: version}
	switch {
	case !isText(c.DisplayName, false):
		add("display_name_invalid", http.StatusBadRequest)
	case !isVisible(c.DisplayName):
		add("display_name_blank", http.StatusUnprocessableEntity)
	case utf8.RuneCountInString(c.DisplayName) > page.MaxDisplayName:
		add("display_name_too_long", http.StatusUnprocessableEntity)
	}
	if bio != nil {
		c.Bio = new(strings.TrimSpace(strings.ReplaceAll(*bio, "\r\n", "\n"))) // forms break lines in this way
		switch {
		case !isText(*c.Bio, true):
			add("bio_invalid", http.StatusBadRequest)
		case utf8.RuneCountInString(*c.Bio) > page.MaxBio:
			add("bio_too_long", http.StatusUnprocessableEntity)
		}
	}
	if version < 0 {
		add("version_invalid", http.StatusBadRequest)
	}
	return c, all
}

// isText tells whether a text has no character that steers the display: control characters, those that turn
// the direction of what follows, and piles of marks.
func isText(text string, lines bool) bool {
	if !utf8.ValidString(text) {
		return false
	}
	marks := 0
	for _, r := range text {
		switch {
		case lines && (r == '\n' || r == '\t'):
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return false
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return false
		}
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			marks++
		} else {
			marks = 0
		}
		if marks > maxMarks {
			return false
		}
	}
	return true
}

// isVisible tells whether there is anything to see in a text.
func isVisible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		switch r {
		case '\u2800', '\u3164', '\u115f', '\u1160', '\uffa0': // an empty Braille cell, and fillers of Hangul
			return false
		}
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
	})
}
