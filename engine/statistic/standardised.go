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

func standardisedRate() *Statistic {
	return &Statistic{
		Name: "standardised_rate", Aliases: []string{"direct_standardisation"},
		Synopsis: "rates that a standard population would have (direct standardisation), and ratios between groups",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition of an event, such as status = 2"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "measure with the person-time of a row"},
			{Name: "strata", Kind: Column, Required: true, Place: 3, Help: "what rates are standardised by: a category, or with edges a measure, such as the age"},
			{Name: "weights", Kind: Text, Required: true, Place: 4, Help: "the standard population: level=weight of each level, or with edges a weight for each band, separated by commas"},
			{Name: "edges", Kind: Text, Help: "where bands of a measure begin, ascending, separated by commas: '50, 65' makes three"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			{Name: "per", Kind: Number, Default: "1", Help: "person-time that rates are given for, such as 1000"},
			where, level,
		},
		Example: `lung "status = 2" time age "60, 40" --edges 65 --by sex --per 1000`,
		Prepare: prepareStandardised,
	}
}

// standardised finishes a direct standardisation.
type standardised struct {
	by       []*charter.Column
	strata   *charter.Column
	standard *labelled
	per      float64
	level    float64
	of       *charter.Column
}

func prepareStandardised(c *Call) (*Prepared, *fault.Fault) {
	s := &standardised{per: c.Number("per")}
	if s.per <= 0 {
		return nil, c.Refuse("per", "is not above 0")
	}
	var bad *fault.Fault
	if s.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	if s.by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	if s.of, bad = c.Column("time"); bad == nil {
		bad = c.At("time", plan.FactorRule(s.of, nil))
	}
	if bad != nil {
		return nil, bad
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	key, bad := s.stratum(c)
	if bad != nil {
		return nil, bad
	}
	if !slices.ContainsFunc(s.standard.numbers, func(w *big.Rat) bool { return w.Sign() > 0 }) {
		return nil, c.Refuse("weights", "has none above 0")
	}
	needed := append(append(slices.Clone(o.columns), s.by...), s.of, s.strata)
	selected := append(keys(s.by), fmt.Sprintf("%s AS k%d", key, len(s.by)), "("+o.event+") AS event", "COUNT(*) AS n", "SUM("+plan.QuoteName(s.of.Name)+") AS t")
	sql := "SELECT " + join(selected) + c.From(known(needed...)...) + grouped(len(s.by)+2)
	return &Prepared{SQL: sql, Finish: s.finish}, nil
}

// stratum is the key of the strata in SQL; it reads their weights.
func (s *standardised) stratum(c *Call) (string, *fault.Fault) {
	if !c.Has("edges") {
		var bad *fault.Fault
		if s.strata, bad = c.category("strata"); bad != nil {
			return "", bad.With("Say with edges where bands of a measure begin.")
		}
		if slices.Contains(s.by, s.strata) {
			return "", c.Refuse("strata", "is one of the groups too")
		}
		s.standard, bad = c.labelled("weights", s.strata)
		return plan.QuoteName(s.strata.Name), bad
	}
	col, bad := c.Column("strata")
	if bad != nil {
		return "", bad
	}
	s.strata = col
	edges, bad := c.numbers("edges")
	if bad != nil {
		return "", bad
	}
	weights, bad := c.numbers("weights")
	if bad != nil {
		return "", bad
	}
	if len(weights) != len(edges)+1 {
		return "", c.Refuse("weights", "wants %d numbers for the bands of %d edges, %d are given", len(edges)+1, len(edges), len(weights))
	}
	s.standard = &labelled{numbers: weights}
	key, names := bandsKey(col, edges)
	s.standard.levels = names
	if names == nil {
		return "", c.Refuse("edges", "do not ascend")
	}
	for _, w := range weights {
		if w.Sign() < 0 {
			return "", c.Refuse("weights", "wants numbers from 0 on")
		}
	}
	return key, nil
}

// standardisedGroup is the strata of a group.
type standardisedGroup struct {
	labels []result.Value
	strata []*halves
	hidden int
}

func (s *standardised) groups(in *Released) []*standardisedGroup {
	var out []*standardisedGroup
	for _, h := range readHalves(in, len(s.by)+1, true) {
		shown := h.labels[:len(s.by)]
		i := slices.IndexFunc(out, func(g *standardisedGroup) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(out)
			out = append(out, &standardisedGroup{labels: shown})
		}
		if w := s.standard.of(h.labels[len(s.by)]); w != nil {
			out[i].strata = append(out[i].strata, h)
			if w.Sign() > 0 { // a stratum of no weight is in no rate
				out[i].hidden = max(out[i].hidden, h.hidden)
			}
		}
	}
	return out
}

func (s *standardised) finish(in *Released) (*Report, *fault.Fault) {
	t := headed(s.by, countColumn("n"), countColumn("events"), doubleColumn("time"), doubleColumn("crude"),
		doubleColumn("rate"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"),
		doubleColumn("rate_ratio"), doubleColumn("rate_ratio_lower"), doubleColumn("rate_ratio_upper"))
	strata := headed(append(slices.Clone(s.by), s.strata), doubleColumn("weight"), countColumn("n"), countColumn("events"), doubleColumn("time"), doubleColumn("rate"))
	f := &chart.Forest{Title: "Standardised rates", XLabel: fmt.Sprintf("events per %g of %s", s.per, s.of.Name)}
	var first *inference.Estimate
	for _, g := range s.groups(in) {
		s.list(strata, g)
		if g.hidden > 0 {
			suppressRow(t, g.hidden, g.labels...)
			continue
		}
		e, row, bad := s.estimate(g)
		if bad != nil {
			return nil, bad
		}
		row = append(row, e.Value*s.per, e.SE*s.per, e.Lower*s.per, e.Upper*s.per)
		t.Rows = append(t.Rows, append(append(slices.Clone(g.labels), row...), s.against(first, e)...))
		if first == nil {
			first = e
		}
		f.Rows = append(f.Rows, chart.ForestRow{Label: (&stratum{labels: g.labels}).name(s.by), Estimate: e.Value * s.per, Lower: e.Lower * s.per, Upper: e.Upper * s.per})
	}
	r := &Report{
		Title:  fmt.Sprintf("Events per %g of %s, standardised by %s, %s intervals by Fay and Feuer", s.per, s.of.Name, s.strata.Name, percent(s.level)),
		Tables: []Named{{Name: "groups", Table: t}, {Name: "strata", Title: "Strata", Table: strata}},
	}
	if len(f.Rows) > 0 {
		f.Reference = f.Rows[0].Estimate
		r.Figure = f
	}
	return r, nil
}

// list adds the strata of a group to their table, with their share of the standard population.
func (s *standardised) list(t *result.Table, g *standardisedGroup) {
	total := new(big.Rat)
	for _, w := range s.standard.numbers {
		total.Add(total, w)
	}
	for _, h := range g.strata {
		shown := append(slices.Clone(h.labels), float(new(big.Rat).Quo(s.standard.of(h.labels[len(s.by)]), total)))
		if h.hidden > 0 {
			suppressRow(t, h.hidden, shown...)
			continue
		}
		var rate result.Value
		if h.total() > 0 {
			rate = float64(h.with.n) / h.total() * s.per
		}
		t.Rows = append(t.Rows, append(shown, h.n(), h.with.n, h.total(), rate))
	}
}

// estimate is the rate of a group, and its n, events, time and crude rate.
func (s *standardised) estimate(g *standardisedGroup) (*inference.Estimate, []result.Value, *fault.Fault) {
	var strata []inference.Stratum
	var n, events int64
	sum := new(big.Rat)
	found := map[any]bool{}
	for _, h := range g.strata {
		name := h.labels[len(s.by)]
		w := s.standard.of(name)
		if w.Sign() == 0 {
			continue
		}
		found[name] = true
		n, events = n+h.n(), events+h.with.n
		sum.Add(sum, h.with.sum).Add(sum, h.rest.sum)
		strata = append(strata, inference.Stratum{Events: h.with.n, Time: h.total(), Weight: float(w)})
	}
	for i, name := range s.standard.levels {
		if s.standard.numbers[i].Sign() > 0 && !found[name] {
			return nil, nil, inference.NoExposure.New("%s: nobody is in the stratum %s, which has a weight", (&stratum{labels: g.labels}).name(s.by), name).
				With("Merge strata, or give the stratum the weight 0.")
		}
	}
	e, f := inference.StandardisedRate(strata, s.level)
	if f != nil {
		return nil, nil, f
	}
	return e, []result.Value{n, events, float(sum), float64(events) / float(sum) * s.per}, nil
}

// against is the ratio to the first group, empty for that itself and where there is none.
func (s *standardised) against(first, e *inference.Estimate) []result.Value {
	if first != nil {
		if r, f := inference.RatioOfRates(e, first, s.level); f == nil {
			return []result.Value{r.Value, r.Lower, r.Upper}
		}
	}
	return []result.Value{nil, nil, nil}
}
