package coordinator

import (
	"slices"
	"time"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/protocol"
	"github.com/tacit-space/tacit/engine/runner"
	"github.com/tacit-space/tacit/engine/transport"
)

// phases turns what a runner sees into progress. Its methods run on the
// goroutine of the runner.
type phases struct {
	a        *attempt
	phase    session.Phase
	since    time.Time
	heard    map[session.Party]bool // in this phase
	expected int                    // participants that are not gone
}

func (w *phases) entered(p session.Phase) {
	w.left()
	w.a.entered()
	w.phase, w.since, w.heard = p, time.Now(), map[session.Party]bool{}
	w.tell("phase", 0)
}

// left records how long the phase took.
func (w *phases) left() {
	if !w.since.IsZero() {
		w.a.j.c.Metrics.Phase(protocol.PhaseName(w.phase), time.Since(w.since))
	}
}

func (w *phases) observe(s runner.Seen) {
	if s.Err != nil {
		return
	}
	switch e := s.Event.(type) {
	case session.Message:
		if s.Phase != w.phase || w.heard[e.From] {
			return // it ended its phase, which has been told
		}
		w.heard[e.From] = true
		w.tell("heard", e.From)
	case session.Gone:
		w.expected--
		w.tell("dropped", e.Party)
	case session.Deadline:
		w.a.silent = w.silent(e.Phase)
	}
}

// silent returns the participants that have not spoken in a phase that is over.
func (w *phases) silent(p session.Phase) []session.Party {
	if p != w.phase {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.a.participants), func(p session.Party) bool { return w.heard[p] })
}

func (w *phases) tell(event string, about session.Party) {
	w.a.j.tell(func(p *transport.Progress) {
		p.Attempt, p.Phase, p.Event = w.a.number, uint8(w.phase), event
		p.Heard, p.Expected = uint32(len(w.heard)), uint32(w.expected)
		if about != session.Coordinator {
			p.Member = w.a.j.nameOf(about)
		}
	})
}
