package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Spec says what to start.
type Spec struct {
	Path string   // of the program
	Args []string // without the program's name
	Env  []string // added to the environment of this process
	Log  string   // file that takes standard output and error; appended to
	Tied bool     // the process is killed when this one dies, where the system can do that (Linux)
}

// Process is a program that was started, by this process or an earlier one.
type Process struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // when it started, as the operating system says it

	exited chan struct{} // closed when a child of this process has been reaped; nil otherwise
}

// Start starts a program in a process group of its own, so that Ctrl-C at the
// terminal does not reach it.
func Start(spec Spec) (*Process, error) {
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env = append(os.Environ(), spec.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes(spec.Tied)
	if err := launch(cmd); err != nil {
		return nil, err
	}
	p := &Process{PID: cmd.Process.Pid, exited: make(chan struct{})}
	if p.Start, err = startTime(p.PID); err != nil {
		err = errors.Join(err, cmd.Process.Kill(), cmd.Wait())
		return nil, fmt.Errorf("process %d: %w", p.PID, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.exited)
	}()
	return p, nil
}

// Alive reports whether the process still runs.
func (p *Process) Alive() bool {
	if p.exited != nil {
		select {
		case <-p.exited:
			return false
		default:
		}
	}
	start, err := startTime(p.PID)
	return err == nil && start == p.Start
}

// Exited is closed when the process has ended; nil if it was not started by this
// process.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Stop asks the process to end and kills it when ctx is done. It returns when the
// process is gone, and does nothing if it already is.
func (p *Process) Stop(ctx context.Context) error {
	if !p.Alive() {
		return nil
	}
	if err := terminate(p.PID); err != nil && p.Alive() {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	if p.gone(ctx) {
		return nil
	}
	if err := kill(p.PID); err != nil && p.Alive() {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if !p.gone(last) {
		return fmt.Errorf("process %d survived its killing", p.PID)
	}
	return nil
}

// gone waits until the process has ended or ctx is done.
func (p *Process) gone(ctx context.Context) bool {
	wait := 2 * time.Millisecond
	for p.Alive() {
		select {
		case <-ctx.Done():
			return false
		case <-p.exited: // nil blocks for ever
			return true
		case <-time.After(wait):
			wait = min(2*wait, 200*time.Millisecond)
		}
	}
	return true
}
