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

	"github.com/thumbing/thumbing/internal/profile"
)

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
	b.hear()
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

	b.uploadSpeed(10 << 10)
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
	b.wait("heard.includes('Your new photo is here.')")
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
	b.uploadSpeed(10 << 10)
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
	b.hear()
	b.drag(true, picture)
	b.wait("document.querySelector('#photo').dataset.state === 'ready'")
	b.click("#photo-use")
	b.wait("document.querySelector('#photo').dataset.state === 'processing'")
	b.look("processing")
	b.wait("heard.includes('Processing…')")
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
