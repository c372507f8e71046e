package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/transport"
)

// progress is one line on standard error that changes while a job runs; on what is
// no terminal, a line for each change.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	live  bool            // rewrite the line
	ask   map[string]bool // owners at which a person has to decide
	last  string
	round string // of a study, from the second on
}

// next says that another round of a study begins.
func (p *progress) next(round, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.round = fmt.Sprintf("round %d of at most %d: ", round, most)
}

// newProgress shows nothing unless standard error is a terminal or --progress is set.
func (a *app) newProgress() *progress {
	p := &progress{w: io.Discard, live: terminal(a.err)}
	if (p.live && !a.json()) || a.progress {
		p.w = a.err
	}
	return p
}

func (p *progress) event(e transport.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits(e)
	line := describe(e)
	if e.State == transport.Submitted && len(p.ask) > 0 {
		line = waitsAt(slices.Sorted(maps.Keys(p.ask)))
	}
	line = p.round + line
	if line == p.last {
		return
	}
	p.last = line
	if p.live {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	} else {
		fmt.Fprintln(p.w, line)
	}
}

// waits notes whether an owner waits for a person.
func (p *progress) waits(e transport.Progress) {
	switch {
	case e.Event == parked:
		if p.ask == nil {
			p.ask = map[string]bool{}
		}
		p.ask[e.Member] = true
	case e.Event != "":
		delete(p.ask, e.Member)
	}
}

// parked is the event, and the state of an owner, that a person has to decide there.
const parked = "parked"

func waitsAt(owners []string) string { return "waits for a person at " + strings.Join(owners, ", ") }

// end takes the line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.last = ""
	}
}

// phases of the masked sum, and of the guarded release, for people.
var phases = map[session.Phase]string{
	secagg.PhaseAdvertise: "exchanging keys",
	secagg.PhaseShare:     "sharing secrets",
	secagg.PhaseInput:     "computing",
	secagg.PhaseAgree:     "agreeing who takes part",
	secagg.PhaseOpen:      "opening the sum",

	guard.PhaseHello:      "exchanging keys",
	guard.PhaseReveal:     "drawing common randomness",
	guard.PhaseKeyCommit:  "making key shares",
	guard.PhaseKeyShare:   "adding key shares",
	guard.PhaseKeyCheck:   "checking the key",
	guard.PhaseInput:      "computing",
	guard.PhaseInputShare: "adding encrypted inputs",
	guard.PhaseConfirm:    "checking that small groups are suppressed",
	guard.PhaseOpen:       "opening what is large enough",
}

func describe(e transport.Progress) string {
	if e.State != transport.Running {
		return string(e.State)
	}
	what := "running"
	if name, ok := phases[session.Phase(e.Phase)]; ok {
		what = name
	}
	if e.Expected > 0 {
		what += fmt.Sprintf(": %d of %d owners", e.Heard, e.Expected)
	}
	if e.Attempt > 1 {
		what += fmt.Sprintf(" (attempt %d)", e.Attempt)
	}
	return what
}
