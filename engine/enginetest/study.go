package enginetest

import (
	"crypto/rand"
	"fmt"
	"time"

	cryptojob "github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Study asks round after round of a small model of the visits, past the analyst's role.
type Study struct {
	s       *Space
	ID      [32]byte
	Created int64 // unix seconds
	Expiry  int64 // likewise, of all its rounds
}

// Models declares the table of a space for models of so many rounds.
func Models(rounds int) func(*charter.Table) {
	return func(t *charter.Table) { t.ModelRounds = &rounds }
}

// NewStudy draws a new study.
func (s *Space) NewStudy() *Study {
	now := time.Now().Unix()
	return &Study{s: s, ID: newID(), Created: now, Expiry: now + 3600}
}

func newID() (id [32]byte) {
	_, _ = rand.Read(id[:]) // never fails
	return id
}

// Round is a round with a coefficient that the round before would not have, signed by the analyst; with its job
// changed if change is not nil.
func (s *Study) Round(number uint16, change func(*plan.Job)) *cryptojob.Question {
	s.s.T.Helper()
	return s.Signed(s.Manifest(s.Plan("SELECT COUNT(*) FROM visits", number), number, change))
}

// Plan is the plan of a round about a question: Σ logistic(b1 + b2 · north).
func (s *Study) Plan(sql string, number uint16) plan.Plan {
	s.s.T.Helper()
	compiled, err := query.Compile(sql, s.s.Bundle.Charter())
	s.s.must(err)
	m := &plan.Model{
		Terms:        []plan.ModelTerm{{}, {Levels: []plan.Level{{Column: "region", Value: plan.Value{Kind: plan.Text, Text: "north"}}}}},
		Coefficients: coefficients(number),
	}
	compiled, err = compiled.WithModel(m, []plan.Sum{{Weight: plan.Logistic}}, s.s.Bundle.Charter())
	s.s.must(err)
	return compiled.Plan
}

func coefficients(round uint16) []plan.Value {
	if round == 1 {
		return []plan.Value{{Kind: plan.Decimal, Text: "0"}, {Kind: plan.Decimal, Text: "0"}}
	}
	return []plan.Value{{Kind: plan.Decimal, Text: fmt.Sprintf("0.%d1", round)}, {Kind: plan.Decimal, Text: "1"}}
}

// Manifest makes a plan a round of the study.
func (s *Study) Manifest(p plan.Plan, number uint16, change func(*plan.Job)) cryptojob.Manifest {
	s.s.T.Helper()
	return s.s.ManifestOf(p, func(j *plan.Job) {
		j.Created, j.Expiry = s.Created, s.Expiry
		j.Study = &plan.Study{ID: s.ID, Round: number}
		if change != nil {
			change(j)
		}
	})
}

// Signed signs a manifest as the analyst that it names.
func (s *Study) Signed(m cryptojob.Manifest) *cryptojob.Question {
	s.s.T.Helper()
	q, err := cryptojob.NewQuestion(m, s.s.identities[m.Analyst.ID], rand.Reader)
	s.s.must(err)
	return q
}

// OfferOf is the offer of a question to an owner.
func (s *Space) OfferOf(q *cryptojob.Question, owner string) []byte {
	s.T.Helper()
	submission, err := cryptojob.ParseSubmission(q.Submission())
	s.must(err)
	party, _ := q.Manifest().Party(owner)
	return submission.Offer(session.Party(party))
}
