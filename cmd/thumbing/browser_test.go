package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/thumbing/thumbing/internal/browsertest"
	"github.com/thumbing/thumbing/internal/profile"
)

// tab is somebody at a real browser: with a mouse and a keyboard, and eyes.
type tab struct {
	*testing.T
	ctx  context.Context
	site string
}

// newTab opens a tab of somebody who is not known to the site yet. The test fails when a script of a page throws, or a
// page tries what its policy forbids.
func newTab(t *testing.T, browser context.Context, site string) tab {
	t.Helper()
	return watched(tab{t, browsertest.Stranger(t, browser), site})
}

// another opens another tab of the same person.
func (b tab) another() tab {
	b.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.Cleanup(cancel)
	return watched(tab{b.T, ctx, b.site})
}

func watched(b tab) tab {
	t := b.T
	t.Helper()
	if err := chromedp.Listen(b.ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("a script failed: %s", (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
		case *cdplog.EventEntryAdded:
			if e.Entry.Source == cdplog.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
				t.Errorf("the browser says: %s (%s)", e.Entry.Text, e.Entry.URL)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.size(1000, 900)
	return b
}

func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// call sends a command of the DevTools protocol.
func call[P, R any](b tab, command cdp.Command[P, R], params P) {
	b.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	}))
}

// ask evaluates an expression of JavaScript.
func ask[T any](b tab, expression string, args ...any) T {
	b.Helper()
	expression = fmt.Sprintf(expression, args...)
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression holds on a page that is there as a whole.
func (b tab) wait(expression string, args ...any) {
	b.Helper()
	browsertest.WaitFor(b.T, b.ctx, "document.readyState === 'complete' && ("+fmt.Sprintf(expression, args...)+")")
}

func (b tab) open(path string) {
	b.Helper()
	b.do(chromedp.Navigate(b.site + path))
}

func (b tab) size(width, height int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// text is what is to be read in an element.
func (b tab) text(selector string) string {
	b.Helper()
	return strings.TrimSpace(ask[string](b, "document.querySelector(%q).innerText", selector))
}

// click clicks into the middle of an element with the mouse, once the page has come to rest.
func (b tab) click(selector string) {
	b.Helper()
	b.wait("document.querySelector(%q)", selector)
	b.settle()
	at := ask[[]float64](b, `(() => {
		const e = document.querySelector(%q);
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
		const hit = document.elementFromPoint(x, y);
		return hit && (e.contains(hit) || hit.contains(e)) ? [x, y] : [];
	})()`, selector)
	if len(at) != 2 {
		b.Fatalf("%s cannot be clicked", selector)
	}
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

func (b tab) press(keys string, options ...chromedp.KeyOption) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
}

// retype replaces what is in the field that has the focus.
func (b tab) retype(text string) {
	b.Helper()
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "a", Code: "KeyA", Modifiers: 2, Commands: []string{"selectAll"}})
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// drag drags a file from outside over the page and, when let says so, lets it fall.
func (b tab) drag(let bool, path string) {
	b.Helper()
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1}
	steps := []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver}
	if let {
		steps = append(steps, input.DispatchDragEventTypeDrop)
	}
	for _, step := range steps {
		call(b, input.DispatchDragEvent, input.DispatchDragEventParams{Type: step, X: 300, Y: 300, Data: data})
	}
}

// throttle is network.EmulateNetworkConditionsByRule with a parameter that some versions of Chromium insist on.
var throttle = cdp.Command[throttleParams, cdp.Empty]{Method: network.EmulateNetworkConditionsByRule.Method}

type throttleParams struct {
	network.EmulateNetworkConditionsByRuleParams
	Offline bool `json:"offline"`
}

// uploadSpeed limits what the page sends, in bytes a second; -1 lifts the limit.
func (b tab) uploadSpeed(limit float64) {
	b.Helper()
	var p throttleParams
	p.MatchedNetworkConditions = []*network.Conditions{{UploadThroughput: limit, DownloadThroughput: -1}}
	call(b, throttle, p)
}

// cut cuts the way to the URLs of a pattern, and mends every other.
func (b tab) cut(pattern string) {
	b.Helper()
	call(b, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: []*network.BlockPattern{{URLPattern: pattern, Block: pattern != allWays}}})
}

// allWays is the pattern of all URLs.
const allWays = "*://*:*/*"

func (b tab) scripts(on bool) {
	b.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// settle waits for the end of animations: what fades in is pale.
func (b tab) settle() {
	b.Helper()
	b.wait("document.getAnimations().every(a => a.playState === 'finished' || a.effect.getTiming().iterations === Infinity)")
}

// look keeps a picture of the page as it is seen, and checks that it is not too wide for its window.
func (b tab) look(name string) []byte {
	b.Helper()
	b.settle()
	if over := ask[int](b, "document.documentElement.scrollWidth - window.innerWidth"); over > 0 {
		b.Errorf("%s: the page is %d pixels too wide", name, over)
	}
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.Fatal(err)
	}
	browsertest.Keep(b.T, name+".png", shot)
	return shot
}

// everywhere looks at the page in the light and in the dark, at large and at 320 pixels, and has axe look for barriers.
func (b tab) everywhere(name string) {
	b.Helper()
	b.size(1000, 900)
	b.look(name)
	b.barriers(name)
	b.do(browsertest.Dark())
	b.look(name + "-dark")
	b.barriers(name + "-dark")
	b.size(320, 640)
	b.look(name + "-320-dark")
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	b.look(name + "-320")
	b.barriers(name + "-320")
	b.size(1000, 900)
}

// barriers has axe-core look for what keeps people out.
func (b tab) barriers(name string) {
	b.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		b.Fatalf("no axe-core: run make setup (%v)", err)
	}
	b.settle()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: string(axe)})
		return err
	}))
	found := ask[string](b, `axe.run().then(r => JSON.stringify(r.violations.map(v =>
		({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html + " " + (n.any[0]?.message ?? ""))}))))`)
	var violations []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.Fatal(err)
	}
	for _, v := range violations {
		b.Errorf("%s: axe finds %s (%s): %s\n\t%s", name, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

// illustrate takes the pictures of README, when the test is to rewrite what it expects.
func (b tab) illustrate() {
	b.Helper()
	if !*update {
		return
	}
	for name, features := range map[string][]*emulation.MediaFeature{"page": nil, "page-dark": {{Name: "prefers-color-scheme", Value: "dark"}}} {
		b.size(720, 560)
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		shot, err := png.Decode(bytes.NewReader(b.look("readme-" + name)))
		if err != nil {
			b.Fatal(err)
		}
		var small bytes.Buffer
		if err := jpeg.Encode(&small, shot, &jpeg.Options{Quality: 85}); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("..", "..", "docs", name+".jpg"), small.Bytes(), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.size(1000, 900)
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
}

// hear has the page remember until it is left what it says to screen readers, which does not stay.
func (b tab) hear() {
	b.Helper()
	ask[bool](b, `(() => {
		window.heard = [];
		for (const live of document.querySelectorAll("#notice, #photo-status"))
			new MutationObserver(() => heard.push(live.innerText.trim())).observe(live, {subtree: true, childList: true, characterData: true});
		return true;
	})()`)
}

// signIn signs a seeded person in, and ends on their page.
func (b tab) signIn(who profile.Seeded) {
	b.Helper()
	b.open("/signin")
	b.click(fmt.Sprintf(`button[value=%q]`, who.Subject))
	b.wait("location.pathname === '/@%s'", who.Handle)
}

// portrait is the URL of the avatar that the page shows; "" for none.
func (b tab) portrait() string {
	b.Helper()
	return ask[string](b, "document.querySelector('.portrait img')?.currentSrc ?? ''")
}

// picture gets a picture from its URL.
func picture(t *testing.T, url string) image.Image {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return img
}

// element is a picture of an element as it is seen.
func (b tab) element(selector string) image.Image {
	b.Helper()
	shot, err := chromedp.Run(b.ctx, chromedp.Screenshot(chromedp.CSS(selector)))
	if err != nil {
		b.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.Fatal(err)
	}
	return img
}

// difference compares two pictures within the circle that touches their edges: the mean difference of the colours of a
// grid's cells, from 0 to 255.
func difference(one, two image.Image) float64 {
	const grid = 16
	sum, n := 0.0, 0
	for y := range grid {
		for x := range grid {
			if math.Hypot(float64(x)-7.5, float64(y)-7.5) > 7 {
				continue
			}
			p, q := cell(one, x, y, grid), cell(two, x, y, grid)
			for i := range p {
				sum += math.Abs(p[i] - q[i])
				n++
			}
		}
	}
	return sum / float64(n)
}

func cell(img image.Image, x, y, grid int) (mean [3]float64) {
	r := img.Bounds()
	x0, x1 := r.Min.X+x*r.Dx()/grid, r.Min.X+(x+1)*r.Dx()/grid
	y0, y1 := r.Min.Y+y*r.Dy()/grid, r.Min.Y+(y+1)*r.Dy()/grid
	for py := y0; py < y1; py++ {
		for px := x0; px < x1; px++ {
			c := at(img, px, py)
			for i, v := range [3]uint8{c.R, c.G, c.B} {
				mean[i] += float64(v)
			}
		}
	}
	for i := range mean {
		mean[i] /= float64((x1 - x0) * (y1 - y0))
	}
	return mean
}
