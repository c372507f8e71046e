//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/lab"
)

const charterText = `tacit: charter/v1
space: e2e
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 4, tolerated_corruption: 1}
tables:
  - name: t
    min_cohort: 1
    max_rows: 10
    columns:
      - {name: x, type: integer, role: measure, range: ["-100000000000000000", "100000000000000000"]}
`

const question = "SELECT COUNT(*) AS n, SUM(x) AS s FROM t"

// A table in which small groups are suppressed.
const guardedCharterText = `tacit: charter/v1
space: e2e
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 4, tolerated_corruption: 1}
tables:
  - name: t
    min_cohort: 5
    max_rows: 10
    columns:
      - {name: g, type: text, role: category, nullable: false, domain: [big, none, small]}
      - {name: x, type: integer, role: measure, nullable: false, range: ["-100000000000000000", "100000000000000000"]}
`

const guardedQuestion = "SELECT g, COUNT(*) AS n, SUM(x) AS s FROM t GROUP BY g ORDER BY g"

// owners is how many there are; a question needs four of them.
const owners = 5

func owner(i int) string { return fmt.Sprintf("owner-%d", i+1) }

// space is a lab that is up, of five owners with two rows each.
type space struct {
	*lab.Lab
	t       *testing.T
	values  [owners][2]int64
	guarded bool             // values are those of the group big; another has too few rows to be shown
	started map[string]*role // in place of the lab's own processes
}

// in returns the space for a subtest.
func (s *space) in(t *testing.T) *space {
	c := *s
	c.t = t
	return &c
}

func newSpace(t *testing.T, values [owners][2]int64) *space {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "charter.yaml"), charterText)
	writeRows(t, dir, values)
	return up(t, dir, values, false)
}

// writeRows writes the two rows of each owner.
func writeRows(t *testing.T, dir string, values [owners][2]int64) {
	t.Helper()
	for i, v := range values {
		write(t, filepath.Join(dir, "owners", owner(i), "t.csv"), fmt.Sprintf("x\n%d\n%d\n", v[0], v[1]))
	}
}

// newGuardedSpace has the values in the group big, and the small ones, of the first
// owners, in a group of fewer than min_cohort rows.
func newGuardedSpace(t *testing.T, values [owners][2]int64, small ...int64) *space {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "charter.yaml"), guardedCharterText)
	for i, v := range values {
		text := fmt.Sprintf("g,x\nbig,%d\nbig,%d\n", v[0], v[1])
		if i < len(small) {
			text += fmt.Sprintf("small,%d\n", small[i])
		}
		write(t, filepath.Join(dir, "owners", owner(i), "t.csv"), text)
	}
	return up(t, dir, values, true)
}

// up starts the lab in dir.
func up(t *testing.T, dir string, values [owners][2]int64, guarded bool) *space {
	t.Helper()
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Program, l.Tied = binary, true
	s := &space{l, t, values, guarded, map[string]*role{}}
	t.Cleanup(func() {
		for _, r := range s.started {
			_ = r.Process.Kill()
		}
		if err := l.Down(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			showLogs(t, dir)
		}
	})
	if err := l.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func showLogs(t *testing.T, dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, ".lab", "log", "*"))
	for _, file := range logs {
		text, _ := os.ReadFile(file)
		t.Logf("%s:\n%s", filepath.Base(file), text[max(0, len(text)-3000):])
	}
}

// pid returns the process of a member.
func (s *space) pid(name string) int {
	s.t.Helper()
	list, err := s.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, status := range list {
		if status.Name == name {
			return status.PID
		}
	}
	s.t.Fatalf("no process of %s", name)
	return 0
}

// role is a process of a member that the test starts itself.
type role struct {
	*exec.Cmd
	ended chan error
}

// replace kills the member's process with SIGKILL and starts another with env.
func (s *space) replace(name string, env ...string) *role {
	s.t.Helper()
	if r := s.started[name]; r != nil {
		_ = r.Process.Kill()
		<-r.ended
		return s.start(name, env...)
	}
	pid := s.pid(name)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	for alive(pid) {
		runtime.Gosched()
	}
	return s.start(name, env...)
}

// alive reports whether a process still holds its files and ports: it does until the last of
// its threads is gone, when the first may long be a zombie.
func alive(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, file := range threads {
		stat, err := os.ReadFile(file)
		if err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ") {
			return true
		}
	}
	return false
}

// start starts a process of the member, and waits until a coordinator listens.
func (s *space) start(name string, env ...string) *role {
	s.t.Helper()
	r := s.launch(name, env...)
	if name == lab.CoordinatorID && !s.listens(r) {
		s.t.Fatalf("%s does not start", name)
	}
	return r
}

// listens waits until the coordinator accepts connections or is killed; false: it ended
// by itself.
func (s *space) listens(r *role) bool {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		c, err := net.Dial("tcp", s.address())
		if err == nil {
			c.Close()
		}
		select {
		case why := <-r.ended:
			r.ended <- why
			return killed(why)
		default:
		}
		if err == nil {
			return true
		}
	}
	return false
}

func (s *space) launch(name string, env ...string) *role {
	s.t.Helper()
	kind := "worker"
	if name == lab.CoordinatorID {
		kind = "coordinator"
	}
	log, err := os.OpenFile(filepath.Join(s.Dir, ".lab", "log", name+".log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	r := &role{exec.Command(binary, kind, "--config", filepath.Join(s.Dir, ".lab", "conf", name+".yaml")), make(chan error, 1)}
	r.Env = append(os.Environ(), env...)
	r.Stderr = log
	r.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.started[name] = r
	go func() { r.ended <- r.Wait() }()
	return r
}

// address returns where the coordinator listens.
func (s *space) address() string {
	s.t.Helper()
	profile, err := os.ReadFile(s.Profile())
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(profile)) {
		if address, ok := strings.CutPrefix(line, "coordinator: "); ok {
			return strings.Trim(strings.TrimSpace(address), `"`)
		}
	}
	s.t.Fatalf("no coordinator in %s", profile)
	return ""
}

// killed reports whether err says that a process was ended by SIGKILL.
func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// asking is a question under way.
type asking struct {
	out chan answered
}

type answered struct {
	text string
	err  error
}

func (s *space) question() string {
	if s.guarded {
		return guardedQuestion
	}
	return question
}

func (s *space) ask(env ...string) asking { return s.askWith(nil, env...) }

// askWith asks with more flags.
func (s *space) askWith(flags []string, env ...string) asking {
	a := asking{make(chan answered, 1)}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		args := append([]string{"--config", s.Profile(), "query", "--format", "json", s.question()}, flags...)
		c := exec.CommandContext(ctx, binary, args...)
		c.Env = append(os.Environ(), env...)
		out, err := c.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		a.out <- answered{string(out), err}
	}()
	return a
}

// check wants the sum over those who took part, at least four owners, and no number of a
// small group.
func (s *space) check(text string) {
	s.t.Helper()
	var doc struct {
		Rows [][]any
		Job  struct{ Participants []struct{ Member string } }
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	sum, n := new(big.Int), 0
	for i, v := range s.values {
		for _, p := range doc.Job.Participants {
			if p.Member == owner(i) {
				sum.Add(sum, big.NewInt(v[0])).Add(sum, big.NewInt(v[1]))
				n += 2
			}
		}
	}
	want := fmt.Sprintf("[[%d %v]]", n, sum)
	if s.guarded {
		const hidden = "map[below:5]"
		want = fmt.Sprintf("[[big %d %v] [none %s %s] [small %s %s]]", n, sum, hidden, hidden, hidden, hidden)
	}
	if got := fmt.Sprint(doc.Rows); n < 8 || got != want {
		s.t.Fatalf("wrong answer %s, want %s over %v", got, want, doc.Job.Participants)
	}
}
