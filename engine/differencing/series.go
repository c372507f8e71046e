package differencing

import (
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// Series is what a plan adds over one set of rows, cell by cell.
type Series struct {
	Plan     *plan.Plan
	Filter   *plan.Predicate // nil: every row of the cell
	Present  []string        // sorted columns that must not be NULL and could be
	Measures [][]string      // factors of the sums; counts are left out, as every series has one
	K        int             // units that must stand behind a number
	Question int             // 0: the new one; i: Earlier[i-1]

	curves []string // columns along which it is the total of a curve
	along  string   // column whose conditions were left out; "": none

	key   string          // one text for every series over the same cells
	dates map[string]bool // columns whose constants are dates
}

// seriesOf lists the series of a plan whose columns are the charter's. For each filter
// there is one that disregards NULL, whether the plan counts these rows or not.
//
// The points of a curve are released together, so that a curve is compared as what it is with its points
// added up.
func seriesOf(p *plan.Plan, ch *charter.Charter, question int) ([]Series, error) {
	var all []Series
	across := p.Across()
	var curves []string
	if k := p.Along(); k != nil {
		curves = []string{k.Column}
	}
	dates := datesOf(ch.Table(p.Table))
	for _, g := range plan.Supports(p, ch) {
		s := Series{Plan: across, Filter: g.Filter, Present: g.Present, K: g.K, Question: question, dates: dates, curves: curves}
		for _, i := range g.Sums {
			if f := p.Sums[i].Factors; len(f) > 0 && p.Sums[i].Weight == plan.Unweighted {
				s.Measures = append(s.Measures, f)
			}
		}
		base := Series{Plan: across, Filter: g.Filter, K: g.K, Question: question, dates: dates, curves: curves}
		for _, s := range []Series{base, s} {
			if err := s.identify(); err != nil {
				return nil, err
			}
			all = merge(all, s)
		}
	}
	return all, nil
}

// identify sets the key: the encoding of the plan that counts the rows of the series.
func (s *Series) identify() error {
	count := plan.Plan{Table: s.Plan.Table, Where: s.Plan.Where, Keys: s.Plan.Keys, Width: plan.Width64, Sums: []plan.Sum{{}}}
	if s.Filter != nil || len(s.Present) > 0 {
		count.Sums = append(count.Sums, plan.Sum{Present: s.Present, Filter: s.Filter})
	}
	key, err := count.Marshal()
	s.key = s.along + "\x00" + string(key)
	return err
}

// merge adds a series, to one over the same cells if there is one.
func merge(all []Series, s Series) []Series {
	at := slices.IndexFunc(all, func(o Series) bool { return o.key == s.key })
	if at < 0 {
		return append(all, s)
	}
	o := &all[at]
	o.K = max(o.K, s.K)
	o.Measures = append(slices.Clip(o.Measures), s.Measures...)
	o.curves = append(slices.Clip(o.curves), s.curves...)
	return all
}

// comparable reports whether a cell of s can be subtracted from one of o with an effect.
func (s *Series) comparable(o *Series) bool {
	if s.Question != 0 && o.Question != 0 || max(s.K, o.K) < 2 || !s.meets(o) {
		return false
	}
	return slices.Equal(s.Present, o.Present) || slices.ContainsFunc(s.Measures, func(f []string) bool {
		return slices.ContainsFunc(o.Measures, func(g []string) bool { return slices.Equal(f, g) })
	})
}

// fits reports whether a plan that was made under another charter can be evaluated over
// a table.
func fits(p *plan.Plan, t *charter.Table) bool {
	ok := true
	visit := func(name string) {
		if c := t.Column(name); c == nil || c.Role == charter.Hidden {
			ok = false
		}
	}
	p.Where.Columns(visit)
	for i := range p.Keys {
		if k := &p.Keys[i]; k.Kind != plan.KeyCase {
			visit(k.Column)
		}
		for _, arm := range p.Keys[i].Arms {
			arm.When.Columns(visit)
		}
	}
	for i := range p.Sums {
		p.Sums[i].Filter.Columns(visit)
		for _, name := range slices.Concat(p.Sums[i].Factors, p.Sums[i].Present) {
			visit(name)
		}
	}
	return ok
}
