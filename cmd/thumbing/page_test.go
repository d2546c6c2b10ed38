package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPage uses the page as a person does, in a real browser: a picture is chosen, and its avatar appears
// beside it by itself; then one that is no picture.
func TestPage(t *testing.T) {
	ctx := newBrowser(t)
	c := startDev(t, t.TempDir())
	photo := filepath.Join(t.TempDir(), "a b+é.jpg")
	if err := os.WriteFile(photo, phonePhoto(t, 1200, 900, 6), 0o600); err != nil {
		t.Fatal(err)
	}
	err := chromedp.Do(ctx, chromedp.EmulateViewport(900, 900), chromedp.Navigate(c.page),
		chromedp.SetUploadFiles("#file", []string{photo}))
	if err != nil {
		t.Fatalf("choose a picture: %v", err)
	}
	type size struct{ Width, Height int }
	avatar, err := chromedp.Run(ctx, chromedp.Poll[size](`(() => { const a = document.getElementById('avatar'), o = document.getElementById('original');
		return a.naturalWidth > 0 && o.naturalWidth > 0 && document.getElementById('status').textContent === 'Done' &&
			{ Width: a.naturalWidth, Height: a.naturalHeight } })()`, chromedp.WithPollingTimeout(patience)))
	if err != nil {
		t.Errorf("the avatar does not appear: %v", err)
	}
	screenshot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "page.png"), screenshot, 0o600); err != nil {
		t.Fatal(err)
	}
	if avatar.Width != 512 || avatar.Height != 512 {
		t.Errorf("the avatar has %dx%d pixels", avatar.Width, avatar.Height)
	}
	upright(t, c.avatar(t, "/avatar/processed/a%20b+%C3%A9.png"))
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
