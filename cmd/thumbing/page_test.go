package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/thumbing/thumbing/internal/browsertest"
	"github.com/thumbing/thumbing/internal/profile"
)

// TestPage uses the pages as people do, in a real browser, in front of the whole local cloud.
func TestPage(t *testing.T) {
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
	b.wait("location.pathname === '/@bo' && document.readyState === 'complete'")
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
	if said := b.text("#notice"); said != "Profile saved." {
		t.Errorf("the notice says %q", said)
	}
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

// recordStates has the page remember what the dialog of the photo goes through.
const recordStates = `(() => {
	window.states = [];
	const dialog = document.querySelector("#photo"), bar = document.querySelector("#photo-progress");
	const note = () => { const s = dialog.dataset.state + (bar.hasAttribute("value") ? ":" + bar.value : ""); if (states.at(-1) !== s) states.push(s); };
	new MutationObserver(note).observe(dialog, {subtree: true, childList: true, attributes: true, characterData: true});
	return true;
})()`

// photo gives ada a face: dropped, chosen and pasted.
func photo(t *testing.T, b tab, c *devCloud) {
	ada := profile.Seeds()[0]
	b.signIn(ada)
	if said := b.text(".portrait"); !strings.HasPrefix(said, "AM") || b.portrait() != "" {
		t.Errorf("without an avatar there are %q", said)
	}
	ask[bool](b, "window.same = true")
	ask[bool](b, recordStates)
	other := b.another()
	other.open("/@ada")
	cat, err := filepath.Abs("../../testdata/pictures/chelsea.png")
	if err != nil {
		t.Fatal(err)
	}

	// Dropped anywhere on the page, it is shown as it will be cropped.
	b.drag(false, cat)
	b.wait("!document.querySelector('#over').hidden")
	b.look("drop")
	b.drag(true, cat)
	b.wait("document.querySelector('#photo').dataset.state === 'ready' && document.querySelector('#photo-preview').naturalWidth > 0 && document.querySelector('#over').hidden")
	b.everywhere("preview")
	preview := b.element(".crop")

	b.uploadSpeed(40 << 10)
	b.click("#photo-use")
	b.wait("document.querySelector('#photo').dataset.state === 'uploading' && document.querySelector('#photo-progress').value >= 30")
	b.look("uploading")
	if busy := ask[bool](b, "document.querySelector('.portrait').ariaBusy === 'true' && /^Uploading… \\d+ %%$/.test(document.querySelector('#photo-doing').innerText)"); !busy {
		t.Error("that it uploads is not said")
	}
	b.uploadSpeed(-1)
	b.wait("document.querySelector('.portrait img')?.naturalWidth === 512 && !document.querySelector('#photo').open")
	states := ask[[]string](b, "states")
	if between := slices.ContainsFunc(states, func(s string) bool {
		return strings.HasPrefix(s, "uploading:") && s != "uploading:0" && s != "uploading:100"
	}); !between || !slices.Contains(states, "processing") {
		t.Errorf("the photo went through %q", states)
	}
	b.wait("window.same === true && document.activeElement.id === 'change-photo'")
	if said := b.text("#notice"); said != "Your new photo is here." {
		t.Errorf("the notice says %q", said)
	}
	first := b.portrait()
	if bar := ask[string](b, "document.querySelector('.bar img').currentSrc"); bar != first {
		t.Errorf("the bar shows %s, not %s", bar, first)
	}
	if d := difference(preview, picture(t, first)); d > 4 {
		t.Errorf("the preview differs from the avatar by %.1f of 255", d)
	}
	other.wait("document.querySelector('.portrait img')?.currentSrc === %q", first)
	ask[bool](b, "document.querySelector('#notice').replaceChildren() === document.activeElement.blur()")
	b.everywhere("own-page-photo")
	b.illustrate()

	// What is no picture is refused in words, and the photo stays.
	fake := filepath.Join(t.TempDir(), "holiday.png")
	if err := os.WriteFile(fake, []byte("not a picture at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.click("#change-photo")
	b.everywhere("choose")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#photo-file"), []string{fake}))
	b.wait("!document.querySelector('#photo-blind').hidden")
	b.look("no-preview")
	b.click("#photo-use")
	b.wait("document.querySelector('#photo').dataset.state === 'rejected'")
	if said := b.text("#photo-problem"); !strings.Contains(said, "not a picture that can be read") || !strings.Contains(said, "stays as it was") {
		t.Errorf("refused with the words %q", said)
	}
	if b.portrait() != first || !ask[bool](b, "document.activeElement.id === 'photo-again'") {
		t.Error("the photo has changed, or the focus is not on what to do next")
	}
	b.everywhere("rejected")

	// Another can be chosen at once. A phone's photo lies on its side; the preview shows it upright, as the avatar is.
	phone := filepath.Join(t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(phone, phonePhoto(t, 1200, 900, 6), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#photo-file"), []string{phone}))
	b.wait("document.querySelector('#photo').dataset.state === 'ready' && document.querySelector('#photo-preview').naturalHeight === 1200")
	preview = b.element(".crop")
	b.click("#photo-use")
	b.wait("!document.querySelector('#photo').open && (document.querySelector('.portrait img')?.currentSrc ?? '') !== %q", first)
	upright(t, picture(t, b.portrait()))
	if d := difference(preview, picture(t, b.portrait())); d > 4 {
		t.Errorf("the preview of a turned photo differs from the avatar by %.1f of 255", d)
	}

	// Pasted.
	second := b.portrait()
	ask[bool](b, `(async () => {
		const canvas = new OffscreenCanvas(300, 300), draw = canvas.getContext("2d");
		draw.fillStyle = "green";
		draw.fillRect(0, 0, 300, 300);
		const data = new DataTransfer();
		data.items.add(new File([await canvas.convertToBlob()], "image.png", {type: "image/png"}));
		return document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})) === false;
	})()`)
	b.wait("document.querySelector('#photo').dataset.state === 'ready'")
	b.press(kb.Enter) // the focus is on "Use this photo"
	b.wait("!document.querySelector('#photo').open && (document.querySelector('.portrait img')?.currentSrc ?? '') !== %q", second)

	// An upload can be given up; one that breaks off can be tried again.
	third := b.portrait()
	b.uploadSpeed(20 << 10)
	b.drag(true, cat)
	b.wait("document.querySelector('#photo').dataset.state === 'ready'")
	b.click("#photo-use")
	b.wait("document.querySelector('#photo-progress').value > 0")
	b.press(kb.Escape)
	b.wait("!document.querySelector('#photo').open && document.querySelector('.portrait').ariaBusy === 'false'")
	b.cut(c.endpoint + "/*")
	b.drag(true, cat)
	b.wait("document.querySelector('#photo').dataset.state === 'ready'")
	b.click("#photo-use")
	b.wait("document.querySelector('#photo').dataset.state === 'failed'")
	if said := b.text("#photo-problem"); !strings.Contains(said, "interrupted") {
		t.Errorf("an upload that broke off: %q", said)
	}
	b.look("interrupted")
	b.uploadSpeed(-1) // not before: what is given up would still get through, if it were quick
	b.cut(allWays)
	if b.portrait() != third {
		t.Error("an upload that was given up or broke off has changed the photo")
	}
	b.click("#photo-use")
	b.wait("!document.querySelector('#photo').open && (document.querySelector('.portrait img')?.currentSrc ?? '') !== %q", third)
	if !ask[bool](b, "window.same === true") {
		t.Error("the page was loaded anew")
	}

	// What can be told at once is.
	for name, text := range map[string]string{"letter.pdf": "%PDF-1.7", "empty.png": ""} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.drag(true, path)
		b.wait("document.querySelector('#photo').dataset.state === 'rejected' && /cannot become a photo|is empty/.test(document.querySelector('#photo-problem').innerText)")
		b.click("#photo-cancel")
		b.wait("!document.querySelector('#photo').open")
	}
	processing(t, b, c, cat)
}

// processing looks at the page while it waits, as its stream of events comes late.
func processing(t *testing.T, b tab, c *devCloud, picture string) {
	b.cut(c.page + "/api/avatar/e*")
	b.open("/@ada")
	b.wait("!document.querySelector('#change-photo').hidden")
	b.drag(true, picture)
	b.wait("document.querySelector('#photo').dataset.state === 'ready'")
	b.click("#photo-use")
	b.wait("document.querySelector('#photo').dataset.state === 'processing'")
	b.look("processing")
	if said := b.text("#photo-status"); said != "Processing…" {
		t.Errorf("a screen reader hears %q", said)
	}
	b.click("#photo-cancel") // which is "Close" by now
	b.wait("!document.querySelector('#photo').open && document.querySelector('.portrait').ariaBusy === 'true'")
	b.look("processing-closed")
	b.cut(allWays)
	ask[bool](b, "document.dispatchEvent(new Event('visibilitychange'))") // as when one comes back to the tab
	b.wait("document.querySelector('.portrait').ariaBusy === 'false'")

	// Who prefers less motion sees none.
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	b.click("#edit-profile")
	if d := ask[string](b, "getComputedStyle(document.querySelector('#edit')).animationDuration"); d != "1e-05s" {
		t.Errorf("the dialog moves for %s", d)
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
