package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/chromedp"

	"github.com/thumbing/thumbing/internal/profile"
)

// TestPage looks at a person's page in a real browser: an upload under the person's name becomes their avatar.
func TestPage(t *testing.T) {
	ctx := newBrowser(t)
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
	screenshot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "page.png"), screenshot, 0o600); err != nil {
		t.Fatal(err)
	}
}

// newBrowser starts headless Chromium.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine: install it to test the page")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.NoSandbox, // which Chromium cannot set up as root
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.NoFirstRun)
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
