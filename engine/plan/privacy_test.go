package plan_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// privateCharter allows noise; corrupt owners and the bounds on a unit are the default's.
func privateCharter(t testing.TB) *charter.Charter {
	t.Helper()
	ch := loadCharter(t)
	ch.Rules.Privacy = charter.Privacy{
		MaxEpsilon: "10", MaxDelta: "1e-6",
		Budget: charter.Budget{Epsilon: "20", Delta: "1e-6", Period: charter.Duration(charter.MinPeriod)},
	}
	return ch
}

// asking is a plan with an epsilon and a delta, with its width derived again.
func asking(t testing.TB, ch *charter.Charter, sql, epsilon, delta string, scope plan.Scope) *plan.Plan {
	t.Helper()
	e, err := dp.ParseEpsilon(epsilon)
	if err != nil {
		t.Fatal(err)
	}
	d, err := dp.ParseDelta(delta)
	if err != nil {
		t.Fatal(err)
	}
	exact := *ch // the charter may refuse the question without noise
	exact.Tables = slices.Clone(ch.Tables)
	for i := range exact.Tables {
		exact.Tables[i].Privacy = ""
		exact.Tables[i].Columns = slices.Clone(exact.Tables[i].Columns)
		for j := range exact.Tables[i].Columns {
			exact.Tables[i].Columns[j].Privacy = ""
		}
	}
	p := compile(t, &exact, sql)
	p.Privacy = &plan.Privacy{Epsilon: e, Delta: d, Scope: scope}
	if w, _, f := plan.FitWidth(p, ch); f == nil {
		p.Width = w
	}
	return p
}

// TestSigma: the guaranteed noise of a count, by the reference values of crypto/dp.
func TestSigma(t *testing.T) {
	for _, c := range []struct {
		epsilon, delta string
		sigma, rho     float64
	}{
		{"1", "1e-6", 4.53, 0.0244}, {"0.5", "1e-6", 8.68, 0}, {"2", "1e-6", 2.38, 0}, {"1", "1e-9", 5.78, 0},
	} {
		ch := privateCharter(t)
		p := asking(t, ch, "SELECT COUNT(*) FROM visits", c.epsilon, c.delta, plan.ScopeAll)
		if err := plan.Check(p, ch); err != nil {
			t.Fatal(err)
		}
		n, f := plan.NewNoise(p, ch)
		if f != nil {
			t.Fatal(f)
		}
		if got := n.Sums[0].Sigma(n.Honest); math.Abs(got-c.sigma) > 0.005 {
			t.Errorf("epsilon %s, delta %s: sigma %.4f, wants %.2f", c.epsilon, c.delta, got, c.sigma)
		}
		rho, ok := plan.Price(p, ch)
		if !ok || rho != n.Rho || c.rho > 0 && math.Abs(float64(rho)/1e9-c.rho) > 5e-5 {
			t.Errorf("epsilon %s, delta %s: rho %s", c.epsilon, c.delta, rho)
		}
	}
}

// TestPriceIsWithinTheLoss: whatever sums there are, they cost together at most what epsilon and
// delta allow, and almost all of it.
func TestPriceIsWithinTheLoss(t *testing.T) {
	ch := privateCharter(t)
	ch.Table("visits").Contribution = charter.Contribution{Groups: 7, Rows: 3}
	for _, sql := range []string{
		"SELECT COUNT(*) FROM visits",
		"SELECT ward, AVG(cost), CORR(stay, age), SUM(bmi) FROM visits GROUP BY ward",
	} {
		p := asking(t, ch, sql, "0.7", "1e-7", plan.ScopeAll)
		if err := plan.Check(p, ch); err != nil {
			t.Fatal(err)
		}
		whole, err := p.Privacy.Epsilon.Rho(p.Privacy.Delta)
		if err != nil {
			t.Fatal(err)
		}
		n, f := plan.NewNoise(p, ch)
		if f != nil {
			t.Fatal(f)
		}
		if n.Rho > whole || float64(n.Rho) < 0.999*float64(whole) {
			t.Errorf("%s: costs %s of %s", sql, n.Rho, whole)
		}
		for i, s := range n.Sums {
			l := s.Mechanism.Literal()
			if int(l.Groups) != min(7, p.Cells()) || l.Honest != 2 || l.Range != s.Factor*s.Largest || s.Mechanism.Share().Rat().Cmp(big.NewRat(9, 1)) < 0 {
				t.Errorf("sum %d: %+v", i, l)
			}
		}
	}
}

// TestPrivacyRules: what a worker refuses of a question with noise, or without.
func TestPrivacyRules(t *testing.T) {
	const sql = "SELECT COUNT(*), SUM(age), SUM(cost) FROM visits"
	for name, c := range map[string]struct {
		sql            string
		epsilon, delta string
		scope          plan.Scope
		change         func(*charter.Charter, *plan.Plan)
		want           *fault.Kind
	}{
		"fine":     {sql: sql, scope: plan.ScopeAll},
		"too much": {sql: sql, scope: plan.ScopeAll, epsilon: "10.1", want: plan.TooMuchLoss},
		"delta":    {sql: sql, scope: plan.ScopeAll, delta: "2e-6", want: plan.TooMuchLoss},
		"no rules": {sql: sql, scope: plan.ScopeAll, want: plan.NoPrivacy, change: func(ch *charter.Charter, _ *plan.Plan) {
			ch.Rules.Privacy = charter.Privacy{}
		}},
		"nothing required": {sql: sql, scope: plan.ScopeRequired, want: plan.NothingToNoise},
		"table requires, exact": {sql: sql, scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Privacy, p.Privacy = charter.Required, nil
		}},
		"column requires, exact": {sql: sql, scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("cost").Privacy, p.Privacy = charter.Required, nil
		}},
		"column requires, some": {sql: sql, scope: plan.ScopeRequired, change: func(ch *charter.Charter, _ *plan.Plan) {
			ch.Table("visits").Column("cost").Privacy = charter.Required
		}},
		"other column requires": {sql: sql, scope: plan.ScopeAll, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("bmi").Privacy, p.Privacy = charter.Required, nil
		}},
		"where": {sql: "SELECT COUNT(*) FROM visits WHERE bmi > 20", scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("bmi").Privacy, p.Privacy = charter.Required, nil
		}},
		"filter": {sql: "SELECT COUNT(*) FILTER (WHERE bmi > 20) FROM visits", scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("bmi").Privacy, p.Privacy = charter.Required, nil
		}},
		"key": {sql: "SELECT COUNT(*) FROM visits GROUP BY ward", scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("ward").Privacy, p.Privacy = charter.Required, nil
		}},
		"case key": {sql: "SELECT COUNT(*) FROM visits GROUP BY CASE WHEN bmi > 20 THEN 1 END", scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("bmi").Privacy, p.Privacy = charter.Required, nil
		}},
		"presence": {sql: "SELECT COUNT(bmi) FROM visits", scope: plan.ScopeAll, want: plan.NeedsPrivacy, change: func(ch *charter.Charter, p *plan.Plan) {
			ch.Table("visits").Column("bmi").Privacy, p.Privacy = charter.Required, nil
		}},
		"too wide":     {sql: "SELECT SUM(large) FROM visits", scope: plan.ScopeAll, want: plan.CannotNoise},
		"other width":  {sql: sql, scope: plan.ScopeAll, want: plan.NotDerived, change: func(_ *charter.Charter, p *plan.Plan) { p.Width = 128 }},
		"not its form": {sql: sql, scope: 3, want: plan.Malformed},
	} {
		ch := privateCharter(t)
		e, d := "1", "1e-6"
		if c.epsilon != "" {
			e = c.epsilon
		}
		if c.delta != "" {
			d = c.delta
		}
		p := asking(t, ch, c.sql, e, d, c.scope)
		if c.change != nil {
			c.change(ch, p)
		}
		if p.Privacy == nil {
			if w, _, f := plan.FitWidth(p, ch); f == nil {
				p.Width = w
			}
		}
		err := plan.Check(p, ch)
		if c.want == nil && err != nil || c.want != nil && !c.want.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoised: which sums are noised, and that no guard stands before them.
func TestNoised(t *testing.T) {
	ch := privateCharter(t)
	k := 10
	ch.Table("visits").MinCohort = &k
	ch.Table("visits").Column("cost").Privacy = charter.Required
	const sql = "SELECT COUNT(*), COUNT(cost), SUM(age), SUM(cost * stay), COUNT(*) FILTER (WHERE cost > 5) FROM visits"
	all := asking(t, ch, sql, "1", "1e-6", plan.ScopeAll)
	if got := fmt.Sprint(plan.Noised(all, ch)); got != "[true true true true true true]" && got != "[true true true true true]" {
		t.Errorf("scope all: %s", got)
	}
	if g := plan.Guards(all, ch); len(g) != 0 {
		t.Errorf("guards before noised sums: %v", g)
	}
	some := asking(t, ch, sql, "1", "1e-6", plan.ScopeRequired)
	if err := plan.Check(some, ch); err != nil {
		t.Fatal(err)
	}
	guarded := map[int]bool{}
	for _, g := range plan.Guards(some, ch) {
		for _, i := range g.Sums {
			guarded[i] = true
		}
	}
	for i, noised := range plan.Noised(some, ch) {
		touches := false
		for _, name := range []string{"cost"} {
			touches = touches || slices.Contains(some.Sums[i].Factors, name) || slices.Contains(some.Sums[i].Present, name) || some.Sums[i].Filter != nil
		}
		if noised != touches || guarded[i] == noised {
			t.Errorf("%s: noised %v, guarded %v", some.Sums[i].SQL(), noised, guarded[i])
		}
	}
	if l, f := plan.NewLayout(some, ch); f != nil || l == nil {
		t.Errorf("no layout: %v", f)
	}
	if l, f := plan.NewLayout(all, ch); f != nil || l != nil {
		t.Errorf("a layout without guards: %v", f)
	}
}

// TestPrivacyEncoding: a plan without noise is encoded as ever; one with it has one encoding.
func TestPrivacyEncoding(t *testing.T) {
	ch := privateCharter(t)
	p := asking(t, ch, "SELECT COUNT(*) FROM visits", "0.5", "2.5e-7", plan.ScopeAll)
	with, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	q, err := plan.Parse(with)
	if err != nil || *q.Privacy != *p.Privacy {
		t.Fatalf("%v: %+v", err, q)
	}
	bare := *p
	bare.Privacy = nil
	without, err := bare.Marshal()
	if err != nil || !bytes.HasPrefix(with, without) {
		t.Fatalf("%v: the encoding of a plan without noise is another", err)
	}
	tail := with[len(without):]
	for i := range tail {
		if i > 0 {
			if _, err := plan.Parse(with[:len(without)+i]); !plan.Malformed.Is(err) {
				t.Errorf("cut after %d bytes: %v", i, err)
			}
		}
	}
	for name, change := range map[string]func([]byte) []byte{
		"tag":   func(b []byte) []byte { b[0] = 2; return b },
		"scope": func(b []byte) []byte { b[1] = 3; return b },
		"zero":  func(b []byte) []byte { clear(b[2:10]); return b },
		"delta": func(b []byte) []byte { return bytes.Replace(b, []byte("2.5e-7"), []byte("25.e-8"), 1) },
		"other": func(b []byte) []byte { return bytes.Replace(b, []byte("2.5e-7"), []byte(".25e-6"), 1) },
		"twice": func(b []byte) []byte { return append(b, b...) },
		"after": func(b []byte) []byte { return append(b, 0) },
	} {
		if _, err := plan.Parse(append(bytes.Clone(without), change(bytes.Clone(tail))...)); !plan.Malformed.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOverflowWithNoise: the width has room for the finer unit and the largest draws of all
// owners, not only for sums.
func TestOverflowWithNoise(t *testing.T) {
	ch := privateCharter(t)
	table := ch.Table("visits")
	table.Column("stay").Range = []string{"0", "1099511627776"} // 2^40
	table.MaxRows = 2_700_000                                   // three times the product is below 2^63, and hardly
	exact := compile(t, ch, "SELECT SUM(stay) FROM visits")
	noisy := asking(t, ch, "SELECT SUM(stay) FROM visits", "0.01", "1e-6", plan.ScopeAll)
	if exact.Width != plan.Width64 || noisy.Width != plan.Width128 {
		t.Fatalf("widths %d and %d", exact.Width, noisy.Width)
	}
	elements, f := plan.Elements(noisy, ch)
	if f != nil {
		t.Fatal(f)
	}
	n, _ := plan.NewNoise(noisy, ch)
	for i, b := range plan.Bounds(noisy, ch) {
		s := n.Sums[i]
		want := new(big.Int).Mul(b, new(big.Int).SetUint64(s.Factor))
		want.Add(want, new(big.Int).SetUint64(s.Mechanism.Share().Bound()))
		if elements[i].Cmp(want) != 0 {
			t.Errorf("element %d: %s, wants %s", i, elements[i], want)
		}
	}
	if err := plan.Check(noisy, ch); err != nil {
		t.Error(err)
	}
}

// TestExplainNoise: the statement has the reference values, and of a question that is exact
// for some sums both.
func TestExplainNoise(t *testing.T) {
	ch := privateCharter(t)
	k := 10
	ch.Table("visits").MinCohort = &k
	all := asking(t, ch, "SELECT COUNT(*) FROM visits", "1", "1e-6", plan.ScopeAll)
	ch.Table("visits").Column("cost").Privacy = charter.Required
	some := asking(t, ch, "SELECT ward, COUNT(*), SUM(cost) FROM visits GROUP BY ward", "1", "1e-6", plan.ScopeRequired)
	for name, c := range map[string]struct {
		plan       *plan.Plan
		has, lacks []string
	}{
		"all":  {all, []string{"epsilon 1, delta 1e-6 for each value of patient at each owner", "price at each owner: rho 0.024355969", "sigma 4.531 of 2 owners", "every declared cell is shown", "COUNT(*): noised"}, []string{"suppressed cells", "row's values", "fewer than"}},
		"some": {some, []string{"only where at least 10 privacy units contribute, else nothing but \"fewer than 10\": COUNT(*)", "with noise, for every cell, whatever stands behind it: COUNT(cost), SUM(cost)", "without noise: COUNT(*)", "COUNT(*): exact"}, []string{"not guarded"}},
	} {
		if err := plan.Check(c.plan, ch); err != nil {
			t.Fatal(err)
		}
		text := plan.Explain(c.plan, ch).Text()
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		for _, no := range c.lacks {
			if strings.Contains(text, no) {
				t.Errorf("%s: %q in\n%s", name, no, text)
			}
		}
	}
}

// TestWorstCaseWithNoise: with every owner at the bound, and its noise at the largest draw, no sum of limbs
// reaches t/2 (release looks).
func TestWorstCaseWithNoise(t *testing.T) {
	for _, c := range []struct {
		owners, k int
		rows      int64
		epsilon   string
	}{{3, 2, 1, "1"}, {3, 7, 100_000, "0.01"}, {20, 10, 5_000_000, "10"}, {100, 20, 1_000_000, "0.5"}} {
		ch := cohorts(withOwners(privateCharter(t), c.owners), c.k, nil)
		ch.Table("visits").MaxRows = c.rows
		ch.Table("visits").Column("cost").Privacy = charter.Required
		p := asking(t, ch, "SELECT COUNT(*), SUM(age), COUNT(cost), SUM(cost) FROM visits GROUP BY ward", c.epsilon, "1e-6", plan.ScopeRequired)
		if err := plan.Check(p, ch); err != nil {
			t.Fatal(err)
		}
		for _, number := range []func(*big.Int) *big.Int{
			func(b *big.Int) *big.Int { return b },
			func(b *big.Int) *big.Int { return new(big.Int).Neg(b) },
			allOnes,
			func(*big.Int) *big.Int { return big.NewInt(-1) },
		} {
			w := newWorld(t, p, ch)
			for range c.owners {
				w.add(number, func(bound uint64) uint64 { return bound })
			}
			w.check(t)
		}
	}
}
