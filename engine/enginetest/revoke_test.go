package enginetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// revocable is a space whose roles can be told of revocations while they run.
type revocable struct {
	*enginetest.Space
	updates map[string]chan *charter.Bundle
}

func newRevocable(t *testing.T, o enginetest.Options, change ...func(string, *worker.Config)) *revocable {
	r := &revocable{updates: map[string]chan *charter.Bundle{}}
	r.updates[enginetest.CoordinatorID] = make(chan *charter.Bundle, 1)
	timing := o.Coordinator
	o.Coordinator = func(c *coordinator.Config) {
		c.Updates = r.updates[enginetest.CoordinatorID]
		if timing != nil {
			timing(c)
		}
	}
	o.Worker = func(id string, c *worker.Config) {
		if r.updates[id] == nil {
			r.updates[id] = make(chan *charter.Bundle, 1)
		}
		c.Updates = r.updates[id]
		for _, f := range change {
			f(id, c)
		}
	}
	r.Space = enginetest.New(t, o)
	return r
}

// revoke makes a bundle in which a member's key is revoked, and returns it as it is in the file.
func (r *revocable) revoke(member string, by ...string) *charter.Bundle {
	r.T.Helper()
	b, err := charter.ParseBundle(r.Bundle.Marshal())
	if err != nil {
		r.T.Fatal(err)
	}
	for _, id := range by {
		if _, err := b.Revoke(member, "stolen", r.Identity(id)); err != nil {
			r.T.Fatal(err)
		}
	}
	return b
}

func (r *revocable) tell(b *charter.Bundle, roles ...string) {
	for _, id := range roles {
		r.updates[id] <- b
	}
}

// TestRevokedAnalyst: its jobs end where they are, and it gets no others; the other analyst goes on.
func TestRevokedAnalyst(t *testing.T) {
	s := newRevocable(t, enginetest.Options{Owners: 3})
	reached := s.Gates["owner3"].Close()
	s.Start()
	old := s.Bundle
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	roles := append([]string{enginetest.CoordinatorID}, s.Owners...)
	s.Bundle = s.revoke(enginetest.AnalystID, enginetest.AnalystID)
	s.tell(s.Bundle, s.Owners...)
	s.Log.UntilTimes(3, `msg="job withdrawn"`)
	s.tell(s.Bundle, roles[0])
	if _, err := q.Wait(); err == nil {
		t.Fatal("answered")
	}
	s.Gates["owner3"].Open()
	s.Log.UntilTimes(1, "state=failed")
	_, err := analyst.Open(s.AnalystConfig(enginetest.AnalystID))
	wantCode(t, err, charter.ErrRevoked)
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)

	// With the file from before, as a thief has it.
	now := s.Bundle
	s.Bundle = old
	_, err = s.NetClient(enginetest.AnalystID).Jobs(t.Context())
	wantCode(t, err, transport.NotMember)
	s.Bundle = now
	s.StopAll()
	for _, id := range roles {
		var revoked int
		for _, e := range s.Ledger(id).Entries {
			if e.Kind == ledger.Revoked && e.Member == enginetest.AnalystID {
				revoked++
			}
			if e.Kind == ledger.Withdrawn && e.Code != charter.ErrRevoked.Code {
				t.Errorf("%s withdrew with %s", id, e.Code)
			}
		}
		if revoked != 1 {
			t.Errorf("the ledger of %s has %d revocations", id, revoked)
		}
	}

	// The file from before does not bring the key back.
	s.Bundle = old
	for role, err := range map[string]error{
		"worker": worker.Run(t.Context(), s.WorkerConfig("owner1")), "coordinator": coordinator.Run(t.Context(), s.CoordinatorConfig()),
	} {
		if err == nil || !strings.Contains(err.Error(), charter.ErrUnrevoked.Code) {
			t.Errorf("%s with the old file: %v", role, err)
		}
	}
	s.Bundle = now
	s.Start()
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)
}

// TestRevokedOwner: by all others. Its connection is cut, and questions go on without it.
func TestRevokedOwner(t *testing.T) {
	for name, o := range map[string]enginetest.Options{"open": {Owners: 5}, "guarded": {Owners: 5, Cohort: small}} {
		t.Run(name, func(t *testing.T) {
			s := newRevocable(t, o)
			s.Start()
			s.Ask(analyst.Options{}).Want(s.Owners...)
			old := s.Bundle
			others := append([]string{enginetest.CoordinatorID, enginetest.AnalystID, enginetest.OtherAnalystID}, s.Owners[:4]...)
			s.Bundle = s.revoke("owner5", others...)
			now := s.Bundle
			s.tell(now, append([]string{enginetest.CoordinatorID}, s.Owners[:4]...)...)
			s.Log.UntilTimes(5, `msg="key is revoked"`) // the coordinator, and four owners
			s.Bundle = old                              // as a thief has it
			_, err := s.NetClient("owner5").Jobs(t.Context())
			wantCode(t, err, transport.NotMember)
			s.Bundle = now
			s.Log.Until("TACIT-N006") // its link was cut, and it does not get in again
			q := s.Ask(analyst.Options{})
			q.Want(s.Owners[:4]...)
			if q.Saw(event("joined", "owner5")) {
				t.Error("it joined")
			}
		})
	}
}

// TestCoordinatorKeepsARevokedOwner: workers begin nothing with it, whatever the coordinator says. Without their check, as
// before they were told, it takes part.
func TestCoordinatorKeepsARevokedOwner(t *testing.T) {
	for name, o := range map[string]enginetest.Options{"open": {Owners: 5}, "guarded": {Owners: 5, Cohort: small}} {
		t.Run(name, func(t *testing.T) {
			o.Coordinator = func(c *coordinator.Config) { c.Limits.MaxAttempts, c.Timing.Round = 1, 3*time.Second }
			s := newRevocable(t, o)
			s.Start()
			s.Ask(analyst.Options{}).Want(s.Owners...)
			others := append([]string{enginetest.CoordinatorID, enginetest.AnalystID, enginetest.OtherAnalystID}, s.Owners[:4]...)
			b := s.revoke("owner5", others...)
			s.tell(b, s.Owners[:4]...)
			s.Log.UntilTimes(4, `msg="key is revoked"`)
			q := s.Ask(analyst.Options{})
			answer, err := q.Wait()
			if err == nil {
				for _, p := range answer.Provenance.Participants {
					if p.Member == "owner5" {
						t.Error("an answer with the revoked owner")
					}
				}
				return
			}
			wantCode(t, err, coordinator.AttemptsUsed)
		})
	}
}

// TestRevokedRoles: a role whose own key, or whose coordinator's, is revoked ends, and does not start again.
func TestRevokedRoles(t *testing.T) {
	s := newRevocable(t, enginetest.Options{Owners: 3})
	s.Start()
	s.Ask(analyst.Options{}).Want(s.Owners...)
	all := append([]string{enginetest.CoordinatorID}, s.Owners...)
	s.Bundle = s.revoke(enginetest.CoordinatorID, enginetest.CoordinatorID)
	s.tell(s.Bundle, all...)
	wantCode(t, s.CoordinatorEnded(), charter.ErrRevoked)
	s.Log.UntilTimes(3, `msg="worker stops"`)
	wantCode(t, worker.Run(t.Context(), s.WorkerConfig("owner1")), charter.ErrRevoked)
	wantCode(t, coordinator.Run(t.Context(), s.CoordinatorConfig()), charter.ErrRevoked)
}
