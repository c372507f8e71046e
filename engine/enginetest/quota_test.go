package enginetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/budget"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

// perOrganisation lets in so many questions a day of the analysts of one organisation together.
func perOrganisation(questions int) []charter.Quota {
	return []charter.Quota{{Per: charter.PerOrganisation, Questions: questions, Period: charter.Duration(24 * time.Hour)}}
}

// askingAbout has two analysts of one organisation, and an owner1 at which a person decides about the questions of some
// analysts.
func askingAbout(t *testing.T, analysts []string, rules func(*charter.Rules), accept config.Accept) *enginetest.Space {
	return enginetest.New(t, enginetest.Options{
		Owners: 3, Member: sameOrganisation, Rules: rules,
		Coordinator: func(c *coordinator.Config) { c.Timing.Admission = 3 * time.Second },
		Worker: func(id string, c *worker.Config) {
			c.Poll = 5 * time.Millisecond
			if id == "owner1" {
				c.Accept = accept
				c.Approval.Rules = []config.ApprovalRule{{Name: "some", Analysts: analysts, Then: config.ThenAsk}}
			}
		},
	})
}

// approveAll approves everything that waits at owner1.
func approveAll(s *enginetest.Space, who *identity.Identity) {
	s.T.Helper()
	inbox, err := store.OpenInbox(s.Store("owner1"))
	if err != nil {
		s.T.Fatal(err)
	}
	defer inbox.Close()
	waiting, err := inbox.Waiting()
	if err != nil {
		s.T.Fatal(err)
	}
	for _, p := range waiting {
		grounds, err := approval.ParseGrounds(p.Grounds)
		if err != nil {
			s.T.Fatal(err)
		}
		body, err := approval.Sign(approval.Answer{
			Space: s.Bundle.Charter().Space, Owner: "owner1", Job: p.ID, Manifest: p.Manifest, Shown: grounds.Hash(),
			Decision: approval.Approve, Time: time.Now().Unix(),
		}, who)
		if err != nil {
			s.T.Fatal(err)
		}
		if err := inbox.Answer(p.ID, body); err != nil {
			s.T.Fatal(err)
		}
	}
}

// wantRefusedAfterApproval: a person has approved, and the owner refuses with a code and the rule that did it.
func wantRefusedAfterApproval(t *testing.T, s *enginetest.Space, q *enginetest.Question, code, rule string) {
	t.Helper()
	_, err := q.Wait()
	wantCode(t, err, coordinator.TooFew)
	if !strings.Contains(err.Error(), code) {
		t.Errorf("the error does not name %s: %v", code, err)
	}
	if !strings.Contains(s.Log.String(), `rule="`+rule+`"`) {
		t.Errorf("the owner's log does not name %s", rule)
	}
	if got := kindsOf(s, q.Job(), "owner1"); got != "asked , parked owner1, approved owner1, refused owner1" {
		t.Errorf("ledger: %s", got)
	}
}

// TestApprovalMeetsAFullQuota: what waits for a person has no place in a quota. If it is used up when a person approves, the
// question is refused as it would be without people, nothing of it leaves, and it takes no place.
func TestApprovalMeetsAFullQuota(t *testing.T) {
	s := askingAbout(t, []string{enginetest.AnalystID}, nil, config.Accept{Quotas: perOrganisation(1)}).Start()
	waits := s.Ask(analyst.Options{})
	waits.Until(enginetest.Parked("owner1"))
	s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{}).Want(s.Owners...)
	s.Answer("owner1", own(s), approval.Approve)
	wantRefusedAfterApproval(t, s, waits, worker.QuotaSpent.Code, "own: accept.quotas[0]")
	s.StopWorker("owner1")
	if n := len(s.Releases("owner1")); n != 1 {
		t.Errorf("owner1 released %d questions", n)
	}
}

// TestApprovalsForOnePlace: of two questions that are approved at once for the last place one is accepted.
func TestApprovalsForOnePlace(t *testing.T) {
	both := []string{enginetest.AnalystID, enginetest.OtherAnalystID}
	s := askingAbout(t, both, nil, config.Accept{Quotas: perOrganisation(1)}).Start()
	a := s.Ask(analyst.Options{})
	b := s.AskWith(s.ClientOf(enginetest.OtherAnalystID), analyst.Options{})
	a.Until(enginetest.Parked("owner1"))
	b.Until(enginetest.Parked("owner1"))
	s.StopWorker("owner1")
	approveAll(s, own(s))
	s.StartWorker("owner1")
	_, err1 := a.Wait()
	_, err2 := b.Wait()
	if (err1 == nil) == (err2 == nil) {
		t.Fatalf("%v, and %v: want one answer", err1, err2)
	}
	for _, err := range []error{err1, err2} {
		if err != nil && !strings.Contains(err.Error(), worker.QuotaSpent.Code) {
			t.Errorf("%v", err)
		}
	}
}

// TestApprovalMeetsASpentBudget: the same of a privacy budget. What waits reserves nothing, and what is refused costs nothing, here and
// at the owners who had accepted it.
func TestApprovalMeetsASpentBudget(t *testing.T) {
	s := askingAbout(t, []string{enginetest.AnalystID}, forTwo(charter.PerOrganisation), config.Accept{Budget: "1.1"}).Start()
	waits := s.AskSQL(s.Client(), noisyCount)
	waits.Until(enginetest.Parked("owner1"))
	answered(t, s.AskSQL(s.ClientOf(enginetest.OtherAnalystID), noisyCount))
	s.Answer("owner1", own(s), approval.Approve)
	wantRefusedAfterApproval(t, s, waits, budget.Spent.Code, budget.OwnRule)
	s.Log.UntilTimes(2, `msg="job is over" role=owner2`, `msg="job is over" role=owner3`)
	s.StopAll()
	for _, id := range s.Owners {
		wantDebits(t, s, id, 1, priceOf(t, s, noisyCount))
	}
}

// TestCollusionAgainstAQuota: two analysts of one organisation share its quota, whether the charter or an owner sets it. Analysts of
// two organisations have two quotas, also if they work together: no owner can know.
func TestCollusionAgainstAQuota(t *testing.T) {
	ofCharter := func(r *charter.Rules) { r.Quotas = perOrganisation(2) }
	ofOwners := func(_ string, c *worker.Config) { c.Accept.Quotas = perOrganisation(2) }
	for name, c := range map[string]struct {
		opts   enginetest.Options
		answer int // of the questions that two analysts ask in turn, before one is refused
	}{
		"quota of the charter, one organisation":  {enginetest.Options{Owners: 3, Rules: ofCharter, Member: sameOrganisation}, 2},
		"quota of the owners, one organisation":   {enginetest.Options{Owners: 3, Worker: ofOwners, Member: sameOrganisation}, 2},
		"quota of the charter, two organisations": {enginetest.Options{Owners: 3, Rules: ofCharter}, 4},
		"quota of the owners, two organisations":  {enginetest.Options{Owners: 3, Worker: ofOwners}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.New(t, c.opts).Start()
			clients := []*analyst.Client{s.Client(), s.ClientOf(enginetest.OtherAnalystID)}
			for i := range c.answer {
				answered(t, s.AskWith(clients[i%2], analyst.Options{}))
			}
			for _, client := range clients {
				wantRefusal(t, s.AskWith(client, analyst.Options{}), worker.QuotaSpent.Code)
			}
		})
	}
}
