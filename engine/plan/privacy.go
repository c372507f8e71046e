package plan

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/crypto/wire"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of questions with noise.
var (
	NeedsPrivacy = fault.Declare("TACIT-P150", "only noised numbers may leave",
		"The charter says privacy: required of the table, or of a column that the question uses, and the question asks for exact numbers.",
		"End the query with WITH PRIVACY (epsilon 0.5, delta 1e-6), or give --epsilon.")
	NoPrivacy = fault.Declare("TACIT-P151", "no questions with noise",
		"The question is WITH PRIVACY, and the charter has no rules.privacy.",
		"Leave WITH PRIVACY out, or amend the charter.")
	TooMuchLoss = fault.Declare("TACIT-P152", "epsilon or delta too large",
		"The question allows itself a larger privacy loss than the charter allows one question.",
		"Ask with a smaller epsilon or delta; the charter's max_epsilon and max_delta are the largest.")
	NothingToNoise = fault.Declare("TACIT-P153", "nothing requires noise",
		"The question is WITH PRIVACY (…, only required), and none of its numbers touches what requires privacy.",
		"Leave WITH PRIVACY out, or leave \"only required\" out for noise on every number.")
	CannotNoise = fault.Declare("TACIT-P154", "sum cannot be noised",
		"What one privacy unit may add to this sum is too large for noise in whole numbers, or the loss is too small for so many sums.",
		"Narrow the declared range or contribution.rows in the charter, ask for fewer aggregates in one query, or with a larger epsilon.")
)

// Privacy asks for noise: what all numbers of the question together may tell of one
// privacy unit is (Epsilon, Delta)-differentially private, at each owner.
type Privacy struct {
	Epsilon dp.Epsilon // above 0
	Delta   dp.Delta
	Scope   Scope
}

// Scope is which sums of a plan are noised.
type Scope uint8

// Scopes.
const (
	// ScopeAll: every sum, the number of rows included. Every declared cell is shown, and
	// none is suppressed.
	ScopeAll Scope = iota + 1
	// ScopeRequired: the sums that touch what the charter says privacy: required of. The
	// others are exact, and guarded.
	ScopeRequired
)

// tagPrivacy begins the part of a plan's encoding that plans without noise do not have.
const tagPrivacy = 1

const maxDeltaText = 16 // bytes: nine digits, a point, an exponent

var errPrivacy = errors.New("a privacy that is not in its form")

func (v *Privacy) shape() error {
	if v == nil {
		return nil
	}
	if v.Epsilon == 0 || v.Epsilon > dp.MaxEpsilon || v.Delta == (dp.Delta{}) || v.Scope < ScopeAll || v.Scope > ScopeRequired {
		return errPrivacy
	}
	return nil
}

func putPrivacy(w *wire.Writer, v *Privacy) {
	if v == nil {
		return
	}
	w.U8(tagPrivacy)
	w.U8(uint8(v.Scope))
	w.U64(uint64(v.Epsilon))
	w.String(v.Delta.String())
}

func (d decoder) privacy() *Privacy {
	v := &Privacy{Scope: Scope(d.U8()), Epsilon: dp.Epsilon(d.U64())}
	text := d.String(maxDeltaText)
	if d.Err() != nil {
		return nil
	}
	delta, err := dp.ParseDelta(text)
	if err != nil || delta.String() != text {
		d.Fail(wire.ErrNotCanonical)
	}
	v.Delta = delta
	return v
}

// SQL returns the clause as a query ends with it.
func (v *Privacy) SQL() string {
	only := ""
	if v.Scope == ScopeRequired {
		only = ", only required"
	}
	return "WITH PRIVACY (epsilon " + v.Epsilon.String() + ", delta " + v.Delta.String() + only + ")"
}

// CheckPrivacy says whether what requires noise gets it, and the question costs no more than the
// charter allows one. The rest of the plan must be the charter's.
func CheckPrivacy(p *Plan, ch *charter.Charter) *fault.Fault {
	required := Requiring(p, ch)
	some := false
	for _, r := range required {
		some = some || r
	}
	v, rules := p.Privacy, &ch.Rules.Privacy
	switch {
	case v == nil && some:
		return NeedsPrivacy.New("the charter lets only noised numbers of %s leave", requirement(p, ch))
	case v == nil:
		return nil
	case p.Along() != nil:
		return CurveNoise.New("the question has a curve and WITH PRIVACY")
	case v.shape() != nil && rules.Allowed():
		return Malformed.New("%w", errPrivacy)
	case !rules.Allowed():
		return NoPrivacy.New("the charter of %s has no rules.privacy", ch.Space)
	case v.Epsilon > rules.Epsilon():
		return TooMuchLoss.New("epsilon %s, the charter allows a question %s", v.Epsilon, rules.Epsilon())
	case v.Delta.Rat().Cmp(rules.Delta().Rat()) > 0:
		return TooMuchLoss.New("delta %s, the charter allows a question %s", v.Delta, rules.Delta())
	case v.Scope == ScopeRequired && !some:
		return NothingToNoise.New("no number of the question touches what requires privacy")
	}
	_, f := NewNoise(p, ch)
	return f
}

// requirement names what requires privacy of a question.
func requirement(p *Plan, ch *charter.Charter) string {
	t := ch.Table(p.Table)
	if t.Privacy == charter.Required {
		return "table " + QuoteName(t.Name)
	}
	found := ""
	p.columns(func(name string) {
		if found == "" && t.Column(name).Privacy == charter.Required {
			found = "column " + QuoteName(name)
		}
	})
	return found
}

// Requiring returns, per sum, whether the charter lets it leave with noise only: because of the
// table, or of a column that it is made with: a factor, a column that must be present, one of its
// filter, or one of Where and Keys, which shape every sum. The columns of the plan must
// be the charter's, as [Check] makes sure.
func Requiring(p *Plan, ch *charter.Charter) []bool {
	t := ch.Table(p.Table)
	requires := func(visit func(func(string))) bool {
		found := false
		visit(func(name string) { found = found || t.Column(name).Privacy == charter.Required })
		return found
	}
	all := t.Privacy == charter.Required || requires(p.frame)
	out := make([]bool, len(p.Sums))
	for i := range p.Sums {
		out[i] = all || requires(p.Sums[i].columns)
	}
	return out
}

// Noised returns, per sum, whether noise is added to it.
func Noised(p *Plan, ch *charter.Charter) []bool {
	switch {
	case p.Privacy == nil:
		return make([]bool, len(p.Sums))
	case p.Privacy.Scope == ScopeRequired:
		return Requiring(p, ch)
	}
	out := make([]bool, len(p.Sums))
	for i := range out {
		out[i] = true
	}
	return out
}

// LeastCohort is the smallest number of privacy units that must stand behind a number without
// noise of the result; charter.MaxCohort if all have noise.
func LeastCohort(p *Plan, ch *charter.Charter) int {
	least := charter.MaxCohort
	noised := Noised(p, ch)
	for i, k := range Cohorts(p, ch) {
		if !noised[i] {
			least = min(least, k)
		}
	}
	return least
}

// columns calls visit for every column that the plan names.
func (p *Plan) columns(visit func(name string)) {
	p.frame(visit)
	for i := range p.Sums {
		p.Sums[i].columns(visit)
	}
}

// frame calls visit for every column that shapes all sums.
func (p *Plan) frame(visit func(name string)) {
	p.Where.Columns(visit)
	p.Model.columns(visit)
	for i := range p.Keys {
		k := &p.Keys[i]
		if k.Kind != KeyCase {
			visit(k.Column)
		}
		for _, a := range k.Arms {
			a.When.Columns(visit)
		}
	}
}

// columns calls visit for every column that the sum names.
func (s *Sum) columns(visit func(name string)) {
	for _, name := range s.Factors {
		visit(name)
	}
	for _, name := range s.Present {
		visit(name)
	}
	s.Filter.Columns(visit)
}
