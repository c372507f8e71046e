package enginetest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// askRound hands a question to the honest coordinator, and returns how many owners accepted it.
func askRound(t *testing.T, c *transport.Client, q *cryptojob.Question) (state transport.State, accepted int, why error) {
	t.Helper()
	id, err := c.Submit(t.Context(), q.Submission())
	if err != nil {
		t.Fatal(err)
	}
	var last transport.Progress
	if err := c.Watch(context.Background(), id, func(p transport.Progress) error {
		last = p
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range all {
		if j.Job != id {
			continue
		}
		for _, m := range j.Members {
			if m.State == "joined" {
				accepted++
			} else if m.Fault != nil {
				why = m.Fault
			}
		}
	}
	return last.State, accepted, why
}

// Rounds of two studies in turn, masked and guarded: every owner takes part in every round, the last one included,
// and not in one more.
func TestStudiesInTurn(t *testing.T) {
	const rounds = 4
	for name, opts := range map[string]enginetest.Options{"masked": {Owners: 5}, "guarded": {Owners: 3, Cohort: small}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts.Table = enginetest.Models(rounds)
			s := enginetest.New(t, opts).Start()
			c := s.NetClient(enginetest.AnalystID)
			studies := []*enginetest.Study{s.NewStudy(), s.NewStudy()}
			for r := uint16(1); r <= rounds; r++ {
				for _, study := range studies {
					state, accepted, why := askRound(t, c, study.Round(r, nil))
					if state != transport.Released || accepted != len(s.Owners) {
						t.Fatalf("round %d is %s, %d of %d owners accepted it: %v", r, state, accepted, len(s.Owners), why)
					}
				}
			}
			state, _, why := askRound(t, c, studies[0].Round(rounds+1, nil))
			if state != transport.Refused || fault.Code(why) != policy.TooManyRounds.Code {
				t.Errorf("one more round is %s: %v", state, why)
			}
		})
	}
}

// studied runs the first round of a study of which a hostile coordinator tells the workers that it was released.
func studied(t *testing.T, s *enginetest.Space, hub *enginetest.HostileHub) *enginetest.Study {
	t.Helper()
	study := s.NewStudy()
	q := study.Round(1, nil)
	accepted(t, s, hub, q)
	hub.Attempt(q, 1)
	over(s, hub, q, "released")
	return study
}

func over(s *enginetest.Space, hub *enginetest.HostileHub, q *cryptojob.Question, how string) {
	seen := strings.Count(s.Log.String(), "job is over")
	for _, id := range s.Owners {
		hub.Say(id, q.Manifest().Job, 0, envelope.End, envelope.Over{State: how}.Marshal())
	}
	s.Log.UntilTimes(seen+len(s.Owners), "job is over")
	hub.Drain()
}

func offerTo(s *enginetest.Space, hub *enginetest.HostileHub, owner string, q *cryptojob.Question) {
	hub.Say(owner, q.Manifest().Job, 0, envelope.Offer, s.OfferOf(q, owner))
}

// What an owner decided about the first round of a study covers no round about anything else, by anybody else, in another
// order, or once more.
func TestRoundsThatDoNotFollow(t *testing.T) {
	const rounds = 3
	s := enginetest.New(t, enginetest.Options{Owners: 3, Table: enginetest.Models(rounds)})
	hub := s.StartHostileHub()
	study := studied(t, s, hub)
	refused := func(name string, q *cryptojob.Question, why *fault.Kind) {
		t.Helper()
		t.Log(name)
		offerTo(s, hub, "owner1", q)
		hub.Want(envelope.Refuse, why)
	}
	about := func(sql string, change func(*plan.Job)) *cryptojob.Question {
		return study.Signed(study.Manifest(study.Plan(sql, 2), 2, change))
	}
	north := plan.Compare(plan.Eq, "region", plan.Value{Kind: plan.Text, Text: "north"})
	refused("another condition", about("SELECT COUNT(*) FROM visits WHERE region = 'north'", nil), worker.NotTheNextRound)
	refused("another grouping", about("SELECT region, COUNT(*) FROM visits GROUP BY region", nil), worker.NotTheNextRound)
	refused("another column", about("SELECT COUNT(*), SUM(cost) FROM visits", nil), worker.NotTheNextRound)
	p := study.Plan("SELECT COUNT(*) FROM visits", 2)
	p.Sums = append(p.Sums[:1:1], plan.Sum{Weight: plan.Logistic, Fraction: p.Sums[1].Fraction, Filter: north})
	refused("another weighted sum", study.Signed(study.Manifest(p, 2, nil)), worker.NotTheNextRound)
	p = study.Plan("SELECT COUNT(*) FROM visits", 2)
	p.Model.Terms = []plan.ModelTerm{{}, {Levels: []plan.Level{{Column: "region", Value: plan.Value{Kind: plan.Text, Text: "south"}}}}}
	refused("another term", study.Signed(study.Manifest(p, 2, nil)), worker.NotTheNextRound)
	refused("another purpose", study.Round(2, func(j *plan.Job) { j.Purpose = "another" }), worker.NotTheNextRound)
	refused("a later expiry", study.Round(2, func(j *plan.Job) { j.Expiry += 60 }), worker.NotTheNextRound)
	refused("another statement", study.Round(2, func(j *plan.Job) { j.Leakage[0] ^= 1 }), policy.WrongStatement)
	refused("another charter", study.Round(2, func(j *plan.Job) { j.Charter[0] ^= 1 }), policy.OtherCharter)
	refused("no first round", s.NewStudy().Round(2, nil), worker.NotTheNextRound)
	refused("a skipped round", study.Round(3, nil), worker.NotTheNextRound)
	refused("the first round again", study.Round(1, nil), worker.NotTheNextRound)
	refused("a round too many", study.Round(rounds+1, nil), policy.TooManyRounds)
	m := study.Manifest(study.Plan("SELECT COUNT(*) FROM visits", 2), 2, func(j *plan.Job) { j.Analyst = enginetest.OtherAnalystID })
	m.Analyst = cryptojob.Member{ID: enginetest.OtherAnalystID, Key: s.Identity(enginetest.OtherAnalystID).Public()}
	refused("a round of another analyst", study.Signed(m), worker.NotTheNextRound)

	q := study.Round(2, nil)
	for _, id := range s.Owners {
		offerTo(s, hub, id, q)
		hub.Want(envelope.Accept, nil)
	}
	hub.Drain()
	hub.Attempt(q, 1)
	hub.Drain()
	again := func(j *plan.Job) { j.Plan.Model.Coefficients[0].Text = "0.7" }
	refused("a round twice", study.Round(2, again), worker.NotTheNextRound)
	over(s, hub, q, "failed")
	refused("a round that is said to have failed", study.Round(2, again), worker.NotTheNextRound)
	s.StopWorker("owner1")
	s.StartWorker("owner1")
	hub.Await("owner1")
	hub.Drain()
	refused("a round twice, after a restart", study.Round(2, again), worker.NotTheNextRound)
	offerTo(s, hub, "owner1", study.Round(3, nil))
	hub.Want(envelope.Accept, nil)
}

// An owner whose release was not needed, as others were faster, takes part in the next round, and one that has not
// heard of the end of the last round as well.
func TestStudyKeepsSlowOwners(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 5, Table: enginetest.Models(3)})
	hub := s.StartHostileHub()
	study := s.NewStudy()
	q := study.Round(1, nil)
	accepted(t, s, hub, q)
	hub.AttemptWith(q, 1, func(member string, body []byte) []byte {
		if member == "owner5" && len(body) > 0 && body[0] == enginetest.KindCertificate {
			return nil
		}
		return body
	})
	hub.Drain()
	offerTo(s, hub, "owner1", study.Round(2, nil)) // released it
	hub.WantOnly(envelope.Accept, nil)
	offerTo(s, hub, "owner5", study.Round(2, nil)) // has not
	hub.WantOnly(envelope.Accept, nil)
}

// A study is over at an owner who stopped everything, also between two rounds, and at one who has left it.
func TestStudyAfterAStop(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Table: enginetest.Models(3)})
	hub := s.StartHostileHub()
	study := studied(t, s, hub)
	if err := s.Join("owner1").StopAll(); err != nil {
		t.Fatal(err)
	}
	s.Log.Until("everything is stopped")
	offerTo(s, hub, "owner1", study.Round(2, nil))
	hub.WantOnly(envelope.Refuse, worker.Stopped)
	if err := s.Join("owner1").ServeAgain(); err != nil {
		t.Fatal(err)
	}
	s.Log.Until("serving again")
	offerTo(s, hub, "owner1", study.Round(2, nil))
	hub.WantOnly(envelope.Refuse, worker.NotTheNextRound)
}

// A study counts once: later rounds are asked at any hour, need no room in a quota and no person.
func TestStudyIsDecidedOnce(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Table: enginetest.Models(3),
		Rules: func(r *charter.Rules) {
			r.Quotas = []charter.Quota{{Per: charter.PerAnalyst, Questions: 1, Period: charter.Duration(24 * time.Hour)}}
		},
	}).Start()
	c, study := s.NetClient(enginetest.AnalystID), s.NewStudy()
	for r := uint16(1); r <= 3; r++ {
		if state, n, why := askRound(t, c, study.Round(r, nil)); state != transport.Released || n != 3 {
			t.Fatalf("round %d is %s: %v", r, state, why)
		}
	}
	if state, _, why := askRound(t, c, s.NewStudy().Round(1, nil)); state != transport.Refused || fault.Code(why) != worker.QuotaSpent.Code {
		t.Errorf("another study is %s: %v", state, why)
	}
}
