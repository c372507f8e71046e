//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/lab/process"
)

// program copies the test binary to where it is called tacit (see TestMain).
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tacit")
	if os.Link(self, path) == nil {
		return path
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// labOf makes a lab of three owners.
func labOf(t *testing.T, tacit string) string {
	t.Helper()
	dir := t.TempDir()
	csv := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(csv, []byte("x,g\n10,a\n20,b\n30,a\n40,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lab := filepath.Join(dir, "lab")
	mustRun(t, tacit, "lab", "init", lab, "--from", csv, "--owners", "3", "--min-cohort", "1")
	t.Cleanup(func() {
		mustRun(t, tacit, "lab", "down", lab)
		if left := processes(dir); len(left) > 0 {
			t.Errorf("left running:\n%s", strings.Join(left, "\n"))
		}
	})
	return lab
}

func mustRun(t *testing.T, tacit string, args ...string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	c := exec.Command(tacit, args...)
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("tacit %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out.String()
}

// background is a running command whose standard error is read line by line.
type background struct {
	*exec.Cmd
	lines *bufio.Scanner
	all   strings.Builder
}

func begin(t *testing.T, tacit string, args ...string) *background {
	t.Helper()
	b := &background{Cmd: exec.Command(tacit, args...)}
	in, err := b.StdinPipe() // stays open: a read of it blocks
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	stderr, err := b.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.lines = bufio.NewScanner(stderr)
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// until reads standard error until a line holds a word.
func (b *background) until(t *testing.T, word string) {
	t.Helper()
	for b.lines.Scan() {
		b.all.WriteString(b.lines.Text() + "\n")
		if strings.Contains(b.lines.Text(), word) {
			return
		}
	}
	t.Fatalf("standard error ended without %q:\n%s", word, b.all.String())
}

// end reads the rest of standard error and returns the exit code, -1 for a signal.
func (b *background) end(t *testing.T) int {
	t.Helper()
	for b.lines.Scan() {
		b.all.WriteString(b.lines.Text() + "\n")
	}
	err := b.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return b.ProcessState.ExitCode()
}

// records are the running roles of a lab, once there are n.
func records(t *testing.T, lab string, n int) map[string]*process.Process {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		found := map[string]*process.Process{}
		paths, _ := filepath.Glob(filepath.Join(lab, ".lab", "run", "*.json"))
		for _, path := range paths {
			var role struct{ Process *process.Process }
			text, err := os.ReadFile(path)
			if err == nil && json.Unmarshal(text, &role) == nil {
				found[strings.TrimSuffix(filepath.Base(path), ".json")] = role.Process
			}
		}
		if len(found) == n {
			return found
		}
	}
	t.Fatalf("not %d roles after a minute", n)
	return nil
}

// TestInterruptedQuestionIsCancelled: with one of three workers stopped, nothing goes
// on, until Ctrl-C.
func TestInterruptedQuestionIsCancelled(t *testing.T) {
	tacit := program(t)
	lab := labOf(t, tacit)
	mustRun(t, tacit, "lab", "up", lab)
	stopped := records(t, lab, 4)["owner-2"].PID
	if err := syscall.Kill(stopped, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ask := begin(t, tacit, "query", "--lab", lab, "--progress", "SELECT SUM(x) FROM t")
	ask.until(t, "submitted")
	if err := ask.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := ask.end(t); code != exitInterrupted {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, ask.all.String())
	}
	if !strings.Contains(ask.all.String(), "was cancelled") {
		t.Errorf("not cancelled:\n%s", ask.all.String())
	}
	if err := syscall.Kill(stopped, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if jobs := mustRun(t, tacit, "jobs", "--lab", lab); !strings.Contains(jobs, "cancelled") {
		t.Errorf("jobs:\n%s", jobs)
	}
	if answer := mustRun(t, tacit, "query", "--lab", lab, "SELECT SUM(x) AS x FROM t"); !strings.Contains(answer, "100") {
		t.Errorf("the next question:\n%s", answer)
	}
}

func TestInterruptedLabRunLeavesNothing(t *testing.T) {
	tacit := program(t)
	lab := labOf(t, tacit)
	for _, roles := range []int{1, 4} { // while it starts, and while it waits for a question
		run := begin(t, tacit, "lab", "run", lab, "--", "query", "-")
		records(t, lab, roles)
		if err := run.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if code := run.end(t); code != exitInterrupted {
			t.Errorf("exit code %d, want %d:\n%s", code, exitInterrupted, run.all.String())
		}
		if left := processes(lab); len(left) > 0 {
			t.Errorf("left running:\n%s", strings.Join(left, "\n"))
		}
	}
}

func TestKilledLabRunTakesItsProcessesWithIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills the children of a killed process")
	}
	tacit := program(t)
	lab := labOf(t, tacit)
	run := begin(t, tacit, "lab", "run", lab, "--", "query", "-")
	roles := records(t, lab, 4)
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	run.end(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, p := range roles {
		for p.Alive() && ctx.Err() == nil {
			<-time.After(time.Millisecond)
		}
		if p.Alive() {
			t.Errorf("%s is alive", name)
		}
	}
	if answer := mustRun(t, tacit, "lab", "run", lab, "--query", "SELECT SUM(x) AS x FROM t"); !strings.Contains(answer, "100") {
		t.Errorf("the next run:\n%s", answer)
	}
}
