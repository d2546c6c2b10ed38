package settings_test

import (
	"fmt"

	"github.com/thumbing/thumbing/internal/settings"
)

// All problems are reported at once, each with its variable and what to write instead.
func ExampleParse() {
	environment := map[string]string{
		"ASSETS_BUCKET_NAME":   "my-assets",
		"THUMBING_WEBHOOK_URL": "api.example.com/avatar",
	}
	_, err := settings.Parse(func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	})
	fmt.Println(err)
	// Output:
	// UPLOADS_BUCKET_NAME is not set: write the name of the bucket where pictures arrive
	// THUMBING_WEBHOOK_URL is "api.example.com/avatar", which has no scheme: write https://api.example.com/avatar
}
