package statistic

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func incidence() *Statistic {
	return &Statistic{
		Name: "incidence", Aliases: []string{"rate"},
		Synopsis: "events per person-time with exact intervals, and ratios between groups",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition of an event, such as status = 2"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "measure with the person-time of a row"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			{Name: "per", Kind: Number, Default: "1", Help: "person-time that rates are given for, such as 1000"},
			where, level,
		},
		Example: `lung "status = 2" time --by sex --per 1000`,
		Prepare: func(c *Call) (*Prepared, *fault.Fault) { return prepareRates(c, "time") },
	}
}

func smr() *Statistic {
	return &Statistic{
		Name: "smr", Aliases: []string{"standardised_ratio"},
		Synopsis: "observed over expected events (SMR) with Byar's limits, and where groups are in a funnel",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition of an event, such as died"},
			{Name: "expected", Kind: Column, Required: true, Place: 2, Help: "measure with the expected number of events of a row"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			where, level,
		},
		Example: `admissions died expected --by hospital`,
		Prepare: func(c *Call) (*Prepared, *fault.Fault) { return prepareRates(c, "expected") },
	}
}

// rates finishes events over something that is added up.
type rates struct {
	by       []*charter.Column
	of       *charter.Column
	expected bool
	per      float64
	level    float64
}

func prepareRates(c *Call, of string) (*Prepared, *fault.Fault) {
	by, bad := c.Columns("by")
	if bad != nil {
		return nil, bad
	}
	col, bad := c.Column(of)
	if bad == nil {
		bad = c.At(of, plan.FactorRule(col, nil))
	}
	if bad != nil {
		return nil, bad
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	r := &rates{by: by, of: col, expected: of == "expected", per: 1, level: confidence}
	if !r.expected {
		if r.per = c.Number("per"); r.per <= 0 {
			return nil, c.Refuse("per", "is not above 0")
		}
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	sql := o.apart(c, by, []*charter.Column{col}, "COUNT(*) AS n", "SUM("+plan.QuoteName(col.Name)+") AS t")
	return &Prepared{SQL: sql, Finish: r.finish}, nil
}

func (q *rates) finish(in *Released) (*Report, *fault.Fault) {
	value, total := "rate", "time"
	if q.expected {
		value, total = "ratio", "expected"
	}
	t := headed(q.by, countColumn("n"), countColumn("events"), doubleColumn(total), doubleColumn(value), doubleColumn("lower"), doubleColumn("upper"))
	if !q.expected {
		t.Columns = append(t.Columns, doubleColumn("rate_ratio"), doubleColumn("rate_ratio_lower"), doubleColumn("rate_ratio_upper"))
	} else {
		t.Columns = append(t.Columns, funnelColumns...)
	}
	f := &chart.Forest{Title: map[bool]string{true: "Observed over expected", false: "Incidence"}[q.expected], XLabel: value}
	var first *halves
	for _, h := range readHalves(in, len(q.by), true) {
		if h.hidden > 0 {
			suppressRow(t, h.hidden, h.labels...)
			continue
		}
		e, bad := q.estimate(h)
		if bad != nil {
			return nil, bad
		}
		row := append(slices.Clone(h.labels), h.n(), h.with.n, h.total(), e.Value*q.per, e.Lower*q.per, e.Upper*q.per)
		if !q.expected {
			row = append(row, q.against(first, h)...)
		} else {
			limits, bad := funnel(e.Value, h.total(), q.level)
			if bad != nil {
				return nil, bad
			}
			row = append(row, limits...)
		}
		if first == nil {
			first = h
		}
		f.Rows = append(f.Rows, chart.ForestRow{Label: (&stratum{labels: h.labels}).name(q.by), Estimate: e.Value * q.per, Lower: e.Lower * q.per, Upper: e.Upper * q.per})
		t.Rows = append(t.Rows, row)
	}
	out := &Report{Title: q.title(), Tables: []Named{{Name: "groups", Table: t}}}
	if len(f.Rows) > 0 {
		f.Reference = f.Rows[0].Estimate
		if q.expected {
			f.Reference = 1
		}
		out.Figure = f
	}
	return out, nil
}

func (q *rates) title() string {
	if q.expected {
		return "Observed over expected events, " + percent(q.level) + " limits by Byar"
	}
	return fmt.Sprintf("Events per %g of %s, exact %s intervals", q.per, q.of.Name, percent(q.level))
}

func (q *rates) estimate(h *halves) (*inference.Estimate, *fault.Fault) {
	if q.expected {
		return inference.StandardisedRatio(h.with.n, h.total(), q.level)
	}
	return inference.Rate(h.with.n, h.total(), q.level)
}

// against is the ratio to the first group, empty for that itself and where there is none.
func (q *rates) against(first, h *halves) []result.Value {
	if first != nil {
		e, f := inference.RateRatio(h.with.n, h.total(), first.with.n, first.total(), q.level)
		if f == nil {
			return []result.Value{e.Value, e.Lower, e.Upper}
		}
	}
	return []result.Value{nil, nil, nil}
}

func meta() *Statistic {
	return &Statistic{
		Name: "meta", Aliases: []string{"meta_analysis"},
		Synopsis: "meta-analysis: a mean, or a difference of means, of each value of a category, put together",
		Parameters: []Parameter{
			{Name: "value", Kind: Column, Required: true, Place: 1, Help: "measure"},
			{Name: "by", Kind: Column, Required: true, Place: 2, Help: "category each of whose values is one study, such as the site"},
			{Name: "difference", Kind: Column, Help: "category with two values: differences of their means are put together instead of means"},
			where, level,
		},
		Example: "lung age ph_ecog --difference sex",
		Prepare: prepareMeta,
	}
}

// studies finishes a meta-analysis.
type studies struct {
	value, by, difference *charter.Column
	level                 float64
}

func prepareMeta(c *Call) (*Prepared, *fault.Fault) {
	m := &studies{}
	var bad *fault.Fault
	if m.value, bad = c.Column("value"); bad == nil {
		bad = c.At("value", plan.FactorRule(m.value, m.value))
	}
	if bad == nil {
		m.by, bad = c.category("by")
	}
	groups := []*charter.Column{m.by}
	if bad == nil && c.Has("difference") {
		m.difference, bad = c.category("difference")
		groups = append(groups, m.difference)
	}
	if bad == nil {
		m.level, bad = c.Level()
	}
	if bad != nil {
		return nil, bad
	}
	v := &valueByGroup{value: m.value, by: groups}
	return &Prepared{SQL: v.inner(c), Finish: func(in *Released) (*Report, *fault.Fault) { return m.finish(v, in) }}, nil
}

func (m *studies) finish(v *valueByGroup, in *Released) (*Report, *fault.Fault) {
	all, _ := v.groups(in)
	t := newTable(textColumn(m.by.Name), countColumn("n"), doubleColumn("estimate"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"), doubleColumn("weight"))
	var values, variances []float64
	var rows []int
	left := 0
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].labels[0] == all[0].labels[0] {
			n++
		}
		study := all[:n]
		all = all[n:]
		e, k := m.estimate(study)
		switch {
		case k > 0:
			suppressRow(t, k, study[0].labels[0])
			left++
		case e == nil:
			left++
		default:
			values, variances, rows = append(values, e.Value), append(variances, e.SE*e.SE), append(rows, len(t.Rows))
			t.Rows = append(t.Rows, []result.Value{study[0].labels[0], total(study), e.Value, e.SE, e.Lower, e.Upper, nil})
		}
	}
	fit, f := inference.Combine(values, variances, m.level)
	if f != nil {
		return nil, f
	}
	for i, row := range rows {
		t.Rows[row][6] = fit.Weights[i]
	}
	return m.report(fit, t, rows, left), nil
}

// estimate is that of one study; k if it is suppressed, nil if there is none.
func (m *studies) estimate(groups []*group) (e *inference.Estimate, k int) {
	for _, g := range groups {
		k = max(k, g.hidden)
	}
	if k > 0 {
		return nil, k
	}
	var test *inference.TTest
	var f *fault.Fault
	switch {
	case m.difference == nil:
		test, f = inference.OneSample(&groups[0].moments, new(big.Rat), m.level)
	case len(groups) == 2:
		test, f = inference.Welch(&groups[0].moments, &groups[1].moments, m.level)
	default:
		return nil, 0
	}
	if f != nil {
		return nil, 0
	}
	return &test.Estimate, 0
}

func (m *studies) report(fit *inference.Meta, t *result.Table, rows []int, left int) *Report {
	r := &Report{Title: "Meta-analysis, inverse variance and DerSimonian–Laird, " + percent(m.level) + " intervals", Tables: []Named{{Name: "studies", Table: t}}}
	pooled := newTable(textColumn("effect"), doubleColumn("estimate"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"))
	f := &chart.Forest{Title: "Meta-analysis", XLabel: axis(m.value), Reference: fit.Random.Value}
	if m.difference != nil {
		f.Reference = 0
	}
	for _, row := range rows {
		line := t.Rows[row]
		f.Rows = append(f.Rows, chart.ForestRow{Label: fmt.Sprint(line[0]), Estimate: line[2].(float64), Lower: line[4].(float64), Upper: line[5].(float64)})
	}
	for name, e := range map[string]inference.Estimate{"fixed": fit.Fixed, "random": fit.Random} {
		pooled.Rows = append(pooled.Rows, []result.Value{name, e.Value, e.SE, e.Lower, e.Upper})
	}
	slices.SortFunc(pooled.Rows, func(a, b []result.Value) int { return len(a[0].(string)) - len(b[0].(string)) })
	f.Rows = append(f.Rows, chart.ForestRow{Label: "random effect", Estimate: fit.Random.Value, Lower: fit.Random.Lower, Upper: fit.Random.Upper, Summary: true})
	r.Tables, r.Figure = append(r.Tables, Named{Name: "pooled", Table: pooled}), f
	r.Add("q", fmt.Sprintf("Q, %d df", fit.DF), fit.Q)
	r.Add("p", "p of Q", fit.P)
	r.Add("i_squared", "I²", fit.ISquared)
	r.Add("tau", "standard deviation between studies", fit.Tau)
	if left > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d studies are left out: suppressed, or too few values", left))
	}
	return r
}
