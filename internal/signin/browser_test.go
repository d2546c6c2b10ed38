package signin_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/thumbing/thumbing/internal/browsertest"
)

// TestBrowser signs in and out as a person does, in a real browser: with the keyboard, on a small screen, in the dark.
// Unlike a program's client the browser holds to the pages' policies and to what cookies say of themselves.
func TestBrowser(t *testing.T) {
	ctx := browsertest.New(t)
	w := newWorld(t)
	look := func(name string) {
		t.Helper()
		overflow, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - window.innerWidth"))
		if err != nil || overflow > 0 {
			t.Errorf("%s: the page is %d pixels too wide, error %v", name, overflow, err)
		}
		browsertest.Screenshot(t, ctx, name)
	}
	text := func() string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}

	press := func(selector string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.querySelector('"+selector+"').click() === undefined")); err != nil {
			t.Fatalf("press %s: %v", selector, err)
		}
	}

	do(chromedp.EmulateViewport(1000, 700), chromedp.Navigate(w.site.URL+"/signin?return_to=/@bayko"))
	look("signin.png")
	do(browsertest.Dark(), chromedp.EmulateViewport(320, 560), chromedp.KeyEvent(kb.Tab+kb.Tab)) // to the second person
	look("signin-small-dark.png")
	do(chromedp.KeyEvent(kb.Enter))
	browsertest.WaitFor(t, ctx, "location.pathname === '/@bayko'")
	if text() != session(bayko) {
		t.Errorf("signed in as %q", text())
	}
	// Scripts of the page, and so those of an intruder, do not see the session.
	if seen, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.cookie")); err != nil || seen != "" {
		t.Errorf("scripts see %q, error %v", seen, err)
	}
	do(chromedp.Navigate(w.site.URL + "/page"))
	press("button")
	browsertest.WaitFor(t, ctx, "location.pathname === '/'")
	if !strings.Contains(text(), "unauthorized") {
		t.Errorf("after signing out: %q", text())
	}
	do(chromedp.Navigate(w.site.URL + "/signin/callback?code=x&state=y"))
	look("signin-problem.png")
	press(`a[href="/signin"]`)
	browsertest.WaitFor(t, ctx, `document.querySelector('button[name="user"]')`)
}
