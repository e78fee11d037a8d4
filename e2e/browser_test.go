package e2e

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const chromium = "/usr/bin/chromium"

// browser is a person at a browser of her own. She goes by what she sees: fields
// by their labels, buttons and links by their words.
type browser struct {
	t      *testing.T
	ctx    context.Context
	base   string // address of the portal
	clicks int    // of the mouse, since the test last set it
}

// newBrowser starts a browser that has never been here before.
func newBrowser(t *testing.T, l *lab) *browser {
	t.Helper()
	need(t, chromium)
	port, leaf := l.https()
	pin := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	ctx, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(chromium), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en"), chromedp.Env("TZ=UTC"),
		chromedp.Flag("host-resolver-rules", "MAP *."+domain+" "+l.addr),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(pin[:])),
	)
	t.Cleanup(stop)
	quiet := func(string, ...any) {} // a browser newer than the library says what that does not know
	ctx, stop = chromedp.NewContext(ctx, chromedp.WithErrorf(quiet))
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); stop() })
	b := &browser{t: t, ctx: ctx, base: "https://portal." + domain + ":" + port}
	if err := chromedp.Run(ctx); err != nil { // starts it, for as long as this context lives
		t.Fatal(err)
	}
	b.size(1280, 800)
	return b
}

// https is the port of the portal, and the certificate it shows under its name,
// which our root vouches for.
func (l *lab) https() (port string, leaf *x509.Certificate) {
	l.t.Helper()
	u, err := url.Parse(l.status().Portal)
	if err != nil {
		l.t.Fatal(err)
	}
	if port = u.Port(); port == "" {
		port = "443"
	}
	c, err := tls.Dial("tcp", l.addr+":"+port, &tls.Config{RootCAs: l.roots(), ServerName: "portal." + domain})
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	return port, c.ConnectionState().PeerCertificates[0]
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 30*time.Second)
	defer stop()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.fail("%v", err)
	}
}

// fail ends the test with what the person sees.
func (b *browser) fail(format string, args ...any) {
	b.t.Helper()
	var at, text string
	_ = chromedp.Run(b.ctx, chromedp.Location(&at), chromedp.Evaluate("document.body.innerText", &text))
	b.t.Fatalf(format+"\nat %s:\n%s", append(args, at, text)...)
}

// size sets how large the window is.
func (b *browser) size(width, height int64) {
	b.t.Helper()
	b.do(emulation.SetDeviceMetricsOverride(width, height, 1, false))
}

// scheme sets whether the person likes it light or dark.
func (b *browser) scheme(s string) {
	b.t.Helper()
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s}}))
}

// withoutScripts makes pages run none of theirs; what the test asks still runs.
func (b *browser) withoutScripts() {
	b.t.Helper()
	b.do(emulation.SetScriptExecutionDisabled(true))
}

// open goes to an address of the portal.
func (b *browser) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// reload asks for the same page again.
func (b *browser) reload() {
	b.t.Helper()
	b.leaving(func() { b.do(page.Reload()) })
}

// leaving waits until what fn does has brought another page.
func (b *browser) leaving(fn func()) {
	b.t.Helper()
	b.do(chromedp.Evaluate("window.old = true", nil))
	fn()
	b.until("another page comes", "!window.old && document.readyState === 'complete'")
}

// until waits for a condition on the page.
func (b *browser) until(what, condition string) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var ok bool
		// A page on its way out answers with an error, the next one will not.
		if err := chromedp.Run(b.ctx, chromedp.Evaluate(condition, &ok)); err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.fail("not within 10 s: %s", what)
		}
	}
}

// eyes are what finds things by the words a person reads. Only what is drawn is
// found, and only what lies on top can be clicked.
const eyes = `(() => {
  const squash = (s) => (s || "").replace(/\s+/g, " ").trim();
  const lines = (e) => (e.innerText || "").split("\n").map(squash).filter((s) => s !== "");
  const line = (e) => lines(e)[0] || "";
  const drawn = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".hidden") && e.getClientRects().length > 0;
  const all = (sel) => Array.from(document.querySelectorAll(sel)).filter(drawn);
  const named = (es, text) => es.find((e) => squash(e.innerText) === text) || es.find((e) => lines(e).includes(text)) || es.find((e) => e.getAttribute("aria-label") === text);
  const labels = (text) => all("label").find((l) => line(l) === text) || all("label").find((l) => line(l).startsWith(text));
  const find = {
    field: (text) => { const l = labels(text); return l ? l.control : all("input").find((e) => e.placeholder === text); },
    button: (text) => named(all("button"), text),
    link: (text) => named(all("a[href]"), text),
    summary: (text) => named(all("summary"), text) || all("summary").find((e) => squash(e.innerText).startsWith(text)),
    fact: (text) => { const dt = all("dt").find((e) => squash(e.innerText) === text); return dt && dt.nextElementSibling; },
    tab: (text) => named(all("nav.tabs a"), text),
    record: (text) => { const tr = all("tbody tr").find((e) => lines(e).some((l) => l.includes(text))); return tr && tr.querySelector("a:has(time)"); },
    copy: (text) => { const dd = find.fact(text); return dd && Array.from(dd.querySelectorAll("button")).find((e) => drawn(e) && squash(e.innerText) === "Copy"); },
  };
  // names are what a person reads on what has the focus.
  const names = (e) => e.labels && e.labels.length ? lines(e.labels[0]) : lines(e).concat(e.getAttribute("aria-label") || []);
  const place = (e) => {
    if (!e) return { why: "is not there" };
    e.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const r = e.getClientRects()[0], x = r.left + r.width / 2, y = r.top + r.height / 2, top = document.elementFromPoint(x, y);
    if (!top || !(e.contains(top) || top.contains(e))) return { why: "is covered" };
    return { x, y, ok: true };
  };
  return { squash, find, names, place, drawn };
})()`

// where says where something is drawn, once it is there.
func (b *browser) where(kind, text string) (x, y float64) {
	b.t.Helper()
	var at struct {
		X, Y float64
		OK   bool
		Why  string
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := chromedp.Run(b.ctx, chromedp.Evaluate(fmt.Sprintf("(({find, place}) => place(find[%q](%q)))(%s)", kind, text, eyes), &at))
		if err == nil && at.OK {
			return at.X, at.Y
		}
		if time.Now().After(end) {
			b.fail("the %s %q %s (%v)", kind, text, at.Why, err)
		}
	}
}

func (b *browser) click(kind, text string) {
	b.t.Helper()
	x, y := b.where(kind, text)
	b.do(chromedp.MouseClickXY(x, y))
	b.clicks++
}

// fill types into a field in place of what is there.
func (b *browser) fill(label, value string) {
	b.t.Helper()
	b.click("field", label)
	b.do(command("selectAll"), chromedp.KeyEvent(kb.Delete), chromedp.KeyEvent(value))
}

// command does what a shortcut of the keyboard does in a text field.
func command(name string) chromedp.Action {
	return input.DispatchKeyEvent(input.KeyRawDown).WithCommands([]string{name})
}

// tick clicks a checkbox by its words.
func (b *browser) tick(label string) { b.t.Helper(); b.click("field", label) }

// choose takes an option of a select, which opens outside the page.
func (b *browser) choose(label, option string) {
	b.t.Helper()
	b.click("field", label)
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.Evaluate(fmt.Sprintf(`(({find, squash}) => {
		const s = find.field(%q);
		s.value = Array.from(s.options).find((o) => squash(o.text) === %q).value;
		s.dispatchEvent(new Event("input", {bubbles: true})); s.dispatchEvent(new Event("change", {bubbles: true}));
	})(%s)`, label, option, eyes), nil))
}

// press presses a button that brings another page.
func (b *browser) press(text string) {
	b.t.Helper()
	b.leaving(func() { b.click("button", text) })
}

// follow follows a link.
func (b *browser) follow(text string) {
	b.t.Helper()
	b.leaving(func() { b.click("link", text) })
}

// unfold opens what is folded behind words.
func (b *browser) unfold(text string) {
	b.t.Helper()
	b.click("summary", text)
}

// fact is what stands beside a term.
func (b *browser) fact(term string) (s string) {
	b.t.Helper()
	b.where("fact", term)
	b.do(chromedp.Evaluate(fmt.Sprintf(`(({find, squash}) => { const dd = find.fact(%q); return squash((dd.querySelector("code") || dd).innerText); })(%s)`, term, eyes), &s))
	return s
}

// sees waits until words stand on the page.
func (b *browser) sees(words ...string) {
	b.t.Helper()
	for _, w := range words {
		b.until("the page says "+w, fmt.Sprintf(`(({squash}) => squash(document.body.innerText).includes(%q))(%s)`, w, eyes))
	}
}

// wrong says that something is said beside a field that is wrong.
func (b *browser) wrong(label, says string) {
	b.t.Helper()
	b.until(label+": "+says, fmt.Sprintf(`(({find, squash}) => {
		const e = find.field(%q), said = document.getElementById(e.getAttribute("aria-describedby"));
		return e.getAttribute("aria-invalid") === "true" && e === document.activeElement && squash(said.innerText).includes(%q);
	})(%s)`, label, says, eyes))
}

// misses says that words do not stand on the page.
func (b *browser) misses(words ...string) {
	b.t.Helper()
	var html string
	b.do(chromedp.Evaluate("document.documentElement.outerHTML", &html))
	for _, w := range words {
		if strings.Contains(html, w) {
			b.fail("the page holds %q", w)
		}
	}
}

// keys types, with nothing but the keyboard.
func (b *browser) keys(s string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(s))
}

// slash presses the key that opens the search box. It sends one event for the key
// and what it types, as a keyboard does: a page that takes the key keeps it.
func (b *browser) slash() {
	b.t.Helper()
	b.do(input.DispatchKeyEvent(input.KeyDown).WithKey("/").WithText("/"), input.DispatchKeyEvent(input.KeyUp).WithKey("/"))
}

// tabTo presses Tab until the focus stands on something with these words. On its
// way it sees to it that each stop can be seen.
func (b *browser) tabTo(name string) {
	b.t.Helper()
	var passed []string
	for range 150 {
		var at struct {
			Names      []string
			Seen, Ring bool
		}
		b.do(chromedp.Evaluate(fmt.Sprintf(`(({names, drawn}) => {
			const e = document.activeElement;
			if (!e || e === document.body) return {names: [], seen: true, ring: true};
			const s = getComputedStyle(e), r = e.getBoundingClientRect();
			return {names: names(e), seen: drawn(e) && r.width > 0 && r.right > 0, ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1};
		})(%s)`, eyes), &at))
		if !at.Seen || !at.Ring {
			b.fail("the focus on %q cannot be seen (drawn: %v, ring: %v)", at.Names, at.Seen, at.Ring)
		}
		if slices.ContainsFunc(at.Names, func(s string) bool { return s == name || strings.HasPrefix(s, name+" ") }) {
			return
		}
		passed = append(passed, strings.Join(at.Names, " "))
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.fail("Tab does not come to %q; it passes %q", name, passed)
}

// enter presses Enter, which brings another page.
func (b *browser) enter() {
	b.t.Helper()
	b.leaving(func() { b.keys(kb.Enter) })
}

// signIn signs a person in.
func (b *browser) signIn(name, password string) {
	b.t.Helper()
	b.fill("User name", name)
	b.fill("Password", password)
	b.press("Sign in")
}

// signOut signs out by the person's corner.
func (b *browser) signOut(shown string) {
	b.t.Helper()
	b.unfold(shown)
	b.press("Sign out")
	b.sees("You are signed out")
}

// picture writes what the window shows, all the way down.
func (b *browser) picture(path string) {
	b.t.Helper()
	var png []byte
	b.do(chromedp.FullScreenshot(&png, 100))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// awaited makes an evaluation wait for the promise it ends in.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

const axe = "/var/cache/selfsame-e2e/node_modules/axe-core/axe.min.js"

// scan looks for what keeps people out: nothing that axe calls serious may stand
// on the page.
func (b *browser) scan(page string) {
	b.t.Helper()
	script, err := os.ReadFile(axe)
	if err != nil {
		missing(b.t, "axe-core is not installed; make test installs it")
	}
	var out string
	b.do(chromedp.Evaluate(string(script)+";0", nil), chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations.map((v) =>
		({id: v.id, impact: v.impact, help: v.help, at: v.nodes.map((n) => n.html + " " + n.failureSummary)}))))`, &out, awaited))
	var found []struct {
		ID, Impact, Help string
		At               []string
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found {
		if slices.Contains([]string{"serious", "critical"}, f.Impact) {
			b.t.Errorf("%s: %s (%s, %s) at\n%s", page, f.Help, f.ID, f.Impact, strings.Join(f.At, "\n"))
		} else {
			b.t.Logf("%s: %s (%s, %s)", page, f.Help, f.ID, f.Impact)
		}
	}
}
