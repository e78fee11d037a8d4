// Package page is how every page of ours looks: the shell around it, the style
// sheet, the icons, the small charts, and how times and numbers are said.
//
// It is presentation and nothing else. The doors that show pages share it, since
// a door never imports another door.
//
// What always holds:
//
//   - What a caller passes is text, and is escaped where it is put. Only the
//     drawings made here are markup.
//   - A page is written whole or not at all: a template that fails sends no half
//     of one.
//   - Everything works without the script; the script is comfort.
//   - There is no style, script or handler inside a page, so that the strictest
//     content security policy holds.
//
// What is shown, and who may see it, is not known here.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Files are the style sheet and the script, to be served under hashed names.
//
//go:embed style.css script.js icon.svg
var Files embed.FS

//go:embed layout.html common.html
var templates embed.FS

// Shell is what stands around a page.
type Shell struct {
	Title  string
	Domain string
	Places []Place // empty where nobody has signed in
	Person *Person // nil where nobody has signed in
	Finds  bool    // the search box is of use to this person
	Search string  // what was searched for
	CSRF   string  // token of this session's forms
	Note   *Note   // what was just done, or went wrong
	Do     []Do    // the same from the shell
	Asset  func(name string) string
	About  string // program and version
	Nonce  string // what the policy of this page asks of its script
}

// Place is an entry of the bar at the left.
type Place struct {
	Name, Path, Icon string
	Here             bool
	Below            []Place
}

// Person is who is signed in.
type Person struct{ Name, Login string }

// Initial is the letter in the person's corner.
func (p *Person) Initial() string {
	for _, r := range p.Name {
		return string(r)
	}
	return "?"
}

// Note says what was done, or why it was not.
type Note struct {
	Bad       bool
	Text      string
	Hint      string
	Reference string // under which the log has it
}

// Do is a command and the API call that do what the page does.
type Do struct {
	What    string
	Command string
	Method  string
	Path    string
	Body    string
}

// view is what a template sees.
type view struct {
	*Shell
	Data any
}

// Set is the pages of a door.
type Set struct {
	pages map[string]*template.Template
}

// New reads the pages in fsys, one a file that defines "main", and parts.html,
// which holds what they share. now is the time, for how long ago something was.
func New(fsys fs.FS, now func() time.Time) (*Set, error) {
	base, err := template.New("").Funcs(funcs(now)).ParseFS(templates, "*.html")
	if err != nil {
		return nil, fmt.Errorf("read the shell of the pages: %w", err)
	}
	names, err := fs.Glob(fsys, "*.html")
	if err != nil {
		return nil, err
	}
	if slices.Contains(names, "parts.html") {
		if base, err = base.ParseFS(fsys, "parts.html"); err != nil {
			return nil, fmt.Errorf("read what the pages share: %w", err)
		}
	}
	s := &Set{pages: make(map[string]*template.Template)}
	for _, n := range names {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(fsys, n)
		}
		if err != nil {
			return nil, fmt.Errorf("read the page %s: %w", n, err)
		}
		s.pages[n] = t
	}
	return s, nil
}

// Render writes a page.
func (s *Set) Render(w http.ResponseWriter, status int, name string, sh *Shell, data any) error {
	return s.execute(w, status, name, "shell", sh, data)
}

// RenderBare writes a page without the bar: for who has not signed in.
func (s *Set) RenderBare(w http.ResponseWriter, status int, name string, sh *Shell, data any) error {
	return s.execute(w, status, name, "bare", sh, data)
}

func (s *Set) execute(w http.ResponseWriter, status int, name, layout string, sh *Shell, data any) error {
	var b bytes.Buffer
	err := fmt.Errorf("there is no page %s", name)
	if t := s.pages[name]; t != nil {
		err = t.ExecuteTemplate(&b, layout, view{sh, data})
	}
	if err != nil {
		http.Error(w, "The page cannot be shown. The server's log says why.", http.StatusInternalServerError)
		return fmt.Errorf("write the page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store") // pages show what only this person may see
	}
	w.WriteHeader(status)
	_, err = w.Write(b.Bytes())
	return err
}

// Wrong is the note of something that did not work.
func Wrong(text, hint, reference string) *Note {
	return &Note{Bad: true, Text: Sentence(text), Hint: Sentence(hint), Reference: reference}
}

// Sentence writes a fault's message as a sentence.
func Sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.ContainsAny(s[len(s)-1:], ".?!:") {
		s += "."
	}
	return s
}
