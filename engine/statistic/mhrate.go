package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func mantelHaenszelRate() *Statistic {
	return &Statistic{
		Name: "mantel_haenszel_rate", Aliases: []string{"mh_rate"},
		Synopsis: "common rate ratio of an exposure over strata, such as sites or age groups, from events and person-time",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition of an event, such as status = 2"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "measure with the person-time of a row"},
			{Name: "exposure", Kind: Column, Required: true, Place: 3, Help: "category with the exposure"},
			{Name: "strata", Kind: Columns, Required: true, Place: 4, Help: "categories within which the exposure is looked at"},
			{Name: "exposed", Kind: Text, Help: "value of the exposure that is compared with the other (default: the first)"},
			where, level,
		},
		Example: `lung "status = 2" time sex ph_ecog --exposed male --where "ph_ecog IN (0, 1)"`,
		Prepare: prepareMHRate,
	}
}

// ratesByStratum finishes a common rate ratio.
type ratesByStratum struct {
	exposure, of *charter.Column
	strata       []*charter.Column
	exposed      string
	level        float64
}

func prepareMHRate(c *Call) (*Prepared, *fault.Fault) {
	m := &ratesByStratum{}
	var bad *fault.Fault
	if m.exposure, bad = c.category("exposure"); bad != nil {
		return nil, bad
	}
	if m.strata, bad = c.Columns("strata"); bad != nil {
		return nil, bad
	}
	if slices.Contains(m.strata, m.exposure) {
		return nil, c.Refuse("strata", "names the exposure")
	}
	if m.of, bad = c.Column("time"); bad == nil {
		bad = c.At("time", plan.FactorRule(m.of, nil))
	}
	if bad != nil {
		return nil, bad
	}
	levels, bad := c.levels(m.exposure, "", true)
	if bad != nil {
		return nil, c.At("exposure", bad)
	}
	if len(levels) != 2 {
		return nil, c.Refuse("exposure", "has %d values, two are compared: leave others out with a condition", len(levels))
	}
	m.exposed = labelOf(levels[0])
	if c.Has("exposed") {
		m.exposed = c.Text("exposed")
		if !slices.ContainsFunc(levels, func(v plan.Value) bool { return labelOf(v) == m.exposed }) {
			return nil, c.At("exposed", UnknownLevel.New("column %q has no value %q", m.exposure.Name, m.exposed))
		}
	}
	if m.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	by := append(slices.Clone(m.strata), m.exposure)
	sql := o.apart(c, by, []*charter.Column{m.of}, "COUNT(*) AS n", "SUM("+plan.QuoteName(m.of.Name)+") AS t")
	return &Prepared{SQL: sql, Finish: m.finish}, nil
}

func (m *ratesByStratum) finish(in *Released) (*Report, *fault.Fault) {
	var names []string
	var strata []inference.RateStratum
	sums := map[int][2]*big.Rat{} // so that a time is the same however rows are split
	for _, h := range readHalves(in, len(m.strata)+1, true) {
		name := (&stratum{labels: h.labels[:len(m.strata)]}).name(m.strata)
		if h.hidden > 0 {
			return nil, Suppressed.New("the stratum %s has fewer than %d with the event, or without, of an exposure", name, h.hidden)
		}
		i := slices.Index(names, name)
		if i < 0 {
			i = len(names)
			names, strata = append(names, name), append(strata, inference.RateStratum{})
			sums[i] = [2]*big.Rat{new(big.Rat), new(big.Rat)}
		}
		side := 0
		if h.labels[len(m.strata)] == m.exposed {
			strata[i].Events = h.with.n
		} else {
			strata[i].OtherEvents, side = h.with.n, 1
		}
		sums[i][side].Add(h.with.sum, h.rest.sum)
		strata[i].Time, strata[i].OtherTime = float(sums[i][0]), float(sums[i][1])
	}
	fit, f := inference.StratifiedRates(strata, m.level)
	if f != nil {
		return nil, f
	}
	return m.report(fit, names, strata), nil
}

func (m *ratesByStratum) report(fit *inference.CommonRate, names []string, strata []inference.RateStratum) *Report {
	r := &Report{Title: fmt.Sprintf("Mantel–Haenszel rate ratio: %s = %s against the other, within %s, %s intervals", m.exposure.Name, m.exposed, strings.Join(namesOf(m.strata), ", "), percent(m.level))}
	effects := newTable(textColumn("effect"), doubleColumn("estimate"), doubleColumn("se_log"), doubleColumn("lower"), doubleColumn("upper"))
	for _, x := range []struct {
		name string
		e    inference.Estimate
	}{{"rate ratio", fit.Ratio}, {"crude rate ratio", fit.Crude}} {
		effects.Rows = append(effects.Rows, []result.Value{x.name, x.e.Value, x.e.SE, x.e.Lower, x.e.Upper})
	}
	t := newTable(textColumn("stratum"), countColumn("events"), doubleColumn("time"), countColumn("other_events"), doubleColumn("other_time"), doubleColumn("rate_ratio"))
	forest := &chart.Forest{Title: "Rate ratios", XLabel: "rate ratio", Ratio: true, Reference: 1}
	for i, s := range strata {
		row := []result.Value{names[i], s.Events, s.Time, s.OtherEvents, s.OtherTime, nil}
		if e, f := inference.RateRatio(s.Events, s.Time, s.OtherEvents, s.OtherTime, m.level); f == nil {
			row[5] = e.Value
			forest.Rows = append(forest.Rows, chart.ForestRow{Label: names[i], Estimate: e.Value, Lower: e.Lower, Upper: e.Upper})
		}
		t.Rows = append(t.Rows, row)
	}
	forest.Rows = append(forest.Rows, chart.ForestRow{Label: "common", Estimate: fit.Ratio.Value, Lower: fit.Ratio.Lower, Upper: fit.Ratio.Upper, Summary: true})
	r.Tables, r.Figure = []Named{{Name: "effects", Table: effects}, {Name: "strata", Table: t}}, forest
	r.Add("chisq", "χ² of no difference, 1 df", fit.ChiSq)
	r.Add("p", "", fit.P)
	r.Add("homogeneity", fmt.Sprintf("χ² of different rate ratios, %d df", fit.HomogeneityDF), fit.Homogeneity)
	r.Add("homogeneity_p", "p", fit.HomogeneityP)
	return r
}
