package differencing_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// model is the question with a logistic model of age, whose coefficients are zero.
func (o owner) model(sql string, filter *plan.Predicate) *plan.Plan {
	o.Helper()
	q, err := query.Compile(sql, o.ch)
	if err != nil {
		o.Fatal(err)
	}
	zero := plan.Value{Kind: plan.Decimal, Text: "0"}
	m := &plan.Model{Terms: []plan.ModelTerm{{}, {Factors: []string{"age"}}}, Coefficients: []plan.Value{zero, zero}}
	q, err = q.WithModel(m, []plan.Sum{{Weight: plan.Variance, Factors: []string{"age", "age"}}, {Weight: plan.Exp, Filter: filter}}, o.ch)
	if err != nil {
		o.Fatal(err)
	}
	return &q.Plan
}

// TestModelAttacks: a weighted sum is compared as the number of its rows is, by condition and by filter, with sums
// of other models and with plain counts. West has three patients.
func TestModelAttacks(t *testing.T) {
	o := newOwner(t, visits())
	rounds := 25
	o.ch.Tables[0].ModelRounds = &rounds
	const all, some = "SELECT COUNT(*) FROM visits", "SELECT COUNT(*) FROM visits WHERE town <> 'west'"
	west := plan.Compare(plan.Eq, "town", plan.Value{Kind: plan.Text, Text: "west"})
	men := plan.Compare(plan.Eq, "sex", plan.Value{Kind: plan.Text, Text: "m"})
	for name, c := range map[string]struct {
		earlier []*plan.Plan
		now     *plan.Plan
		refused bool
	}{
		"a model of all, then of all but three": {[]*plan.Plan{o.model(all, nil)}, o.model(some, nil), true},
		"a count of all, then a model":          {[]*plan.Plan{o.plan(all)}, o.model(some, nil), true},
		"a model, then a count":                 {[]*plan.Plan{o.model(some, nil)}, o.plan(all), true},
		"all but three within one model":        {nil, o.model(all, plan.Negate(west)), true},
		"the same again":                        {[]*plan.Plan{o.model(all, men)}, o.model(all, men), false},
		"men, and all":                          {nil, o.model(all, men), false},
	} {
		compare, err := differencing.New(c.now, c.earlier, o.ch)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.engine.Compare(t.Context(), "visits", compare); err != nil {
			t.Fatal(err)
		}
		if f := compare.Find(); (f != nil) != c.refused {
			t.Errorf("%s: found %v, want %t", name, f, c.refused)
		}
	}
}
