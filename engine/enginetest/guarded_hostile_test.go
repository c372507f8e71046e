package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/worker"
)

// A coordinator that changes the sums, or the outputs for those who do not evaluate, and
// then pretends that all agree, gets no opening from anybody, whether it changes them for
// all or for one.
func TestForgedSumsAreNotOpened(t *testing.T) {
	const summed, differ = "the sums are not the sums of the shares", "are others than"
	for _, c := range []struct {
		name, mode string
		one        bool // else for all
		outputs    bool // else the sums
		why        string
	}{
		{"sums, for all", "all", false, false, summed},
		{"sums, for one", "all", true, false, "is not valid for these commitments and sums"},
		{"sums, nobody evaluates", "none", false, false, summed},
		{"outputs, some evaluate", "some", false, true, differ},
		{"outputs, for one", "none", true, true, differ},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: small, Verification: c.mode})
			hub := s.StartHostileHub()
			q := s.Question()
			accepted(t, s, hub, q)
			sums := sumsSize(t, q)
			hub.Forge(q, 1, len(s.Owners), func(member string, body []byte) []byte {
				at := 1
				if c.outputs {
					at += sums
				}
				if body[0] != enginetest.KindSums || c.one && member != "owner2" || at >= len(body) {
					return body
				}
				changed := bytes.Clone(body)
				changed[at] ^= 1
				return changed
			})
			if !strings.Contains(s.Log.String(), c.why) {
				t.Errorf("nobody says %q", c.why)
			}
			releasedNothing(t, s)
		})
	}
}

// sumsSize is the size of the sums in a message.
func sumsSize(t *testing.T, q *cryptojob.Question) int {
	t.Helper()
	shape, err := guard.ParseShape(q.Manifest().Guard, 3)
	if err != nil {
		t.Fatal(err)
	}
	params, err := he.Set(shape.Set)
	if err != nil {
		t.Fatal(err)
	}
	circuit, err := he.NewCircuit(shape.Groups[0].K)
	if err != nil {
		t.Fatal(err)
	}
	return shape.Inputs() * params.Inputs(circuit).Size()
}

// Another attempt ends the first: what a worker was ready to open in it is gone, and it
// opens once, in the second.
func TestOneOpeningOfTwoAttempts(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: small})
	hub := s.StartHostileHub()
	q := s.Question()
	accepted(t, s, hub, q)
	hub.Claims(q, 1)  // all have made their opening
	hub.Attempt(q, 2) // and open another
	hub.HandRound()   // of the first
	for _, id := range s.Owners {
		hub.Say(id, q.Manifest().Job, 3, envelope.Begin, nil)
		hub.WantOnly(envelope.Withdraw, worker.ReleasedBefore)
	}
	for _, id := range s.Owners {
		s.StopWorker(id)
		if attempts := s.Releases(id); len(attempts) != 1 || attempts[0] != 2 {
			t.Errorf("%s released in the attempts %v, want the second", id, attempts)
		}
	}
}

// The shape of a release is what plan and charter say, and the analyst signed it: it cannot
// be left out, cut, or taken from another plan, by the coordinator or by an analyst.
func TestShapesRefused(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Cohort: small})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	lax := &guard.Shape{Set: "F7", Verify: guard.VerifyNone, Groups: []guard.Group{{K: 2, Packed: true, Runs: []guard.Run{{Guards: 4, Limbs: 2}}}}}
	for name, change := range map[string]func(*cryptojob.Manifest){
		"left out":           func(m *cryptojob.Manifest) { m.Guard = nil },
		"of a lesser cohort": func(m *cryptojob.Manifest) { m.Guard = lax.Marshal() },
		"nobody evaluates": func(m *cryptojob.Manifest) {
			shape, err := guard.ParseShape(m.Guard, len(m.Roster))
			if err != nil {
				t.Fatal(err)
			}
			shape.Verify = guard.VerifyNone
			m.Guard = shape.Marshal()
		},
		"all is open": func(m *cryptojob.Manifest) {
			shape, err := guard.ParseShape(m.Guard, len(m.Roster))
			if err != nil {
				t.Fatal(err)
			}
			for i := range shape.Groups[0].Runs {
				shape.Groups[0].Runs[i].Open = shape.Groups[0].Runs[i].Limbs > 0
			}
			m.Guard = shape.Marshal()
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := changed(t, s, s.Question(), change)
			hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
			hub.Want(envelope.Refuse, policy.WrongShape)
		})
	}
	t.Run("cut", func(t *testing.T) {
		q := changed(t, s, s.Question(), func(m *cryptojob.Manifest) { m.Guard = m.Guard[:len(m.Guard)-1] })
		hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, 1))
		hub.Want(envelope.Refuse, worker.Malformed)
	})
	t.Run("by the coordinator", func(t *testing.T) {
		q := s.Question()
		stripped := withoutGuard(t, offerOf(t, q, 1), q.Manifest().Guard)
		if offer, err := cryptojob.ParseOffer(stripped); err != nil || len(offer.Manifest.Guard) > 0 {
			t.Fatalf("the test strips something else: %v", err)
		}
		hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, stripped)
		hub.Want(envelope.Refuse, worker.Malformed)
	})
	s.StopWorker("owner1")
	if attempts := s.Releases("owner1"); len(attempts) > 0 {
		t.Errorf("released in %v", attempts)
	}
}

// withoutGuard takes the shape out of the manifest of an offer: a list of bytes with its
// length before it, inside another.
func withoutGuard(t *testing.T, offer, shape []byte) []byte {
	t.Helper()
	at := bytes.Index(offer, shape)
	if at < 0 {
		t.Fatal("the offer has no shape")
	}
	out := append([]byte(nil), offer[:at]...)
	out = append(out, offer[at+len(shape):]...)
	binary.LittleEndian.PutUint32(out[at-4:], 0)
	binary.LittleEndian.PutUint32(out[1:], binary.LittleEndian.Uint32(out[1:])-uint32(len(shape)))
	return out
}

// A coordinator refuses messages that its network would not carry before any owner
// hears of the job, and a shape that is none.
func TestGuardedSubmissionsRefused(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: small, Coordinator: func(c *coordinator.Config) { c.Server.Limits.MaxPacket = 5 << 20 },
	})
	s.StartCoordinator()
	c := s.NetClient(enginetest.AnalystID)
	_, err := c.Submit(t.Context(), s.Question().Submission())
	wantCode(t, err, coordinator.TooLarge)
	_, err = c.Submit(t.Context(), changed(t, s, s.Question(), func(m *cryptojob.Manifest) { m.Guard = []byte{1} }).Submission())
	wantCode(t, err, coordinator.Malformed)
}

// The memory of a guarded release is set aside before the job is accepted.
func TestGuardedWorkerIsBusy(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Cohort: small, Worker: func(_ string, c *worker.Config) { c.Limits.Memory = 20 << 20 },
	})
	hub := s.StartHostileHub()
	s.StartWorker("owner1")
	hub.Await("owner1")
	q := s.Question()
	hub.Say("owner1", q.Manifest().Job, 0, envelope.Offer, offerOf(t, q, session.Party(1)))
	hub.Want(envelope.Refuse, worker.Busy)
}
