package plan_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

const weekly = "SELECT kind, curve(width_bucket(days, 0, 364, 52)), COUNT(*), COUNT(*) FILTER (WHERE seen = 1), SUM(hours) FROM waits GROUP BY 1, 2"

// TestCurveTampered: a worker refuses each curve that a dishonest analyst's client could make
// instead of the compiler.
func TestCurveTampered(t *testing.T) {
	decimal := func(s string) plan.Value { return plan.Value{Kind: plan.Decimal, Text: s} }
	bins := func(lo, hi string, n int) func(*plan.Plan, *charter.Table) {
		return func(p *plan.Plan, _ *charter.Table) {
			k := &p.Keys[1]
			k.Lo, k.Hi, k.Count, k.Slots = decimal(lo), decimal(hi), n, plan.BinSlots(n)
		}
	}
	for name, c := range map[string]struct {
		kind   *fault.Kind
		change func(*plan.Plan, *charter.Table)
	}{
		"not declared":            {plan.NoCurve, func(_ *plan.Plan, t *charter.Table) { t.Column("days").Curve = "" }},
		"along another measure":   {plan.NoCurve, func(p *plan.Plan, _ *charter.Table) { p.Keys[1].Column = "hours" }},
		"finer than the step":     {plan.CurveTooFine, bins("0", "364", 364)},
		"coarser, not a multiple": {plan.CurveTooFine, bins("0", "360", 36)},
		"shifted":                 {plan.CurveTooFine, bins("1", "358", 51)},
		"along a category": {plan.Malformed, func(p *plan.Plan, _ *charter.Table) {
			p.Keys = p.Keys[:1]
			p.Keys[0].Along = true
		}},
		"two curves": {plan.Malformed, func(p *plan.Plan, _ *charter.Table) {
			p.Keys[0] = p.Keys[1]
		}},
		"a condition finer than the step": {plan.CurveTooFine, func(p *plan.Plan, _ *charter.Table) {
			p.Where = plan.Compare(plan.Lt, "days", plan.Value{Kind: plan.Integer, Text: "10"})
		}},
		"a filter finer than the step": {plan.CurveTooFine, func(p *plan.Plan, _ *charter.Table) {
			p.Sums = append(p.Sums, plan.Sum{Filter: plan.Compare(plan.Eq, "days", plan.Value{Kind: plan.Integer, Text: "7"})})
		}},
		"sums of the column along": {plan.CurveTooFine, func(p *plan.Plan, _ *charter.Table) {
			p.Sums = append(p.Sums, plan.Sum{Factors: []string{"days"}})
		}},
		"a condition over two columns": {plan.Mixing, func(p *plan.Plan, _ *charter.Table) {
			p.Where = plan.AnyOf(plan.Compare(plan.Lt, "days", plan.Value{Kind: plan.Integer, Text: "7"}), plan.Missing("kind"))
		}},
		"a filter over two columns": {plan.Mixing, func(p *plan.Plan, _ *charter.Table) {
			p.Sums = append(p.Sums, plan.Sum{Filter: plan.AnyOf(plan.Compare(plan.Lt, "days", plan.Value{Kind: plan.Integer, Text: "7"}), plan.Missing("kind"))})
		}},
		"cases over two columns": {plan.Mixing, func(p *plan.Plan, _ *charter.Table) {
			p.Keys[0] = plan.Key{
				Kind: plan.KeyCase, Slots: []plan.Value{{Kind: plan.Text, Text: "a"}, {Kind: plan.Text, Text: "b"}}, Null: true, Else: 2,
				Arms: []plan.Arm{{When: plan.Compare(plan.Lt, "days", plan.Value{Kind: plan.Integer, Text: "7"}), Slot: 0}, {When: plan.Missing("kind"), Slot: 1}},
			}
		}},
		"noise": {plan.CurveNoise, func(p *plan.Plan, _ *charter.Table) {
			p.Privacy = &plan.Privacy{Epsilon: 1, Scope: plan.ScopeAll}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ch := loadCharter(t)
			p := compile(t, ch, weekly)
			c.change(p, ch.Table("waits"))
			if name == "noise" {
				if f := plan.CheckPrivacy(p, ch); !c.kind.Is(f) {
					t.Errorf("got %v, wants %s", f, c.kind.Code)
				}
				return
			}
			if err := plan.Check(p, ch); !c.kind.Is(err) {
				t.Errorf("got %v, wants %s", err, c.kind.Code)
			}
		})
	}
}

// TestCurveGuards: units are counted for curves, by filter, so that a curve of events needs so many
// people with an event; and the statement says what that means.
func TestCurveGuards(t *testing.T) {
	ch := loadCharter(t)
	k := 10
	ch.Table("waits").MinCohort = &k
	p := compile(t, ch, weekly)
	guards := plan.Guards(p, ch)
	if len(guards) != 2 || guards[0].Filter != nil || guards[1].Filter == nil || guards[1].K != 10 {
		t.Fatalf("guards %+v", guards)
	}
	w := newWorld(t, p, ch)
	points := p.Points()
	one := func(*big.Int) *big.Int { return big.NewInt(1) }
	units := [][]uint64{{3, 3}, {3, 4}, {0, 4}} // kinds a, b, and rows without kind have none
	for _, u := range units {
		at := 0
		w.add(one, func(uint64) uint64 {
			defer func() { at++ }()
			if at%3 == 2 {
				return 0
			}
			return u[at%3]
		})
	}
	released, suppressed := w.check(t)
	if want := points * 3; released != want || suppressed != 2*want {
		t.Errorf("%d released, %d suppressed, wants one curve of three, of %d points", released, suppressed, points)
	}
	text := plan.Explain(p, ch).Text()
	for _, want := range []string{
		"3 curves of 54 points along days: the points of a curve are released together",
		"a single point of a released curve may show a single person",
		"only whole curves to which at least 10 privacy units contribute, else nothing but \"fewer than 10\": COUNT(*) FILTER",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// long is a charter whose curves have 8192 points: 8190 days, before and after.
func long(t *testing.T, owners int) *charter.Charter {
	t.Helper()
	ch := withOwners(loadCharter(t), owners)
	ch.Rules.MaxCells = 1 << 20
	k, table := 10, ch.Table("waits")
	table.Owners, table.MinCohort = nil, &k
	table.Column("days").Range, table.Column("days").Curve = []string{"0", "9999"}, "1"
	return ch
}

const longKey = "curve(width_bucket(days, 0, 8190, 8190))"

// TestCurveLayouts: however curves are laid out, what is released is the pooled numbers of curves with k units, and of no
// other; and a curve of which one slot is left out is an error.
func TestCurveLayouts(t *testing.T) {
	const seed = 8192
	rng := rand.New(rand.NewPCG(seed, 0))
	for name, c := range map[string]struct {
		sql    string
		layout string
	}{
		"packed":     {"SELECT " + longKey + ", COUNT(*) FROM waits GROUP BY 1", "k = 10, packed: 1×8192"},
		"cut":        {"SELECT kind, " + longKey + ", COUNT(*), COUNT(*) FILTER (WHERE seen = 1) FROM waits GROUP BY 1, 2", "k = 10, packed: 1×4 1×8192 1×8182"},
		"spread":     {"SELECT " + longKey + ", COUNT(*), COUNT(*) FILTER (WHERE seen = 1) FROM waits GROUP BY 1", "k = 10, columns: 16384×1"},
		"in columns": {"SELECT seen, " + longKey + ", COUNT(*), SUM(hours) FROM waits GROUP BY 1, 2", "k = 10, columns: 16384×2"},
	} {
		t.Run(name, func(t *testing.T) {
			ch := long(t, 3)
			p := compile(t, ch, c.sql)
			w := newWorld(t, p, ch)
			if text := layoutText(p, w.layout); !strings.Contains(text, c.layout) {
				t.Errorf("%s, wants %s", text, c.layout)
			}
			for range 3 {
				w.add(func(bound *big.Int) *big.Int { return anyNumber(rng, bound) }, func(bound uint64) uint64 { return rng.Uint64N(8) })
			}
			w.check(t)
			opened := w.release(t)
			g, r := len(opened)-1, 0
			for i := range opened[g][r].Released {
				if opened[g][r].Released[i] && len(opened[g][r].Released) > 1 && i > 0 {
					opened[g][r].Released[i], opened[g][r].Guards[i] = false, 0
					if _, err := w.layout.Read(opened); !plan.ErrLayout.Is(err) {
						t.Errorf("slot %d left out: %v", i, err)
					}
					break
				}
			}
		})
	}
}

// TestPartOfACurve: a curve that lies in two ciphertexts is released as a whole or not at all, whatever
// an owner counts.
func TestPartOfACurve(t *testing.T) {
	ch := loadCharter(t)
	k := 10
	table := ch.Table("waits")
	ch.Rules.MaxCells = 1 << 20
	table.MinCohort, table.Column("days").Range = &k, []string{"0", "139999"}
	p := compile(t, ch, "SELECT curve(width_bucket(days, 0, 140000, 20000)), COUNT(*), SUM(hours) FROM waits GROUP BY 1")
	w := newWorld(t, p, ch)
	for range 3 {
		w.add(func(*big.Int) *big.Int { return big.NewInt(2) }, func(uint64) uint64 { return 5 })
	}
	if released, _ := w.check(t); released != p.Length() {
		t.Fatalf("%d of %d released", released, p.Length())
	}
	opened := w.release(t)
	for g := range opened {
		for r := range opened[g] {
			other := w.release(t)
			run := &other[g][r]
			run.Released[0], run.Guards[0] = false, 0
			if _, err := w.layout.Read(other); !plan.ErrLayout.Is(err) {
				t.Errorf("group %d, run %d left out: %v", g, r, err)
			}
		}
	}
	if len(opened) < 2 {
		t.Error("the curve lies in one ciphertext")
	}
}
