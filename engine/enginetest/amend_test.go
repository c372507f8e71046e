package enginetest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// TestAmendRunningSpace: an owner joins, and the keys of an owner, of the analyst and of the coordinator are
// replaced, on the stores that there are. The ledgers go on, and agree about the questions before and
// after.
func TestAmendRunningSpace(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 4, MinContributors: 4}).Start()
	first := s.Ask(analyst.Options{})
	first.Want(s.Owners...)
	s.StopAll()
	added := s.AddOwner()
	for _, id := range []string{"owner2", enginetest.AnalystID, enginetest.CoordinatorID} {
		s.RotateKey(id)
	}
	s.Start()
	second := s.Ask(analyst.Options{})
	answer := second.Want(s.Owners...)
	if answer.Provenance.Version != 5 || len(answer.Provenance.Participants) != 5 {
		t.Errorf("provenance %+v", answer.Provenance)
	}
	s.StopAll()
	if about := s.LedgersAgree(first.Job()); len(about) != 6 {
		t.Errorf("%d ledgers know the first question", len(about))
	}
	if about := s.LedgersAgree(second.Job()); len(about) != 7 {
		t.Errorf("%d ledgers know the second question", len(about))
	}
	for id, want := range map[string][]uint32{"owner2": {1, 5}, added: {5}, enginetest.AnalystID: {1, 5}} {
		var versions []uint32
		for _, e := range s.Ledger(id).Entries {
			if e.Kind == ledger.Charter {
				versions = append(versions, e.Version)
			}
		}
		if len(versions) != len(want) || versions[len(versions)-1] != 5 {
			t.Errorf("the ledger of %s has versions %v, want %v", id, versions, want)
		}
	}
}

// TestMixedVersions: a worker that was not started again with the new version has no part in what is asked under
// it, and is told which versions there are.
func TestMixedVersions(t *testing.T) {
	s := five(t)
	old := s.WorkerConfig("owner5").Bundle
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows++ })
	current := s.Bundle
	s.StartCoordinator()
	for _, id := range s.Owners[:4] {
		s.StartWorker(id)
	}
	s.Bundle = old
	s.StartWorker("owner5")
	_, err := s.Client().Jobs(t.Context())
	wantCode(t, err, transport.OtherCharter)
	s.Log.Until("the coordinator has version 2")
	s.Log.Until("this side has version 1")
	s.Bundle = current
	q := s.Ask(analyst.Options{})
	for _, id := range s.Owners[:4] {
		q.Until(event("joined", id))
	}
	s.StopWorker("owner5")
	s.StartWorker("owner5") // with the version in force, it has its part
	q.Want(s.Owners...)
}

// TestJobOfAnotherVersion: a coordinator that mixes versions finds no worker that does.
func TestJobOfAnotherVersion(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	first := s.Bundle
	older := s.Question()
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows++ })
	newer, second := s.Question(), s.Bundle
	for _, c := range []struct {
		bundle *charter.Bundle
		store  string
		ask    func(*enginetest.HostileHub)
		say    string
	}{
		{first, "owner1", func(hub *enginetest.HostileHub) {
			hub.Say("owner1", newer.Manifest().Job, 0, envelope.Offer, offerOf(t, newer, 1))
		}, "this worker has version 1"},
		{second, "owner2", func(hub *enginetest.HostileHub) {
			hub.Say("owner2", older.Manifest().Job, 0, envelope.Offer, offerOf(t, older, 2))
		}, "the job names version 1"},
	} {
		s.Bundle = c.bundle
		hub := s.StartHostileHub()
		s.StartWorker(c.store)
		hub.Await(c.store)
		c.ask(hub)
		hub.Want(envelope.Refuse, policy.OtherCharter)
		s.Log.Until(c.say)
	}
}

// TestJobsOfAnAmendedCharter: what runs while the roles are started again with another version ends, with a reason, at
// everybody. The owner whose key is replaced meanwhile starts, though it cannot open the offer any more.
func TestJobsOfAnAmendedCharter(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	reached := s.Gates["owner3"].Close()
	s.Start()
	q := s.Ask(analyst.Options{})
	s.Await(reached)
	q.Kill()
	s.StopAll()
	s.Gates["owner3"].Open()
	s.RotateKey("owner2")
	s.Start()
	_, err := s.Resume(q.Job(), analyst.Options{}).Wait()
	wantCode(t, err, charter.ErrSuperseded)
	if !strings.Contains(err.Error(), "made under version 1") || !strings.Contains(err.Error(), "in force is version 2") {
		t.Error(err)
	}
	s.StopAll()
	for id, entries := range s.LedgersAgree(q.Job()) {
		last := entries[len(entries)-1]
		if last.Kind != ledger.Ended || last.Code != charter.ErrSuperseded.Code {
			t.Errorf("the ledger of %s ends with %s, %s", id, last.Kind, last.Text())
		}
	}
	s.Start()
	s.Ask(analyst.Options{}).Want(s.Owners...)
}

// TestReleasedBeforeTheAmendment: an answer is opened under the version that it was asked under, though an owner
// of it is no member any more.
func TestReleasedBeforeTheAmendment(t *testing.T) {
	for name, opts := range map[string]enginetest.Options{"open": {Owners: 4}, "guarded": {Owners: 4, Cohort: small}} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.New(t, opts).Start()
			owners := s.Owners
			failing := analyst.Options{Deliver: func(*analyst.Answer) error { return errors.New("away") }}
			q := s.Ask(failing)
			if _, err := q.Wait(); err == nil {
				t.Fatal("delivered")
			}
			s.StopAll()
			s.RemoveOwner()
			s.Start()
			answer := s.Resume(q.Job(), analyst.Options{}).Want(owners...)
			if answer.Provenance.Version != 1 {
				t.Errorf("version %d", answer.Provenance.Version)
			}
		})
	}
}

// TestRollback: whoever can write to a role's files gives it a space.json that was active once.
func TestRollback(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3})
	first := s.Bundle
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows++ })
	second := s.Bundle
	s.Start()
	s.Ask(analyst.Options{}).Want(s.Owners...)
	s.StopAll()
	s.Bundle = first
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows += 2 })
	fork := s.Bundle
	for name, c := range map[string]struct {
		bundle *charter.Bundle
		code   string
	}{"rollback": {first, charter.ErrRollback.Code}, "fork": {fork, charter.ErrFork.Code}, "same": {second, ""}} {
		if err := c.bundle.Active(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.Bundle = c.bundle
		w, co := s.WorkerConfig("owner1"), s.CoordinatorConfig()
		if c.code == "" {
			s.Start()
			s.Ask(analyst.Options{}).Want(s.Owners...)
			s.StopAll()
			continue
		}
		for role, err := range map[string]error{"worker": worker.Run(t.Context(), w), "coordinator": coordinator.Run(t.Context(), co)} {
			if err == nil || !strings.Contains(err.Error(), c.code) {
				t.Errorf("%s of the %s: %v", name, role, err)
			}
		}
		_, err := analyst.Open(s.AnalystConfig(enginetest.AnalystID))
		if err == nil || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%s of the analyst: %v", name, err)
		}
	}
}

// TestEarlierQuestionsSurviveAmendments: an amendment does not make owners forget what was asked.
func TestEarlierQuestionsSurviveAmendments(t *testing.T) {
	s := guardedSpace(t, charter.DifferencingRefuse).Start()
	answered(t, s.AskSQL(s.Client(), everything))
	s.StopAll()
	s.Amend(func(c *charter.Charter) { c.Tables[0].MaxRows++ })
	s.RotateKey("owner1")
	s.Start()
	sql, _ := butThree(s)
	wantRefusal(t, s.AskSQL(s.Client(), sql), differencing.Earlier.Code)
	answered(t, s.AskSQL(s.Client(), everything))
}
