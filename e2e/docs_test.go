package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tutorial's commands run in its order, in a new folder.
func TestTheTutorialRuns(t *testing.T) {
	need(t, "sh")
	text, err := os.ReadFile("../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "SELFSAME_DATA="+filepath.Join(dir, "data"))
	write(t, filepath.Join(dir, "first-password"), adminPassword+"\n")
	ran := 0
	for _, command := range console(string(text)) {
		if strings.HasSuffix(command, "&") {
			startTutorialServer(t, dir, env)
			continue
		}
		c := exec.Command("sh", "-c", command)
		c.Dir, c.Env = dir, env
		if out, status := output(c); status != 0 {
			t.Fatalf("$ %s\nexit %d:\n%s", command, status, out)
		}
		ran++
	}
	if ran < 10 {
		t.Errorf("only %d commands were found", ran)
	}
}

// console lists the commands of a page: lines that begin with $ in console blocks.
func console(text string) (out []string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "```console":
			inside = true
		case line == "```":
			inside = false
		case inside && strings.HasPrefix(line, "$ "):
			out = append(out, strings.TrimPrefix(line, "$ "))
		}
	}
	return out
}

func startTutorialServer(t *testing.T, dir string, env []string) {
	t.Helper()
	// The tutorial's server is at the real ports; here at free ones.
	l := &lab{t: t, dir: dir, data: filepath.Join(dir, "data"), addr: "127.0.0.1"}
	l.onFreePorts()
	l.start()
	t.Cleanup(l.stop)
	eventually(t, "the server is ready", 10*time.Second, func() bool {
		c := exec.Command(program, "status")
		c.Env = env
		return c.Run() == nil
	})
}

// Links between the pages lead somewhere.
func TestDocsLinks(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, part := range strings.Split(string(text), "](")[1:] {
			target, _, _ := strings.Cut(part, ")")
			target, _, _ = strings.Cut(target, "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
