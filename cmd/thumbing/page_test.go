package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/thumbing/thumbing/internal/browsertest"
	"github.com/thumbing/thumbing/internal/profile"
)

// TestPage uses the pages as people do, in a real browser, in front of the whole local cloud.
func TestPage(t *testing.T) {
	t.Parallel()
	c := startDev(t, t.TempDir())
	browser := browsertest.New(t)
	if err := chromedp.Do(browser); err != nil { // tabs are opened in a browser that runs
		t.Fatal(err)
	}
	for _, subject := range []struct {
		name string
		test func(*testing.T, tab, *devCloud)
	}{
		{"landing", landing}, {"photo", photo}, {"form", form}, {"keyboard", keyboard}, {"without scripts", withoutScripts}, {"somebody else's", somebodyElses},
	} {
		t.Run(subject.name, func(t *testing.T) { subject.test(t, newTab(t, browser, c.page), c) })
	}
}

// landing looks at the pages that a stranger finds first.
func landing(t *testing.T, b tab, _ *devCloud) {
	b.open("/")
	b.everywhere("landing")
	b.open("/@nobody")
	if said := b.text("main"); !strings.Contains(said, "404") || !strings.Contains(said, "nobody") {
		t.Errorf("a page that is not there says %q", said)
	}
	b.everywhere("problem")
	b.open("/")
	b.click("main a[href='/signin']")
	b.wait("document.querySelector('button[name=user]')")
	b.barriers("sign-in")
	b.open("/signin/callback?code=none&state=none")
	b.barriers("sign-in-problem")
	// Signing in leads back to where one was.
	b.open("/@bo")
	b.click(".bar a[href^='/signin']")
	b.wait("document.querySelector('button[name=user]')")
	b.click("button[name=user]")
	b.wait("location.pathname === '/@bo'")
	b.click(".bar form button")
	b.wait("location.pathname === '/' && document.querySelector('.bar a[href=\"/signin\"]')")
}

// form changes a profile with the mouse.
func form(t *testing.T, b tab, c *devCloud) {
	bo := profile.Seeds()[1]
	b.signIn(bo)
	if said := b.text(".profile"); !strings.Contains(said, "48 Cruds") || !strings.Contains(said, bo.Bio) {
		t.Errorf("the page says %q", said)
	}
	ask[bool](b, "window.same = true") // as long as the page is not loaded anew
	b.hear()
	b.everywhere("own-page")

	b.click("#edit-profile")
	b.wait("document.querySelector('#edit').matches(':modal') && document.activeElement.name === 'display_name'")
	b.everywhere("dialog")
	b.retype(" ")
	b.click("#bio")
	b.retype("Typed, <b>and</b> kept.")
	b.click("#edit-save")
	b.wait("document.activeElement.ariaInvalid === 'true'")
	if said := b.text("#display-name-problem"); !strings.Contains(said, "Give a display name") {
		t.Errorf("a blank name: %q", said)
	}
	if bio := ask[string](b, "document.querySelector('#bio').value"); bio != "Typed, <b>and</b> kept." {
		t.Errorf("the bio that was typed is now %q", bio)
	}
	b.everywhere("dialog-error")
	b.retype("Bo Lindqvist-Åkerlund 🐦")

	// Somebody changes it elsewhere in the meantime: that is told, and nothing typed is lost.
	var other struct{ Version int64 }
	signIn(t, c.page, bo).post(t, "/api/profile/update", `{"display_name": "Bo, elsewhere"}`, &other)
	b.click("#edit-save")
	b.wait("document.querySelector('#edit-problem').innerText.includes('changed elsewhere')")
	b.look("dialog-conflict")
	b.wait("document.querySelector('#edit-form').elements.version.value === '%d'", other.Version)
	b.click("#edit-save")
	b.wait("!document.querySelector('#edit').open")
	if name, bio := b.text("h1"), b.text(".bio"); name != "Bo Lindqvist-Åkerlund 🐦" || bio != "Typed, <b>and</b> kept." {
		t.Errorf("saved, the page shows %q and %q", name, bio)
	}
	if bar := b.text(".who"); !strings.Contains(bar, "Åkerlund") {
		t.Errorf("the bar shows %q", bar)
	}
	if !ask[bool](b, "window.same === true && document.activeElement.id === 'edit-profile' && document.title.startsWith('Bo Lindqvist-Åk')") {
		t.Error("the page was loaded anew, the focus is not back, or the title is old")
	}
	b.wait("heard.includes('Profile saved.')")
	b.look("saved")

	// A session that has ended takes nothing away either.
	b.click("#edit-profile")
	b.retype("Bo, signed out")
	ask[int](b, "fetch('/signout', {method: 'POST'}).then(r => r.status)")
	b.click("#edit-save")
	b.wait("document.querySelector('#edit-problem a')?.href.endsWith('/signin')")
	b.look("dialog-signed-out")
	b.another().signIn(bo)
	b.click("#edit-save")
	b.wait("!document.querySelector('#edit').open && document.querySelector('h1').innerText === 'Bo, signed out'")

	// Cancel drops what was typed, and another change works.
	b.click("#edit-profile")
	b.retype("Not this")
	b.click("#edit-cancel")
	b.wait("!document.querySelector('#edit').open")
	b.click("#edit-profile")
	if name := ask[string](b, "document.querySelector('#display-name').value"); name != "Bo, signed out" {
		t.Errorf("after Cancel the field holds %q", name)
	}
	b.retype("Bo")
	b.press(kb.Enter)
	b.wait("!document.querySelector('#edit').open && document.querySelector('h1').innerText === 'Bo'")

	// Somebody else signs in in another tab: what was typed here does not become theirs.
	b.click("#edit-profile")
	b.retype("Bo, not Ada")
	ask[int](b, "fetch('/signout', {method: 'POST'}).then(r => r.status)")
	elsewhere := b.another()
	elsewhere.signIn(profile.Seeds()[0])
	b.click("#edit-save")
	b.wait("document.querySelector('#edit-problem').innerText.includes('Somebody else')")
	elsewhere.open("/@ada")
	if name := elsewhere.text("h1"); name != "Ada Marsh" {
		t.Errorf("ada is now called %q", name)
	}
}

// keyboard changes a profile without a mouse.
func keyboard(t *testing.T, b tab, _ *devCloud) {
	b.signIn(profile.Seeds()[2])
	reach := func(id string) {
		t.Helper()
		for range 20 {
			if ask[string](b, "document.activeElement.id") == id {
				return
			}
			b.press(kb.Tab)
		}
		t.Fatalf("the Tab key does not reach #%s", id)
	}
	b.press(kb.Tab)
	if ask[string](b, "document.activeElement.className") != "skip" {
		t.Error("the first stop does not skip the bar")
	}
	reach("edit-profile")
	b.look("keyboard-focus")
	b.press(kb.Enter)
	b.wait("document.querySelector('#edit').open && document.activeElement.id === 'display-name'")
	b.retype("نور")
	reach("edit-save")
	b.press(" ")
	b.wait("!document.querySelector('#edit').open && document.querySelector('h1').innerText === 'نور' && document.activeElement.id === 'edit-profile'")
	b.press(kb.Enter)
	b.wait("document.querySelector('#edit').open")
	b.press(kb.Escape)
	b.wait("!document.querySelector('#edit').open && document.activeElement.id === 'edit-profile'")
	b.press(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
	if ask[string](b, "document.activeElement.id") != "change-photo" {
		t.Fatal("the photo's button is not before the form's")
	}
	b.press(kb.Enter)
	b.wait("document.querySelector('#photo').open && document.activeElement.id === 'photo-file'")
	reach("photo-cancel")
	b.press(kb.Enter)
	b.wait("!document.querySelector('#photo').open && document.activeElement.id === 'change-photo'")
	b.look("arabic")
	b.size(320, 640)
	b.look("arabic-320")
}

// withoutScripts reads a page and changes one's profile where no script runs.
func withoutScripts(t *testing.T, b tab, _ *devCloud) {
	sol := profile.Seeds()[3]
	b.scripts(false)
	b.open("/@bo")
	if said := b.text("main"); !strings.Contains(said, "this morning") || !strings.Contains(said, "The newest 40 of 48") {
		t.Errorf("the page says %q", said)
	}
	b.signIn(sol)
	if said := b.text(".activities"); !strings.Contains(said, "You have not said anything yet") {
		t.Errorf("an empty page says %q", said)
	}
	b.look("no-scripts")
	b.click("#edit-profile")
	b.wait("location.pathname === '/@sol/edit' && document.querySelector('#edit').open")
	b.click("#display-name")
	b.retype(strings.Repeat("x", 51))
	b.click("#bio")
	b.retype("one\ntwo")
	b.click("#edit-save")
	b.wait("document.querySelector('#display-name-problem')?.innerText.includes('too long')")
	if typed := ask[string](b, "document.querySelector('#bio').value + document.querySelector('#display-name').value"); typed != "one\ntwo"+strings.Repeat("x", 51) {
		t.Errorf("what was typed is now %q", typed)
	}
	b.size(320, 900)
	b.look("no-scripts-error-320")
	b.size(1000, 900)
	b.click("#display-name")
	b.retype("Sol Invictus")
	b.press(kb.Enter)
	b.wait("location.search === '?saved'")
	if name, bio, said := b.text("h1"), b.text(".bio"), b.text("#notice"); name != "Sol Invictus" || bio != "one\ntwo" || said != "Profile saved." {
		t.Errorf("saved, the page shows %q and %q, and says %q", name, bio, said)
	}
	b.click("#edit-profile")
	b.wait("location.pathname === '/@sol/edit'")
	b.click("#edit-cancel")
	b.wait("location.pathname === '/@sol' && !document.querySelector('#edit').open")
	if shown := ask[bool](b, "document.querySelector('#change-photo').checkVisibility()"); shown {
		t.Error("without scripts there is a button that does nothing")
	}
}

// somebodyElses looks at a page that is not one's own.
func somebodyElses(t *testing.T, b tab, _ *devCloud) {
	b.signIn(profile.Seeds()[0])
	b.open("/@noor")
	if n := ask[int](b, "document.querySelectorAll('#edit, #photo, #edit-profile, #change-photo, main form, script').length"); n != 0 {
		t.Errorf("somebody else's page has %d things to change it with", n)
	}
	b.everywhere("somebody-elses")
	b.open("/@noor/edit")
	if path := ask[string](b, "location.pathname"); path != "/@noor" {
		t.Errorf("somebody else's form leads to %s", path)
	}
}
