package plan_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// BenchmarkCheckPrivacy is what a worker does with a plan that has noise, guards besides.
func BenchmarkCheckPrivacy(b *testing.B) {
	for name, scope := range map[string]plan.Scope{"all": plan.ScopeAll, "required": plan.ScopeRequired} {
		b.Run(name, func(b *testing.B) {
			ch := privateCharter(b)
			k := 10
			ch.Table("visits").MinCohort = &k
			ch.Table("visits").Column("cost").Privacy = charter.Required
			p := asking(b, ch, "SELECT ward, COUNT(*), AVG(cost), CORR(stay, age), SUM(bmi) FROM visits GROUP BY ward", "1", "1e-6", scope)
			for b.Loop() {
				if err := plan.Check(p, ch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
