package plan_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestModelFinerThanItsCurve: the weight of a point with one row would be a function of that row's offset, or term, which
// the public grid of the column does not show; Shift is the offset itself.
func TestModelFinerThanItsCurve(t *testing.T) {
	for step, code := range map[string]string{"": "", "0.01": "", "0.05": "TACIT-P181", "1": "TACIT-P181"} {
		for _, weight := range []plan.Weight{plan.Exp, plan.Shift} {
			for _, log := range []bool{true, false} {
				ch := modelCharter(1)
				ch.Tables[0].Column("years").Curve = step
				ch.Tables[0].Column("years").Range = []string{"0.01", "10"}
				p := clinicPlan(t, ch)
				p.Model.LogOffset = log
				p.Sums = []plan.Sum{{}, {Weight: weight}}
				fit(t, p, ch)
				if err := plan.Check(p, ch); fault.Code(err) != code {
					t.Errorf("offset, step %q, weight %d, log %v: %v, want %q", step, weight, log, err, code)
				}
				if weight == plan.Shift {
					continue
				}
				p.Model.Offset, p.Model.LogOffset, p.Model.Terms[1].Factors = "", false, []string{"years"}
				if err := plan.Check(p, ch); fault.Code(err) != code {
					t.Errorf("term, step %q: %v, want %q", step, err, code)
				}
			}
		}
	}
}
