package main

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/chromedp"

	"github.com/thumbing/thumbing/internal/browsertest"
	"github.com/thumbing/thumbing/internal/profile"
)

// TestPage looks at a person's page in a real browser: an upload under the person's name becomes their avatar.
func TestPage(t *testing.T) {
	ctx := browsertest.New(t)
	c := startDev(t, t.TempDir())
	ada := profile.Seeds()[0]
	key, photo := ada.Subject+".jpg", phonePhoto(t, 1200, 900, 6)
	if _, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(devUploads), Key: &key, Body: bytes.NewReader(photo)}); err != nil {
		t.Fatal(err)
	}
	upright(t, c.avatar(t, "/avatar/processed/"+ada.Subject+".png"))
	var width int
	waitFor(t, "the avatar on the page", func() bool {
		var err error
		if err = chromedp.Do(ctx, chromedp.EmulateViewport(900, 900), chromedp.Navigate(c.page+"/@"+ada.Handle)); err == nil {
			width, err = chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelector('img')?.naturalWidth ?? 0`))
		}
		if err != nil {
			t.Fatal(err)
		}
		return width > 0
	})
	if width != 512 {
		t.Errorf("the avatar has %d pixels", width)
	}
	browsertest.Screenshot(t, ctx, "page.png")
}
