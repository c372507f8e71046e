package enginetest_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/worker"
)

// jam lets nothing through from a worker while it is closed.
type jam struct {
	mu     sync.Mutex
	closed chan struct{} // nil: open
}

func (j *jam) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = make(chan struct{})
}

func (j *jam) open() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed != nil {
		close(j.closed)
		j.closed = nil
	}
}

func (j *jam) wait() {
	j.mu.Lock()
	closed := j.closed
	j.mu.Unlock()
	if closed != nil {
		<-closed
	}
}

// jammed is a connection that waits at a jam.
type jammed struct {
	net.Conn
	jam *jam
}

// Write implements [net.Conn].
func (c jammed) Write(b []byte) (int, error) {
	c.jam.wait()
	return c.Conn.Write(b)
}

// Once the participants are fixed, workers may release, so only this attempt can give an answer: when too few
// of them are heard in time, the coordinator takes it up again from its store, and begins no other.
func TestCommittedAttemptIsTakenUpAgain(t *testing.T) {
	var j jam
	t.Cleanup(j.open)
	s := enginetest.New(t, enginetest.Options{
		Owners:      5,
		Coordinator: func(c *coordinator.Config) { c.Timing.Round = time.Second },
		Worker: func(id string, c *worker.Config) {
			if id == "owner4" || id == "owner5" {
				c.Link.Wrap = func(conn net.Conn) net.Conn { return jammed{conn, &j} }
			}
		},
	})
	s.Gates["owner1"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	for _, id := range []string{"owner4", "owner5"} {
		q.Until(heard(id, uint8(secagg.PhaseInput)))
	}
	j.close()
	s.Gates["owner1"].Open()
	s.Log.Until("attempt failed")
	s.Log.Until("attempt resumed")
	j.open()
	if answer := q.Want(s.Owners...); answer.Provenance.Attempt != 1 {
		t.Errorf("attempt %d, want the first one", answer.Provenance.Attempt)
	}
}
