package protocol_test

import (
	"testing"

	"github.com/tacit-space/tacit/crypto/guard"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/protocol"
)

// Phases of both protocols have names of their own, and one of each is the input's.
func TestPhases(t *testing.T) {
	phases := []session.Phase{
		secagg.PhaseAdvertise, secagg.PhaseShare, secagg.PhaseInput, secagg.PhaseAgree, secagg.PhaseOpen,
		guard.PhaseHello, guard.PhaseReveal, guard.PhaseKeyCommit, guard.PhaseKeyShare, guard.PhaseKeyCheck, guard.PhaseReady,
		guard.PhaseInput, guard.PhaseInputShare, guard.PhaseConfirm, guard.PhaseOpen,
	}
	names, inputs := map[string]bool{}, 0
	for _, p := range phases {
		name := protocol.PhaseName(p)
		if names[name] || name == "" || name[0] < 'a' {
			t.Errorf("phase %d is called %q", p, name)
		}
		names[name] = true
		if protocol.IsInput(p) {
			inputs++
		}
	}
	if inputs != 2 || !protocol.IsInput(secagg.PhaseInput) || !protocol.IsInput(guard.PhaseInput) {
		t.Errorf("%d phases are the input's", inputs)
	}
	if got := protocol.PhaseName(99); got != "99" {
		t.Errorf("an unknown phase is called %q", got)
	}
}

func TestSizes(t *testing.T) {
	m := &cryptojob.Manifest{Length: 1000, Width: ring.Width128, Roster: make([]cryptojob.Member, 3)}
	open, err := protocol.SizesOf(m)
	if err != nil || protocol.Guarded(m) || open.Message != 16000 || open.Result != 16000 || open.Worker != 64000 {
		t.Errorf("a masked sum: %+v, %v", open, err)
	}
	shape := &guard.Shape{Set: "G15", Verify: guard.VerifyAll, Groups: []guard.Group{
		{K: 10, Packed: true, Runs: []guard.Run{{Guards: 100, Limbs: 2}}},
		{K: 10, Runs: []guard.Run{{Guards: 16384, Limbs: 5}}},
	}}
	m.Guard = shape.Marshal()
	s, err := protocol.SizesOf(m)
	if err != nil || !protocol.Guarded(m) {
		t.Fatal(err)
	}
	const polynomial, slots = 587_776, 16384
	inputs, outputs := 2+6, 1+7
	if s.Result != 16*slots*outputs || s.Message < inputs*polynomial || s.Message > 2*inputs*polynomial || s.Worker < int64(3*s.Message) {
		t.Errorf("a guarded release: %+v", s)
	}
	for name, change := range map[string]func(){
		"cut":             func() { m.Guard = m.Guard[:5] },
		"unknown set":     func() { shape.Set = "X"; m.Guard = shape.Marshal() },
		"too many owners": func() { m.Roster = make([]cryptojob.Member, 1000) },
	} {
		guardBytes, roster, set := m.Guard, m.Roster, shape.Set
		change()
		if _, err := protocol.SizesOf(m); err == nil {
			t.Errorf("%s: has sizes", name)
		}
		m.Guard, m.Roster, shape.Set = guardBytes, roster, set
	}
}
