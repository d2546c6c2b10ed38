package page

import "fmt"

// words says what a code means: what is wrong, and what to do. The codes with hyphens are those of refused
// pictures; the script's own are at the end.
var words = map[string]string{
	"display_name_blank":    "Give a display name: people need something to call you.",
	"display_name_too_long": fmt.Sprintf("This name is too long: it may have %d characters.", MaxDisplayName),
	"display_name_invalid":  "This name has characters that cannot be shown. Type it instead of pasting it.",
	"bio_too_long":          fmt.Sprintf("This bio is too long: it may have %d characters.", MaxBio),
	"bio_invalid":           "This bio has characters that cannot be shown. Type it instead of pasting it.",
	"profile_changed":       "Your profile was changed elsewhere in the meantime. What you typed is still here: save again to keep it.",

	"unauthorized":             "You are no longer signed in. Sign in in another tab, then try again here: nothing is lost.",
	"unavailable":              "Your sign-in cannot be checked right now. Try again in a moment: nothing is lost.",
	"cross_origin":             "This page is not allowed to do that. Reload it, and try again.",
	"too_many_requests":        "That was a little fast. Wait a second, and try again.",
	"body_too_large":           "That is too much text. Shorten it, and save again.",
	"too_slow":                 "The server is too busy. Try again in a moment: nothing is lost.",
	"content_type_unsupported": "This kind of file cannot become a photo. Choose a JPEG, PNG, GIF, WebP, BMP or TIFF.",

	"empty":              "This file is empty. Choose another.",
	"unsupported-format": "This is not a picture that can be read. Choose another.",
	"too-many-bytes":     "This file is too large. Choose a smaller one.",
	"too-many-pixels":    "This picture has too many pixels. Make it smaller, or choose another.",
	"too-much-work":      "This picture is too intricate to read. Save it anew, or choose another.",
	"corrupt":            "This picture is damaged or incomplete. Save it anew, or choose another.",

	"offline":         "The server cannot be reached. Check your connection, and try again: nothing is lost.",
	"taken_over":      "Somebody else has signed in since. Sign in as yourself again in another tab, then try again here: nothing is lost.",
	"upload_failed":   "The upload was interrupted. Check your connection, and try again.",
	"processing_slow": "This takes unusually long. The photo may still appear when it is ready; or try again.",
	"upload_refused":  "The upload was not accepted. Try again.",
	"unknown":         "This did not work. Try again in a moment: nothing is lost.",
}

// Sentence says what a code of an error means for a person.
func Sentence(code string) string {
	if s, ok := words[code]; ok {
		return s
	}
	return words["unknown"]
}
