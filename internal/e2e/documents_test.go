//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A block is a fenced piece of a document that begins with "```sh". The words after
// it say on which machine it is typed, and whether it is meant to fail. A piece that begins
// with "```text" and follows it is what it prints.
type block struct {
	line   int
	host   string
	fails  bool
	text   string
	prints string
}

var fence = regexp.MustCompile("(?ms)^```(sh|text)([^\n]*)\n(.*?)^```$")

func blocksOf(t *testing.T, file string) []block {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, m := range fence.FindAllSubmatchIndex(text, -1) {
		kind, words, content := string(text[m[2]:m[3]]), string(text[m[4]:m[5]]), string(text[m[6]:m[7]])
		if kind == "text" {
			if len(blocks) > 0 {
				blocks[len(blocks)-1].prints += content
			}
			continue
		}
		b := block{line: 1 + bytes.Count(text[:m[0]], []byte("\n")), text: content}
		for _, word := range strings.Fields(words) {
			if word == "fails" {
				b.fails = true
			} else {
				b.host = word
			}
		}
		blocks = append(blocks, b)
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no commands", file)
	}
	return blocks
}

// TestReadme follows the README in an empty folder and an empty home directory,
// cloning this checkout instead of the public one. What it shows of the demo is printed.
func TestReadme(t *testing.T) {
	repo := repository(t)
	s := newShell(t)
	s.preamble = fmt.Sprintf(`git() { if [ "$1" = clone ]; then command git clone -q %q tacit; else command git "$@"; fi; }
`, repo)
	var script strings.Builder
	for _, b := range blocksOf(t, filepath.Join(repo, "README.md")) {
		script.WriteString(b.text)
	}
	printed := s.run(block{line: 1, text: script.String()}, nil)
	readme, err := os.ReadFile(filepath.Join(repo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(readme), "```text\n")
	shown, _, ended := strings.Cut(shown, "```")
	if !found || !ended {
		t.Fatal("the README shows nothing that the demo prints")
	}
	for line := range strings.Lines(shown) {
		if line != "…\n" && !strings.Contains(printed, line) {
			t.Errorf("the README shows a line that is not printed: %s", line)
		}
	}
}

// TestTutorial follows the tutorial with a folder for each machine, and scp between
// the folders.
func TestTutorial(t *testing.T) {
	s := newShell(t)
	s.path = filepath.Dir(binary) + ":"
	s.preamble = fmt.Sprintf(`scp() { cp "$1" %q/"${2%%.example:*}/${2#*:}"; }
`, s.dir)
	address := freeAddress(t)
	replace := strings.NewReplacer("north.example:7443", address, "listen: :7443", "listen: "+address)
	for _, b := range blocksOf(t, filepath.Join(repository(t), "docs", "tutorial.md")) {
		s.wants(b, s.run(b, replace))
		if strings.Contains(b.text, "tacit coordinator ") {
			awaitListener(t, address)
		}
	}
	answer, err := os.ReadFile(filepath.Join(s.dir, "south", "answer.json"))
	if err != nil || !strings.Contains(string(answer), "8") {
		t.Errorf("answer.json is %s, %v", answer, err)
	}
}

// TestWalkthrough follows docs/walkthrough.md, and wants printed what the document shows.
func TestWalkthrough(t *testing.T) { follow(t, "walkthrough.md") }

// TestPrivacyDocument follows docs/privacy.md.
func TestPrivacyDocument(t *testing.T) { follow(t, "privacy.md") }

// TestCostsDocument follows docs/costs.md, whose figures are there.
func TestCostsDocument(t *testing.T) {
	follow(t, "costs.md")
	docs := filepath.Join(repository(t), "docs")
	text, err := os.ReadFile(filepath.Join(docs, "costs.md"))
	if err != nil {
		t.Fatal(err)
	}
	figures := regexp.MustCompile(`\]\((costs/[^)]+)\)`).FindAllSubmatch(text, -1)
	if len(figures) == 0 {
		t.Fatal("no figures")
	}
	for _, m := range figures {
		if _, err := os.Stat(filepath.Join(docs, string(m[1]))); err != nil {
			t.Error(err)
		}
	}
}

// TestStatistics follows docs/statistics: the page that begins, then every other one, in one lab.
func TestStatistics(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(repository(t), "docs", "statistics", "*.md"))
	if err != nil || len(pages) < 2 {
		t.Fatal("no pages: ", err)
	}
	documents := []string{"statistics/README.md"}
	for _, page := range pages {
		if name := "statistics/" + filepath.Base(page); name != documents[0] {
			documents = append(documents, name)
		}
	}
	follow(t, documents...)
}

// TestStudiesDocument follows docs/studies.md, whose commands compare their answers with the expected ones. The
// figures of the page are those that are drawn.
func TestStudiesDocument(t *testing.T) {
	dir := follow(t, "studies.md")
	figures, err := filepath.Glob(filepath.Join(repository(t), "docs", "studies", "*.svg"))
	if err != nil || len(figures) == 0 {
		t.Fatal("no figures: ", err)
	}
	for _, file := range figures {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		drawn, _ := filepath.Glob(filepath.Join(dir, "*-study", filepath.Base(file)))
		if len(drawn) != 1 {
			t.Errorf("%s is drawn %d times", filepath.Base(file), len(drawn))
			continue
		}
		if got, err := os.ReadFile(drawn[0]); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not the figure of the page (%v)", drawn[0], err)
		}
	}
}

// follow runs the commands of documents in a folder that has the examples, and returns the folder.
func follow(t *testing.T, documents ...string) (dir string) {
	t.Helper()
	repo := repository(t)
	s := newShell(t)
	s.path = filepath.Dir(binary) + ":"
	if err := os.Symlink(filepath.Join(repo, "examples"), filepath.Join(s.dir, "examples")); err != nil {
		t.Fatal(err)
	}
	takeDown(t, s.dir)
	for _, document := range documents {
		for _, b := range blocksOf(t, filepath.Join(repo, "docs", document)) {
			s.wants(b, s.run(b, nil))
		}
	}
	return s.dir
}

// TestFounders follows docs/founders.md in an empty folder.
func TestFounders(t *testing.T) {
	s := newShell(t)
	s.path = filepath.Dir(binary) + ":"
	takeDown(t, s.dir)
	for _, b := range blocksOf(t, filepath.Join(repository(t), "docs", "founders.md")) {
		s.wants(b, s.run(b, nil))
	}
}

// TestOwners follows docs/owners.md at West.
func TestOwners(t *testing.T) {
	s := newShell(t)
	s.clinic("worker=west")
	for _, b := range blocksOf(t, filepath.Join(repository(t), "docs", "owners.md")) {
		s.wants(b, s.run(b, nil))
	}
}

// TestLedgerDocument follows docs/ledger.md at North, with South as the other member.
func TestLedgerDocument(t *testing.T) {
	s := newShell(t)
	s.clinic("worker=north", "other=south")
	var provenance struct{ Job string }
	text, err := os.ReadFile(filepath.Join(s.dir, "answer.csv.provenance.json"))
	if err == nil {
		err = json.Unmarshal(text, &provenance)
	}
	if err != nil {
		t.Fatal(err)
	}
	replace := strings.NewReplacer("6f…", provenance.Job, "2026-11", time.Now().UTC().Format("2006-01"))
	for _, b := range blocksOf(t, filepath.Join(repository(t), "docs", "ledger.md")) {
		s.wants(b, s.run(b, replace))
	}
}

// clinic brings examples/control up, where one question was answered, and all but North exported
// their ledgers. A configuration NAME.yaml is that of a member: NAME=MEMBER.
func (s *shell) clinic(configs ...string) {
	s.t.Helper()
	s.path = filepath.Dir(binary) + ":"
	takeDown(s.t, s.dir)
	script := fmt.Sprintf(`cp -r %q/examples/control clinic
tacit lab up clinic
export TACIT_CONFIG=$PWD/clinic/.lab/conf/analyst.yaml
tacit query --purpose "survival study" -o answer.csv "SELECT COUNT(*) FROM lung"
for member in hub south west; do tacit ledger export --config clinic/.lab/conf/$member.yaml -o $member.tlx; done
tacit ledger export -o ada.tlx
cp clinic/.lab/space.json .
`, repository(s.t))
	for _, c := range configs {
		name, member, _ := strings.Cut(c, "=")
		script += fmt.Sprintf("sed \"s|\\.\\./\\.\\./|$PWD/clinic/|; s|\\.\\./|$PWD/clinic/.lab/|\" clinic/.lab/conf/%s.yaml > %s.yaml\n", member, name)
	}
	s.run(block{text: script}, nil)
}

// takeDown stops the labs below a folder at the end, if a test leaves them running.
func takeDown(t *testing.T, folder string) {
	t.Cleanup(func() {
		made, _ := filepath.Glob(filepath.Join(folder, "*", ".lab"))
		for _, dir := range made {
			_, _ = tacit(t, nil, "lab", "down", filepath.Dir(dir))
		}
	})
}

// wants checks that the lines that a document shows were printed, in their order. In them
// "…" stands for anything, and a space for any number.
func (s *shell) wants(b block, printed string) {
	s.t.Helper()
	rest := strings.Split(printed, "\n")
	for i := range rest {
		rest[i] = plainSpaces(rest[i])
	}
	for line := range strings.Lines(b.prints) {
		parts := strings.Split(plainSpaces(line), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
		at := slices.IndexFunc(rest, pattern.MatchString)
		if at < 0 {
			s.t.Fatalf("the block at line %d does not print %q:\n%s\nprinted:\n%s", b.line, strings.TrimSpace(line), b.text, printed)
		}
		rest = rest[at+1:]
	}
}

func plainSpaces(line string) string { return strings.Join(strings.Fields(line), " ") }

// shell runs blocks with bash, stopping at the first error of a block.
type shell struct {
	t        *testing.T
	dir      string
	path     string // put in front of PATH
	preamble string
	exports  map[string]string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	return &shell{t: t, dir: t.TempDir(), exports: map[string]string{}}
}

// run runs a block on its host and returns what it printed.
func (s *shell) run(b block, replace *strings.Replacer) string {
	s.t.Helper()
	text := b.text
	if replace != nil {
		text = replace.Replace(text)
	}
	home := filepath.Join(s.dir, b.host)
	if err := os.MkdirAll(home, 0o755); err != nil {
		s.t.Fatal(err)
	}
	out, err := os.CreateTemp(s.t.TempDir(), "out-") // a file: services outlive the block and keep it open
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	c := exec.Command("bash", "-e", "-o", "pipefail", "-c", s.preamble+s.exports[b.host]+text)
	c.Dir = home
	c.Env = append(os.Environ(), "PATH="+s.path+os.Getenv("PATH"), "HOME="+home, "GOPATH="+goEnv(s.t, "GOPATH"), "GOCACHE="+goEnv(s.t, "GOCACHE"), "GOMODCACHE="+goEnv(s.t, "GOMODCACHE"))
	c.Stdout, c.Stderr = out, out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	group := -c.Process.Pid
	s.t.Cleanup(func() { _ = syscall.Kill(group, syscall.SIGTERM) })
	failed := c.Wait()
	s.remember(b.host, text)
	printed, _ := os.ReadFile(out.Name())
	if (failed != nil) != b.fails {
		s.t.Fatalf("the block at line %d ended with %v:\n%s\nprinted:\n%s", b.line, failed, text, printed)
	}
	return string(printed)
}

// remember keeps what a block exports, as the terminal of its machine would.
func (s *shell) remember(host, text string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "export ") {
			s.exports[host] += line
		}
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func awaitListener(t *testing.T, address string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody listens on %s", address)
		}
	}
}
