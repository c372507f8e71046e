//go:build tacitcrash

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/ledger"
)

// TestCharterKilledAtEveryPoint kills a role while it changes over to an amended charter, or takes a
// revocation, and starts it again.
func TestCharterKilledAtEveryPoint(t *testing.T) {
	for _, point := range crashpoint.Charters {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			s := enginetest.New(t, enginetest.Options{Owners: 3})
			switch {
			case strings.HasPrefix(string(point), "worker.amend"):
				killAmending(t, s, point)
			case strings.HasPrefix(string(point), "worker"):
				killRevoking(t, s, point, "owner3")
			default:
				killRevoking(t, s, point, enginetest.CoordinatorID)
			}
		})
	}
}

// killAmending kills a worker while it withdraws from a job of the version before.
func killAmending(t *testing.T, s *enginetest.Space, point crashpoint.Point) {
	reached := s.Gates["owner3"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	q.Kill()
	s.StopAll()
	s.Gates["owner3"].Open()
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows++ })
	s.StartCoordinator()
	s.StartWorker("owner1")
	s.StartWorker("owner2")
	if !s.StartProcess("owner3", point, 1).Killed(nil) {
		t.Fatal("the point is never passed")
	}
	s.StartWorker("owner3")
	s.Ask(analyst.Options{}).Want(s.Owners...)
	_, err := s.Resume(q.Job(), analyst.Options{}).Wait()
	wantCode(t, err, charter.ErrSuperseded)
	s.StopAll()
	enteredOnce(t, s, q.Job())
}

// killRevoking kills a role while it takes the revocation of an analyst's key.
func killRevoking(t *testing.T, s *enginetest.Space, point crashpoint.Point, id string) {
	s.ReserveAddress()
	p := s.StartProcess(id, point, 2) // the first time it reads the file as it is
	if id == enginetest.CoordinatorID {
		p.Listening()
	} else {
		s.StartCoordinator()
	}
	for _, owner := range s.Owners {
		if owner != id {
			s.StartWorker(owner)
		}
	}
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)
	if _, err := s.Bundle.Revoke(enginetest.AnalystID, "stolen", s.Identity(enginetest.AnalystID)); err != nil {
		t.Fatal(err)
	}
	s.Publish()
	if !p.Killed(nil) {
		t.Fatal("the point is never passed")
	}
	if id == enginetest.CoordinatorID {
		s.StartCoordinator()
	} else {
		s.StartWorker(id)
	}
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)
	s.StopAll()
	n := 0
	for _, e := range s.Ledger(id).Entries {
		if e.Kind == ledger.Revoked {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the ledger of %s has %d revocations", id, n)
	}
}
