package statistic

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func tTest() *Statistic {
	return &Statistic{
		Name: "ttest", Aliases: []string{"t_test"},
		Synopsis: "t test: do two groups differ in their mean, or does one from a number",
		Parameters: []Parameter{
			formulaText("value ~ group; or value ~ 1 for one mean", false), valueParameter, byParameter,
			{Name: "equal_variance", Kind: Flag, Default: "false", Help: "Student's test, which takes both variances to be equal, instead of Welch's"},
			{Name: "mu", Kind: Number, Default: "0", Help: "of a test of one mean: the number that it is compared with"},
			where, level,
		},
		Example: `lung "age ~ sex"`,
		Prepare: prepareTTest,
	}
}

func prepareTTest(c *Call) (*Prepared, *fault.Fault) {
	v, bad := c.valueByGroup()
	if bad != nil {
		return nil, bad
	}
	if len(v.by) > 1 {
		return nil, BadParameter.New("ttest compares two groups of one category; anova compares more")
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	mu, err := decimal.Parse(c.Text("mu"))
	if err != nil {
		return nil, c.Refuse("mu", "wants a decimal number")
	}
	t := &comparedMeans{valueByGroup: v, equal: c.Flag("equal_variance"), mu: mu, level: confidence}
	return &Prepared{SQL: v.inner(c), Finish: t.finish}, nil
}

// comparedMeans finishes a t test.
type comparedMeans struct {
	*valueByGroup
	equal bool
	mu    *big.Rat
	level float64
}

func (t *comparedMeans) finish(in *Released) (*Report, *fault.Fault) {
	all, visible := t.groups(in)
	if len(visible) < len(all) {
		return nil, Suppressed.New("a group has too few values: %s", all[0].name(t.by))
	}
	r := &Report{}
	var test *inference.TTest
	var f *fault.Fault
	switch {
	case len(t.by) == 0 && len(visible) == 1:
		r.Title = "One-sample t test, " + percent(t.level) + " interval"
		test, f = inference.OneSample(&visible[0].moments, t.mu, t.level)
	case len(visible) != 2:
		return nil, inference.TooFew.New("%d groups have values, a t test compares two", len(visible)).With("Leave others out with a condition, or use anova.")
	case t.equal:
		r.Title = "Student's two-sample t test, " + percent(t.level) + " interval"
		test, f = inference.Student(&visible[0].moments, &visible[1].moments, t.level)
	default:
		r.Title = "Welch's two-sample t test, " + percent(t.level) + " interval"
		test, f = inference.Welch(&visible[0].moments, &visible[1].moments, t.level)
	}
	if f != nil {
		return nil, f
	}
	return t.report(r, test, all), nil
}

func (t *comparedMeans) report(r *Report, test *inference.TTest, groups []*group) *Report {
	what := "mean less mu"
	if len(t.by) > 0 {
		what = groups[0].name(t.by) + " less " + groups[1].name(t.by)
	}
	e := test.Estimate
	line := newTable(textColumn("difference"), doubleColumn("estimate"), doubleColumn("se"), doubleColumn("t"), doubleColumn("df"), doubleColumn("p"),
		doubleColumn("lower"), doubleColumn("upper"))
	line.Rows = [][]result.Value{{what, e.Value, e.SE, test.T, test.DF, test.P, e.Lower, e.Upper}}
	r.Tables = []Named{{Name: "test", Table: line}, t.table(groups)}
	r.Add("estimate", "difference", e.Value)
	r.Add("t", "", test.T)
	r.Add("df", "degrees of freedom", test.DF)
	r.Add("p", "", test.P)
	r.Add("n", "", total(groups))
	if len(t.by) > 0 {
		if d, ok := inference.StandardisedDifference(&groups[0].moments, &groups[1].moments); ok {
			r.Add("smd", "standardised difference", d)
		}
	}
	r.Figure = &chart.Forest{Title: "Difference of means", XLabel: axis(t.value), Rows: []chart.ForestRow{{Label: what, Estimate: e.Value, Lower: e.Lower, Upper: e.Upper}}}
	return r
}

func total(groups []*group) (n int64) {
	for _, g := range groups {
		n += g.moments.N
	}
	return n
}

func anova() *Statistic {
	return &Statistic{
		Name: "anova", Aliases: []string{"oneway"},
		Synopsis: "one-way analysis of variance: do groups differ in their mean",
		Parameters: []Parameter{
			formulaText("value ~ group", false), valueParameter, byParameter, where,
		},
		Example: `lung "age ~ ph_ecog" --where "ph_ecog IN (0, 1, 2)"`,
		Prepare: prepareANOVA,
	}
}

func prepareANOVA(c *Call) (*Prepared, *fault.Fault) {
	v, bad := c.valueByGroup()
	if bad != nil {
		return nil, bad
	}
	if len(v.by) == 0 {
		return nil, BadParameter.New("anova needs groups to compare").With("Write value ~ group.")
	}
	return &Prepared{SQL: v.inner(c), Finish: v.finishANOVA}, nil
}

func (v *valueByGroup) finishANOVA(in *Released) (*Report, *fault.Fault) {
	all, visible := v.groups(in)
	var moments []*inference.Moments
	for _, g := range visible {
		moments = append(moments, &g.moments)
	}
	if len(visible) < len(all) {
		return nil, Suppressed.New("%d of %d groups have too few values", len(all)-len(visible), len(all))
	}
	a, f := inference.OneWay(moments)
	if f != nil {
		return nil, f
	}
	t := newTable(textColumn("source"), countColumn("df"), doubleColumn("sum_sq"), doubleColumn("mean_sq"), doubleColumn("f"), doubleColumn("p"))
	t.Rows = [][]result.Value{
		{"groups", a.DFBetween, a.Between, a.Between / float64(a.DFBetween), a.F, a.P},
		{"residuals", a.DFWithin, a.Within, a.Within / float64(a.DFWithin), nil, nil},
	}
	r := &Report{Title: "One-way analysis of variance", Tables: []Named{{Name: "anova", Table: t}, v.table(all)}}
	r.Add("f", "F", a.F)
	r.Add("p", "", a.P)
	r.Add("eta_squared", "η²", a.EtaSquared)
	r.Add("n", "", total(all))
	return r, nil
}
