package differencing_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
)

var curved = []string{`range: ["0", "120"]}`, `range: ["0", "120"], curve: "1"}`}

const everybody = "SELECT curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*), SUM(cost) FROM visits GROUP BY a"

// TestCurveAttacks: the points of curves are small by nature, and may be seen; what must not be is what they show of
// the few units in which two questions differ. West has three patients of age 20 to 22.
func TestCurveAttacks(t *testing.T) {
	o := newOwner(t, visits(), curved...)
	for name, c := range map[string]struct {
		want      string
		questions []string
	}{
		"all, then all but three": {"earlier", []string{
			everybody, "SELECT curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*) FROM visits WHERE town <> 'west' GROUP BY a",
		}},
		"all but three, then all": {"earlier", []string{
			"SELECT curve(width_bucket(age, 0, 120, 60)) AS a, COUNT(*) FROM visits WHERE town <> 'west' GROUP BY a", everybody,
		}},
		"complement in one question": {"within", []string{
			"SELECT curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*), COUNT(*) FILTER (WHERE town <> 'west') FROM visits GROUP BY a",
		}},
		"a curve and a number": {"earlier", []string{everybody, "SELECT COUNT(*) FROM visits WHERE town <> 'west'"}},
		"a curve and a number of some ages": {"earlier", []string{
			everybody, "SELECT COUNT(*) FROM visits WHERE town <> 'west' AND age < 60",
		}},
		"a number of some ages and a curve": {"earlier", []string{
			"SELECT COUNT(*) FILTER (WHERE age BETWEEN 20 AND 40 AND town <> 'west') FROM visits", everybody,
		}},
		"a curve and numbers by age": {"earlier", []string{
			everybody, "SELECT width_bucket(age, 0, 120, 4), SUM(cost) FROM visits WHERE town <> 'west' GROUP BY 1",
		}},
		"a curve and cases of age": {"earlier", []string{
			everybody, "SELECT CASE WHEN age < 40 THEN 'young' ELSE 'old' END AS x, SUM(cost) FROM visits WHERE town <> 'west' GROUP BY 1",
		}},
		"curves of different ages": {"earlier", []string{
			everybody, "SELECT curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*) FROM visits WHERE town <> 'west' AND age < 60 GROUP BY a",
		}},
		"different ages in one curve": {"within", []string{
			"SELECT curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*), COUNT(*) FILTER (WHERE town <> 'west' AND age < 60) FROM visits GROUP BY a",
		}},
		"by sex, and all": {"", []string{
			"SELECT sex, curve(width_bucket(age, 0, 120, 120)) AS a, COUNT(*) FROM visits GROUP BY 1, 2", everybody,
		}},
		"finer and coarser":  {"", []string{everybody, "SELECT curve(width_bucket(age, 0, 120, 12)) AS a, COUNT(*), SUM(cost) FROM visits GROUP BY a"}},
		"numbers of ages":    {"", []string{everybody, "SELECT AVG(cost), COUNT(*) FILTER (WHERE age < 50) FROM visits WHERE age < 60"}},
		"numbers by age":     {"", []string{everybody, "SELECT width_bucket(age, 0, 120, 4), SUM(cost) FROM visits GROUP BY 1"}},
		"numbers by sex":     {"", []string{"SELECT sex, COUNT(*) FROM visits WHERE age < 60 GROUP BY sex", everybody}},
		"numbers, no curves": {"", []string{"SELECT COUNT(*) FROM visits", "SELECT COUNT(*) FROM visits WHERE town <> 'west' AND age < 60"}},
	} {
		if got := o.ask(c.questions...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestMixedEarlier: what was asked before the column was declared for curves may have conditions that cannot be
// left out; it is none that can be compared.
func TestMixedEarlier(t *testing.T) {
	before, after := newOwner(t, visits()), newOwner(t, visits(), curved...)
	asked := []*plan.Plan{
		before.plan("SELECT COUNT(*) FROM visits WHERE age < 60 OR town <> 'west'"),
		before.plan("SELECT COUNT(*) FROM visits WHERE age < 60 AND town <> 'west'"),
		before.plan("SELECT CASE WHEN age < 60 THEN 'a' WHEN town = 'west' THEN 'b' END AS x, COUNT(*) FROM visits GROUP BY 1"),
	}
	c, err := differencing.New(after.plan(everybody), asked, after.ch)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Left) != 2 || c.Left[0] != 0 || c.Left[1] != 2 {
		t.Errorf("left out %v", c.Left)
	}
}
