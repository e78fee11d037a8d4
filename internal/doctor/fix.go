package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/selfsame-dev/selfsame/internal/fault"
)

// Fix is a change that can be taken back: what it replaces is kept beside, with .bak
// behind its name.
type Fix struct {
	Edits []Edit
	Do    [][]string // programs that change the files named in Edits
	Check []string   // a program that accepts the new files, or they are put back
	Then  [][]string // programs that make it count, once when all fixes are made
}

// Edit is a change of one file.
type Edit struct {
	Path string
	Mode fs.FileMode             // to be set; without a Text it is all that changes
	Text func(old string) string // nil: the text stays, or a program of Do changes it
}

// Change is what a fix made of a file, for people.
type Change struct {
	Path          string      `json:"path"`
	Before, After string      `json:"-"`
	WasMode       fs.FileMode `json:"-"`
	Mode          fs.FileMode `json:"-"`
	Backup        string      `json:"backup,omitempty"`
}

// Lines are the lines that go and come, behind a minus and a plus.
func (c *Change) Lines() []string {
	var out []string
	if c.WasMode != c.Mode && c.WasMode != 0 {
		out = append(out, "- mode 0"+octal(c.WasMode), "+ mode 0"+octal(c.Mode))
	}
	return append(out, difference(c.Before, c.After)...)
}

// state is a file before or after a fix.
type state struct {
	text  string
	mode  fs.FileMode
	there bool
}

func (m *Machine) state(path string) (state, error) {
	full := m.path(path)
	st, err := os.Stat(full)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	b, err := os.ReadFile(full)
	return state{string(b), st.Mode().Perm(), true}, err
}

// Preview tells what a fix would change. What a program would change is not known
// before it ran: it is told by its command line.
func (m *Machine) Preview(f *Fix) (changes []Change, programs [][]string, err error) {
	for _, e := range f.Edits {
		was, err := m.state(e.Path)
		if err != nil {
			return nil, nil, err
		}
		if is := e.of(was); is != was {
			changes = append(changes, Change{Path: e.Path, Before: was.text, After: is.text, WasMode: was.mode, Mode: is.mode})
		}
	}
	return changes, f.Do, nil
}

// of is what an edit makes of a file.
func (e *Edit) of(was state) state {
	is := was
	if e.Text != nil {
		is.text, is.there = e.Text(was.text), true
	}
	// The mode of a file that is there is its owner's choice, unless it is the fault.
	if e.Mode != 0 && (e.Text == nil || !was.there) {
		is.mode = e.Mode
	}
	if is.mode == 0 && is.there {
		is.mode = 0o600
	}
	return is
}

// Apply makes a change, and says what it made. When the new files are not accepted
// all of them are put back.
func (m *Machine) Apply(ctx context.Context, f *Fix) (changes []Change, err error) {
	was := make([]state, len(f.Edits))
	for i, e := range f.Edits {
		if was[i], err = m.state(e.Path); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			for i, e := range f.Edits {
				err = errors.Join(err, m.restore(e.Path, was[i]))
			}
			changes = nil
		}
	}()
	backups := make([]string, len(f.Edits))
	for i, e := range f.Edits {
		is := e.of(was[i])
		if was[i].there && is.text != was[i].text {
			if backups[i], err = m.keep(e.Path, was[i]); err != nil {
				return nil, err
			}
		}
		if is != was[i] {
			if err = m.write(e.Path, is); err != nil {
				return nil, err
			}
		}
	}
	for _, argv := range f.Do {
		if err = m.must(ctx, argv); err != nil {
			return nil, err
		}
	}
	if f.Check != nil {
		if err = m.must(ctx, f.Check); err != nil {
			return nil, err
		}
	}
	for i, e := range f.Edits {
		is, serr := m.state(e.Path)
		if serr != nil {
			return nil, serr
		}
		if e.Text == nil && was[i].there && is.text != was[i].text { // a program's doing
			if backups[i], err = m.keep(e.Path, was[i]); err != nil {
				return nil, err
			}
		}
		if is != was[i] {
			changes = append(changes, Change{Path: e.Path, Before: was[i].text, After: is.text, WasMode: was[i].mode, Mode: is.mode, Backup: backups[i]})
		}
	}
	return changes, nil
}

// must runs a program that has to succeed.
func (m *Machine) must(ctx context.Context, argv []string) error {
	out, err := m.Run(ctx, argv[0], argv[1:]...)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "%s: %s", strings.Join(argv, " "), strings.TrimSpace(out)).
			WithHint("nothing was changed by this fix")
	}
	return nil
}

// Finish runs what makes fixes count, each once, and returns what did not succeed: a
// service that is not there has nothing to take up.
func (m *Machine) Finish(ctx context.Context, fixes []*Fix) (failed []string) {
	var done []string
	for _, f := range fixes {
		for _, argv := range f.Then {
			line := strings.Join(argv, " ")
			if slices.Contains(done, line) {
				continue
			}
			done = append(done, line)
			if out, err := m.Run(ctx, argv[0], argv[1:]...); err != nil && !missing(err) {
				failed = append(failed, fmt.Sprintf("%s: %s", line, strings.TrimSpace(out)))
			}
		}
	}
	return failed
}

// keep copies a file beside itself, as it was before the first of several fixes, and
// under a name that is free: an earlier copy may be the only one of what an
// administrator wrote.
func (m *Machine) keep(path string, was state) (name string, err error) {
	if name, ok := m.kept[path]; ok {
		return name, nil
	}
	defer func() {
		if m.kept == nil {
			m.kept = make(map[string]string)
		}
		if err == nil {
			m.kept[path] = name
		}
	}()
	for n := 1; ; n++ {
		name := path + ".bak"
		if n > 1 {
			name += strconv.Itoa(n)
		}
		f, err := os.OpenFile(m.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, was.mode)
		if errors.Is(err, fs.ErrExist) {
			if old, err := os.ReadFile(m.path(name)); err == nil && string(old) == was.text {
				return name, nil
			}
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.WriteString(was.text)
		return name, errors.Join(err, m.likeIts(path, f.Name()), f.Close())
	}
}

// write replaces a file at once: a reader sees the old one or the new one. A link is
// followed, so that it stays one.
func (m *Machine) write(path string, is state) error {
	full := m.path(path)
	if target, err := filepath.EvalSymlinks(full); err == nil {
		full = target
	}
	if old, err := os.ReadFile(full); err == nil && string(old) == is.text {
		return os.Chmod(full, is.mode)
	}
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(full), ".selfsame-")
	if err != nil {
		return err
	}
	_, err = f.WriteString(is.text)
	err = errors.Join(err, f.Chmod(is.mode), m.likeIts(path, f.Name()), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), full)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// likeIts gives a new file the owner of the one it stands for; one that is new
// belongs to who runs the doctor. A file that nobody but root may own is then root's.
func (m *Machine) likeIts(path, file string) error {
	st, err := os.Stat(m.path(path))
	if err != nil {
		return nil
	}
	if own, ok := ids(st); ok {
		return os.Chown(file, own[0], own[1])
	}
	return nil
}

func (m *Machine) restore(path string, was state) error {
	if !was.there {
		err := os.Remove(m.path(path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return m.write(path, was)
}
