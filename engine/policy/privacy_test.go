package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// private is the charter of the tests with rules for noise, ten owners, of whom three may be corrupt.
func private(t *testing.T) *charter.Charter {
	t.Helper()
	west := "  - {id: west, organisation: West Hospital, key: tk1daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner]}\n"
	more := west
	for i := range 7 {
		more += strings.NewReplacer("west", fmt.Sprintf("w%d", i), "tk1d", "tk1"+string(rune('f'+i))).Replace(west)
	}
	return hospitals(t, west, more, "min_contributors: 3", "min_contributors: 7", "tolerated_corruption: 1", "tolerated_corruption: 3",
		"purposes:", "privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\n  purposes:",
		"range: [0, 99999.99],", "range: [0, 99999.99], privacy: required,")
}

// noisy is a request with noise, of epsilon and delta.
func noisy(t *testing.T, ch *charter.Charter, scope plan.Scope, sums ...plan.Sum) *Request {
	t.Helper()
	delta, err := dp.ParseDelta("1e-6")
	if err != nil {
		t.Fatal(err)
	}
	r := count(t, ch)
	p := &r.Job.Plan
	p.Sums = append(p.Sums, sums...)
	p.Privacy = &plan.Privacy{Epsilon: 500_000_000, Delta: delta, Scope: scope}
	reseal(t, ch, r)
	return r
}

// reseal derives again what follows from the plan, as an analyst's client does.
func reseal(t *testing.T, ch *charter.Charter, r *Request) {
	t.Helper()
	p := &r.Job.Plan
	if w, _, f := plan.FitWidth(p, ch); f == nil {
		p.Width = w
	}
	r.Width, r.Length = int(p.Width), p.Length()
	r.Job.Leakage = plan.Explain(p, ch).Hash()
	shape, err := plan.GuardShape(p, ch)
	if err != nil {
		t.Fatal(err)
	}
	r.Guard = shape
}

// TestPrivacyRules: a worker derives noise and price by itself, and takes nobody's word for them.
func TestPrivacyRules(t *testing.T) {
	cost := plan.Sum{Factors: []string{"cost"}}
	for name, c := range map[string]struct {
		scope  plan.Scope
		sums   []plan.Sum
		own    config.Accept
		change func(ch *charter.Charter, r *Request)
		want   *fault.Kind
	}{
		"noise on all":       {scope: plan.ScopeAll},
		"noise on some":      {scope: plan.ScopeRequired, sums: []plan.Sum{cost}},
		"an owner wants it":  {scope: plan.ScopeAll, own: config.Accept{Privacy: charter.Required, MinCohort: 10, MaxEpsilon: "0.5"}},
		"an owner wants all": {scope: plan.ScopeRequired, sums: []plan.Sum{cost}, own: config.Accept{Privacy: charter.Required}, want: OwnRule},
		"an owner wants exact numbers of many": {
			scope: plan.ScopeRequired, sums: []plan.Sum{cost}, own: config.Accept{MinCohort: 10}, want: OwnRule,
		},
		"an owner wants more noise": {scope: plan.ScopeAll, own: config.Accept{MaxEpsilon: "0.4"}, want: OwnRule},
		"noise left out": {scope: plan.ScopeAll, sums: []plan.Sum{cost}, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, r *Request) {
			r.Job.Plan.Privacy = nil
			reseal(t, ch, r)
		}},
		"noise left out, by an owner's rule": {scope: plan.ScopeAll, own: config.Accept{Privacy: charter.Required}, want: OwnRule, change: func(ch *charter.Charter, r *Request) {
			r.Job.Plan.Privacy = nil
			reseal(t, ch, r)
		}},
		"a larger epsilon": {scope: plan.ScopeAll, want: plan.TooMuchLoss, change: func(ch *charter.Charter, r *Request) {
			r.Job.Plan.Privacy.Epsilon = 1_000_000_001
			reseal(t, ch, r)
		}},
		// The price that people read is that of the plan.
		"the statement of a smaller loss": {scope: plan.ScopeAll, want: WrongStatement, change: func(ch *charter.Charter, r *Request) {
			cheap := r.Job.Plan
			loss := *cheap.Privacy
			loss.Epsilon /= 10
			cheap.Privacy = &loss
			r.Job.Leakage = plan.Explain(&cheap, ch).Hash()
		}},
		// A shape in which a noised sum is taken for an exact one, or the other way round.
		"the shape of a question without noise": {scope: plan.ScopeRequired, sums: []plan.Sum{cost}, want: WrongShape, change: func(ch *charter.Charter, r *Request) {
			exact := *ch
			exact.Tables = append([]charter.Table(nil), ch.Tables...)
			exact.Tables[0].Columns = append([]charter.Column(nil), ch.Tables[0].Columns...)
			exact.Tables[0].Column("cost").Privacy = ""
			k := 5
			exact.Tables[0].MinCohort = &k
			p := r.Job.Plan
			p.Privacy = nil
			shape, err := plan.GuardShape(&p, &exact)
			if err != nil || len(shape) == 0 {
				t.Fatal(err)
			}
			r.Guard = shape
		}},
		"a narrower vector": {scope: plan.ScopeAll, want: plan.NotDerived, change: func(_ *charter.Charter, r *Request) {
			r.Job.Plan.Width ^= plan.Width64 ^ plan.Width128
			r.Width = int(r.Job.Plan.Width)
		}},
		// More corrupt owners, and so fewer honest ones than the noise is made for.
		"too few honest owners": {scope: plan.ScopeAll, want: TooFewContributors, change: func(_ *charter.Charter, r *Request) {
			r.Corruptions, r.Threshold, r.MinContributors = 7, charter.Threshold(10, 7), 9
		}},
		"as many as that": {scope: plan.ScopeAll, change: func(_ *charter.Charter, r *Request) {
			r.Corruptions, r.Threshold, r.MinContributors = 4, charter.Threshold(10, 4), 8
		}},
	} {
		ch := private(t)
		r := noisy(t, ch, c.scope, c.sums...)
		if c.change != nil {
			c.change(ch, r)
		}
		err := Check(ch, "north", r, c.own, now)
		if c.want == nil && err != nil || c.want != nil && !c.want.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
