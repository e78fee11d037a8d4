package httpd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// hashDigits tell two versions of a file apart: 64 bits, among files of our own.
const hashDigits = 16

// Assets are static files, each under an address that its content decides. A
// browser keeps them for good, and never shows an old one with a new page.
type Assets struct {
	prefix string
	urls   map[string]string // by name
	files  map[string]asset  // by path below the prefix
}

type asset struct {
	body []byte
	kind string
	tag  string
}

// NewAssets reads all files of fsys, to be served below prefix, such as
// "/assets/".
func NewAssets(fsys fs.FS, prefix string) (*Assets, error) {
	a := &Assets{prefix: prefix, urls: make(map[string]string), files: make(map[string]asset)}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		a.add(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the assets: %w", err)
	}
	return a, nil
}

func (a *Assets) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	hash, ext := hex.EncodeToString(sum[:])[:hashDigits], path.Ext(name)
	kind := mime.TypeByExtension(ext)
	if kind == "" {
		kind = http.DetectContentType(body)
	}
	hashed := strings.TrimSuffix(name, ext) + "." + hash + ext
	a.urls[name] = a.prefix + hashed
	a.files[hashed] = asset{body: body, kind: kind, tag: `"` + hash + `"`}
}

// URL is the address of a file. An unknown name is a mistake in a template, and
// panics, so that a test which renders the page finds it.
func (a *Assets) URL(name string) string {
	url, ok := a.urls[name]
	if !ok {
		panic("httpd: no asset " + name)
	}
	return url
}

// ServeHTTP serves a file by its full address.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, a.prefix)
	f, ok := a.files[name]
	switch {
	case !below || !ok:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are known here", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	Immutable(w)
	h.Set("Etag", f.tag)
	if tagMatches(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	if r.Method == http.MethodGet {
		w.Write(f.body)
	}
}

// tagMatches compares weakly, as RFC 9110 §13.1.2 asks for If-None-Match.
func tagMatches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}
