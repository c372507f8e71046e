//go:build tacitcrash

package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// childVariable names the file with the orders of a role in a process of its own.
const childVariable = "TACIT_TEST_CHILD"

// orders are what a role in a process of its own has to know.
type orders struct {
	Member  string
	Bundle  string // file
	Seed    []byte
	Store   string
	Address string
	Data    string // file of an owner's rows

	Approval config.Approval // of an owner
	Poll     time.Duration
}

// Process is a role in a process of its own, which may be killed.
type Process struct {
	cmd       *exec.Cmd
	listening chan struct{} // closed when it writes to its output
	done      chan struct{} // closed when it ended
	err       error
}

// Listening waits until a coordinator accepts connections.
func (p *Process) Listening() {
	select {
	case <-p.listening:
	case <-p.done:
	}
}

// signal is a log whose first line says that the process listens.
type signal struct {
	once   sync.Once
	raised chan struct{}
	log    *Log
}

// Write implements io.Writer.
func (s *signal) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.raised) })
	return s.log.Write(b)
}

// Done is closed when the process ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Killed waits for the end of the process and reports whether a crash point
// killed it. It stops waiting, and kills it, when other is closed first.
func (p *Process) Killed(other <-chan struct{}) bool {
	select {
	case <-p.done:
	case <-other:
		p.Kill()
		return false
	}
	var exit *exec.ExitError
	return errors.As(p.err, &exit) && !exit.Exited()
}

// Kill ends the process with SIGKILL.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// ReserveAddress takes a free port for a coordinator that is started later.
func (s *Space) ReserveAddress() {
	s.T.Helper()
	l, err := net.Listen("tcp", anyPort())
	s.must(err)
	s.Address = l.Addr().String()
	s.must(l.Close())
}

// StartProcess runs the role of a member in a process of its own, which kills
// itself at the n-th passage of a crash point; n = 0: never. The test binary has
// to call [RunChild] from TestMain.
func (s *Space) StartProcess(member string, point crashpoint.Point, n int) *Process {
	s.T.Helper()
	o := orders{
		Member: member, Bundle: filepath.Join(s.Folder, "space.json"), Seed: s.identities[member].Seed().Bytes(),
		Store: s.Store(member), Address: s.Address, Data: s.files[member],
	}
	if slices.Contains(s.Owners, member) {
		cfg := s.WorkerConfig(member)
		o.Approval, o.Poll = cfg.Approval, cfg.Poll
	}
	s.must(s.Bundle.WriteFile(o.Bundle))
	text, err := json.Marshal(o)
	s.must(err)
	file := filepath.Join(s.T.TempDir(), "orders.json")
	s.must(os.WriteFile(file, text, 0o600))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+file)
	if n > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("TACIT_TEST_CRASH=%s:%d", point, n))
	}
	ready := &signal{raised: make(chan struct{}), log: s.Log}
	cmd.Stdout, cmd.Stderr = ready, s.Log
	s.must(cmd.Start())
	p := &Process{cmd: cmd, done: make(chan struct{}), listening: ready.raised}
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
	}()
	s.T.Cleanup(p.Kill)
	return p
}

// Publish writes the bundle to the file that roles in processes of their own look at.
func (s *Space) Publish() {
	s.T.Helper()
	s.must(s.Bundle.WriteFile(filepath.Join(s.Folder, "space.json")))
}

// RunChild plays a role, and does not return, if this process was started by
// [Space.StartProcess].
func RunChild() {
	file := os.Getenv(childVariable)
	if file == "" {
		return
	}
	if err := play(file); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func play(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var o orders
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	bundle, err := charter.ReadBundle(o.Bundle)
	if err != nil {
		return err
	}
	id := identity.FromSeed([identity.SeedSize]byte(o.Seed))
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("process", o.Member)
	link := transport.ClientConfig{Address: o.Address, Proxy: "direct", Timing: timing(), Software: "test"}
	ctx := context.Background()
	updates := make(chan *charter.Bundle)
	go bundle.Watch(ctx, o.Bundle, 5*time.Millisecond, func(b *charter.Bundle) { updates <- b }, func(error) {})
	switch o.Member {
	case CoordinatorID:
		return coordinator.Run(ctx, coordinator.Config{
			Bundle: bundle, Identity: id, Store: o.Store, Log: log, Timing: quick(), Updates: updates,
			Server: transport.ServerConfig{Listen: o.Address, Timing: timing(), Software: "test"},
			Ready:  func(net.Addr) { fmt.Println("listening") },
		})
	case AnalystID:
		_, err := analyst.Ask(ctx, analyst.Config{
			Bundle: bundle, Self: o.Member, Identity: id, Store: o.Store, Client: link, Log: log,
		}, Query, analyst.Options{Deliver: deliver})
		return err
	}
	engine, err := openTable(o.Data, bundle)
	if err != nil {
		return err
	}
	defer engine.Close()
	return worker.Run(ctx, worker.Config{
		Bundle: bundle, Self: o.Member, Identity: id, Store: o.Store, Source: engine, Link: link, Log: log, Updates: updates,
		Approval: o.Approval, Poll: o.Poll,
	})
}

// deliver writes the answer where the log of the test shows it.
func deliver(a *analyst.Answer) error { return a.Table.WriteCSV(os.Stdout) }
