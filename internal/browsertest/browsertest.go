// Package browsertest gives tests a real browser.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// New starts headless Chromium and gives a context for chromedp. The test is skipped where there is none.
func New(t *testing.T) context.Context {
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
	ctx, cancel = context.WithTimeout(ctx, 9*time.Minute) // go test gives up after ten
	t.Cleanup(cancel)
	return ctx
}

// Stranger gives a context for chromedp like New's, in the same browser, of somebody who has its own cookies.
func Stranger(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return ctx
}

// Dark has pages shown as to somebody who prefers dark ones.
func Dark() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
		return err
	})
}

// Screenshot keeps a picture of the whole page, under a name that ends in .png.
func Screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot: %v", err)
	}
	Keep(t, name, shot)
}

// Keep keeps a picture to be looked at after the test, in the project's folder artifacts, below the test's name.
func Keep(t *testing.T, name string, picture []byte) {
	t.Helper()
	root, err := filepath.Abs(".") // the folder of the package
	if err != nil {
		t.Fatal(err)
	}
	for _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil; _, err = os.Stat(filepath.Join(root, "go.mod")) {
		if root == filepath.Dir(root) {
			t.Fatal("the test does not run in the project's folder")
		}
		root = filepath.Dir(root)
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	folder := filepath.Join(root, "artifacts", test)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		t.Fatal(err)
	}
}

// patience is how long WaitFor waits for what must come. It is no measure of speed.
const patience = time.Minute

// WaitFor waits until an expression of JavaScript is true, over whatever pages come meanwhile: chromedp's own waiting may
// lose its answer when a page is left.
func WaitFor(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		once, cancel := context.WithTimeout(ctx, 2*time.Second)
		met, err := chromedp.Run(once, chromedp.Evaluate[bool]("!!("+expression+")"))
		cancel()
		if err == nil && met {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	t.Fatalf("in vain waited for %s", expression)
}
