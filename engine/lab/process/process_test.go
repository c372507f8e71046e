package process

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary plays the children; TestMain switches on this variable.
const playing = "TACIT_TEST_PROCESS"

func TestMain(m *testing.M) {
	switch os.Getenv(playing) {
	case "sleeper":
		<-time.After(time.Hour) // ends by signal
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf")
		<-time.After(time.Hour)
	case "parent":
		parent()
	default:
		os.Exit(m.Run())
	}
}

// parent starts a tied child, prints its number, and waits for its own end.
func parent() {
	os.Setenv(playing, "sleeper")
	p, err := Start(Spec{Path: os.Args[0], Log: os.DevNull, Tied: true})
	if err != nil {
		panic(err)
	}
	out, _ := json.Marshal(p)
	os.Stdout.Write(append(out, '\n'))
	io.Copy(io.Discard, os.Stdin)
}

func start(t *testing.T, role string) *Process {
	t.Helper()
	return startLogging(t, role, filepath.Join(t.TempDir(), "log"))
}

func startLogging(t *testing.T, role, log string) *Process {
	t.Helper()
	p, err := Start(Spec{Path: os.Args[0], Env: []string{playing + "=" + role}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kill(p.PID) })
	return p
}

func TestStopEndsAProcess(t *testing.T) {
	p := start(t, "sleeper")
	if !p.Alive() {
		t.Fatal("not alive after its start")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Fatal("alive after Stop")
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal("second Stop:", err)
	}
}

func TestStopKillsOneThatDoesNotListen(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p := startLogging(t, "deaf", log)
	waitForLog(t, log, "deaf")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Fatal("alive after Stop")
	}
}

func waitForLog(t *testing.T, log, word string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if text, err := os.ReadFile(log); err == nil && strings.Contains(string(text), word) {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatalf("the child never said %q", word)
}

func TestFoundAgainFromItsRecord(t *testing.T) {
	p := start(t, "sleeper")
	record, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Process
	if err := json.Unmarshal(record, &again); err != nil {
		t.Fatal(err)
	}
	if !again.Alive() {
		t.Fatal("not found again")
	}
	other := Process{PID: p.PID, Start: "another time"}
	if other.Alive() {
		t.Fatal("a reused number counts as the old process")
	}
	if err := other.Stop(t.Context()); err != nil || !p.Alive() {
		t.Fatalf("a reused number was signalled (%v)", err)
	}
	if err := again.Stop(t.Context()); err != nil || p.Alive() {
		t.Fatalf("not stopped from its record: %v", err)
	}
}

func TestTiedChildDiesWithItsParent(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), playing+"=parent")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var child Process
	if err := json.Unmarshal(line, &child); err != nil {
		t.Fatal(err)
	}
	if !child.Alive() {
		t.Fatal("child not alive: " + strconv.Itoa(child.PID))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if !child.gone(ctx) {
		_ = kill(child.PID)
		t.Fatal("the child outlived its killed parent")
	}
}
