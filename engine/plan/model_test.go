package plan_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

func decimals(texts ...string) (out []plan.Value) {
	for _, t := range texts {
		out = append(out, plan.Value{Kind: plan.Decimal, Text: t})
	}
	return out
}

// modelCharter has a table clinic that is declared for models.
func modelCharter(k int) *charter.Charter {
	never, often, rounds := new(bool), true, 25
	t := charter.Table{
		Name: "clinic", MaxRows: 10000, MinCohort: &k, ModelRounds: &rounds,
		Columns: []charter.Column{
			{Name: "age", Type: "integer", Role: charter.Measure, Nullable: never, Range: []string{"0", "100"}},
			{Name: "dose", Type: "decimal(5,2)", Role: charter.Measure, Nullable: &often, Range: []string{"-10", "10"}},
			{Name: "years", Type: "decimal(5,2)", Role: charter.Measure, Nullable: never, Range: []string{"0.01", "100"}},
			{Name: "narrow", Type: "integer", Role: charter.Measure, Nullable: never, Range: []string{"0", "1"}, Aggregates: []string{"count", "sum"}},
			{Name: "sex", Type: "text", Role: charter.Category, Nullable: never, Domain: []string{"f", "m"}},
			{Name: "name", Type: "text", Role: charter.Identifier, Nullable: never},
		},
	}
	c := &charter.Charter{
		Format: charter.Format, Space: "models", Version: 1, Tables: []charter.Table{t},
		Rules: charter.Rules{MinContributors: 3, ToleratedCorruption: 1},
	}
	for _, id := range []string{"a", "b", "c"} {
		c.Members = append(c.Members, charter.Member{ID: id, Roles: []charter.Role{charter.Owner}})
	}
	return c
}

// clinicPlan is a logistic model of age and sex.
func clinicPlan(t testing.TB, ch *charter.Charter) *plan.Plan {
	t.Helper()
	p := &plan.Plan{
		Table: "clinic",
		Sums: []plan.Sum{
			{},
			{Weight: plan.Logistic},
			{Weight: plan.Variance, Factors: []string{"age", "age"}},
			{Weight: plan.Exp, Factors: []string{"age"}, Filter: plan.Compare(plan.Eq, "sex", plan.Value{Kind: plan.Text, Text: "m"})},
			{Weight: plan.Softplus},
			{Weight: plan.Entropy, Factors: []string{"age"}},
			{Weight: plan.LogFactorial, Factors: []string{"age"}},
			{Weight: plan.Shift, Factors: []string{"age"}},
		},
		Model: &plan.Model{
			Terms: []plan.ModelTerm{
				{}, {Factors: []string{"age"}}, {Factors: []string{"age"}, Levels: []plan.Level{{Column: "sex", Value: plan.Value{Kind: plan.Text, Text: "m"}}}},
			},
			Coefficients: decimals("-1.5", "0.04", "0.001"), Offset: "years", LogOffset: true,
		},
	}
	fit(t, p, ch)
	return p
}

func fit(t testing.TB, p *plan.Plan, ch *charter.Charter) {
	t.Helper()
	if f := p.FitFractions(ch); f != nil {
		t.Fatal(f)
	}
	w, _, f := plan.FitWidth(p, ch)
	if f != nil {
		t.Fatal(f)
	}
	p.Width = w
}

func TestModelCodec(t *testing.T) {
	ch := modelCharter(1)
	p := clinicPlan(t, ch)
	if err := plan.Check(p, ch); err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := plan.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := again.Marshal(); err != nil || !slices.Equal(b, c) || again.SQL() != p.SQL() {
		t.Errorf("%v: another plan after decoding: %s", err, again.SQL())
	}
	// Rounds differ in coefficients alone.
	fixed, err := p.Fixed().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	other, err := p.At(decimals("0.3", "0", "0.01")).Fixed().Marshal()
	if err != nil || !slices.Equal(fixed, other) || slices.Equal(fixed, b) {
		t.Errorf("%v: the fixed form depends on coefficients", err)
	}
	if plan.Explain(p, ch).Hash() != plan.Explain(p.Fixed(), ch).Hash() {
		t.Error("the statement depends on coefficients")
	}
}

// Each of these is refused: by the form, by the charter, or by the bound on η.
func TestModelRefusals(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*plan.Plan, *charter.Charter)
		code   string
	}{
		"weight without model":      {func(p *plan.Plan, _ *charter.Charter) { p.Model = nil }, "TACIT-P100"},
		"model without weight":      {func(p *plan.Plan, _ *charter.Charter) { p.Sums = p.Sums[:1] }, "TACIT-P100"},
		"unknown weight":            {func(p *plan.Plan, _ *charter.Charter) { p.Sums[1].Weight = 99 }, "TACIT-P100"},
		"fewer coefficients":        {func(p *plan.Plan, _ *charter.Charter) { p.Model.Coefficients = decimals("1") }, "TACIT-P100"},
		"coefficient not canonical": {func(p *plan.Plan, _ *charter.Charter) { p.Model.Coefficients = decimals("1.50", "0", "0") }, "TACIT-P100"},
		"coefficient no number": {func(p *plan.Plan, _ *charter.Charter) {
			p.Model.Coefficients[0] = plan.Value{Kind: plan.Text, Text: "x"}
		}, "TACIT-P100"},
		"term twice":                   {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[2] = p.Model.Terms[1] }, "TACIT-P100"},
		"five factors":                 {func(p *plan.Plan, _ *charter.Charter) { p.Sums[1].Factors = slices.Repeat([]string{"age"}, 5) }, "TACIT-P100"},
		"entropy of two":               {func(p *plan.Plan, _ *charter.Charter) { p.Sums[5].Factors = []string{"age", "age"} }, "TACIT-P100"},
		"factorial of two":             {func(p *plan.Plan, _ *charter.Charter) { p.Sums[6].Factors = []string{"age", "age"} }, "TACIT-P100"},
		"factorial of a fraction":      {func(p *plan.Plan, _ *charter.Charter) { p.Sums[6].Factors = []string{"years"} }, "TACIT-P171"},
		"offset that is none":          {func(p *plan.Plan, _ *charter.Charter) { p.Model.Offset, p.Model.LogOffset = "", false }, "TACIT-P100"},
		"fraction":                     {func(p *plan.Plan, _ *charter.Charter) { p.Sums[1].Fraction++ }, "TACIT-P124"},
		"fraction without weight":      {func(p *plan.Plan, _ *charter.Charter) { p.Sums[0].Fraction = 1 }, "TACIT-P100"},
		"charter without models":       {func(_ *plan.Plan, ch *charter.Charter) { ch.Tables[0].ModelRounds = nil }, "TACIT-P170"},
		"unknown column":               {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[1].Factors = []string{"height"} }, "TACIT-P102"},
		"identifier":                   {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[1].Factors = []string{"name"} }, "TACIT-P104"},
		"narrowed column in a term":    {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[1].Factors = []string{"narrow"} }, "TACIT-P109"},
		"narrowed column in a sum":     {func(p *plan.Plan, _ *charter.Charter) { p.Sums[1].Factors = []string{"narrow"} }, "TACIT-P109"},
		"level outside the domain":     {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[2].Levels[0].Value.Text = "x" }, "TACIT-P106"},
		"level of a measure":           {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[2].Levels[0].Column = "age" }, "TACIT-P103"},
		"column that may be missing":   {func(p *plan.Plan, _ *charter.Charter) { p.Model.Terms[1].Factors = []string{"dose"} }, "TACIT-P171"},
		"factor that may be missing":   {func(p *plan.Plan, _ *charter.Charter) { p.Sums[1].Factors = []string{"dose"} }, "TACIT-P171"},
		"logarithm of 0":               {func(p *plan.Plan, _ *charter.Charter) { p.Model.Offset = "age" }, "TACIT-P171"},
		"coefficient that picks a row": {func(p *plan.Plan, _ *charter.Charter) { p.Model.Coefficients = decimals("-3000", "100", "0") }, "TACIT-P172"},
		"just beyond":                  {func(p *plan.Plan, _ *charter.Charter) { p.Model.Coefficients = decimals("15", "0.01", "0") }, "TACIT-P172"},
	} {
		ch := modelCharter(1)
		p := clinicPlan(t, ch)
		c.change(p, ch)
		if err := plan.Check(p, ch); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
}

// A condition that leaves rows without the value out makes a column good.
func TestModelOfCompleteRows(t *testing.T) {
	ch := modelCharter(1)
	p := clinicPlan(t, ch)
	p.Model.Terms[1].Factors = []string{"dose"}
	p.Where = plan.Negate(plan.Missing("dose"))
	fit(t, p, ch)
	if err := plan.Check(p, ch); err != nil {
		t.Error(err)
	}
}

// Behind each number of a model stand three units for each coefficient, as far as guards can count,
// and a level is guarded by itself.
func TestModelGuards(t *testing.T) {
	ch := modelCharter(5)
	p := clinicPlan(t, ch)
	guards := plan.Guards(p, ch)
	var got []string
	for _, g := range guards {
		filter := "all"
		if g.Filter != nil {
			filter = g.Filter.SQL()
		}
		got = append(got, fmt.Sprintf("%d %s %v %t", g.K, filter, g.Sums, g.Lock))
	}
	if want := []string{"9 all [0 1 2 4 5 6 7] false", "9 sex = 'm' [3] true", "9 sex = 'f' [] true"}; !slices.Equal(got, want) {
		t.Errorf("guards %q, want %q", got, want)
	}
	if n := p.LeastRows(ch); n != 0 {
		t.Errorf("owners count %d rows, which the guard does", n)
	}
	for len(p.Model.Terms) < 8 {
		p.Model.Terms = append(p.Model.Terms, plan.ModelTerm{Factors: slices.Repeat([]string{"years"}, len(p.Model.Terms)-2)[:min(4, len(p.Model.Terms)-2)], Levels: p.Model.Terms[2].Levels[:len(p.Model.Terms)%2]})
	}
	if n := p.LeastRows(ch); n != 8 {
		t.Errorf("owners need %d rows, want 24 / 3", n)
	}
}

func TestWeightedValue(t *testing.T) {
	s := plan.Sum{Weight: plan.Exp, Fraction: 4}
	if got := s.Weighted(big.NewInt(-24)); got.Cmp(big.NewRat(-3, 2)) != 0 {
		t.Errorf("got %s", got)
	}
}
