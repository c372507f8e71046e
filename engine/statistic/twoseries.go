package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// twoSeries is interval sums of two measures, by group; rows in which either is missing are in neither.
type twoSeries struct {
	a, b, time *charter.Column
	by         []*charter.Column
	interval   string
}

func newTwoSeries(c *Call, a, b string) (*twoSeries, *fault.Fault) {
	q := &twoSeries{interval: c.Text("interval")}
	for name, to := range map[string]**charter.Column{a: &q.a, b: &q.b} {
		col, f := c.Column(name)
		if f == nil {
			f = c.At(name, plan.FactorRule(col, nil))
		}
		if f != nil {
			return nil, f
		}
		*to = col
	}
	if q.a == q.b {
		return nil, c.Refuse(b, "is the same column as %s", a)
	}
	var f *fault.Fault
	if q.time, f = c.Column("time"); f == nil && q.time.Role != charter.Time {
		f = c.At("time", plan.WrongRole.New("column %q is not a time", q.time.Name))
	}
	if f != nil {
		return nil, f
	}
	q.by, f = c.Columns("by")
	return q, f
}

func (q *twoSeries) sql(c *Call) string {
	when := fmt.Sprintf("date_trunc('%s', %s)", q.interval, plan.QuoteName(q.time.Name))
	if q.time.Curve != "" {
		when = "curve(" + when + ")"
	}
	selected := append(keys(q.by), when+" AS t", "SUM("+plan.QuoteName(q.a.Name)+") AS a", "SUM("+plan.QuoteName(q.b.Name)+") AS b", "COUNT(*) AS n")
	return "SELECT " + strings.Join(selected, ", ") + c.From(known(q.a, q.b)...) + grouped(len(q.by)+1)
}

// bothLoads is what one group has.
type bothLoads struct {
	labels []result.Value
	below  int
	a, b   load.Series
}

func (q *twoSeries) read(in *Released) []*bothLoads {
	var groups []*bothLoads
	for r := range in.Len() {
		shown := labels(in, r, len(q.by))
		i := slices.IndexFunc(groups, func(g *bothLoads) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &bothLoads{labels: shown})
		}
		g := groups[i]
		if k := in.Hidden(r); k > 0 {
			g.below = max(g.below, k)
			continue
		}
		when, ok := in.Value(r, "t").(time.Time)
		if !ok || in.Count(r, "n") == 0 {
			continue
		}
		g.a.At, g.a.Values = append(g.a.At, when), append(g.a.Values, in.Sum(r, "a"))
		g.b.At, g.b.Values = append(g.b.At, when), append(g.b.Values, in.Sum(r, "b"))
	}
	return groups
}

// whole is all groups together, by interval in the order of time.
func whole(groups []*bothLoads) *bothLoads {
	type pair struct{ a, b *big.Rat }
	at := map[time.Time]pair{}
	var times []time.Time
	for _, g := range groups {
		for i, t := range g.a.At {
			p, seen := at[t]
			if !seen {
				p = pair{new(big.Rat), new(big.Rat)}
				at[t], times = p, append(times, t)
			}
			p.a.Add(p.a, g.a.Values[i])
			p.b.Add(p.b, g.b.Values[i])
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	out := &bothLoads{}
	for _, t := range times {
		out.a.At, out.a.Values = append(out.a.At, t), append(out.a.Values, at[t].a)
		out.b.At, out.b.Values = append(out.b.At, t), append(out.b.Values, at[t].b)
	}
	return out
}

// eachGroup adds a row for every group, and says whether all were released; row computes the numbers of one.
func (q *twoSeries) eachGroup(t *result.Table, groups []*bothLoads, row func(*bothLoads) ([]result.Value, *fault.Fault)) (all bool, notes []string, f *fault.Fault) {
	hidden := 0
	for _, g := range groups {
		if g.below > 0 {
			suppressRow(t, g.below, g.labels...)
			hidden++
			continue
		}
		if g.a.Len() == 0 {
			continue
		}
		values, f := row(g)
		if f != nil {
			return false, nil, f
		}
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), values...))
	}
	if len(t.Rows) == 0 {
		return false, nil, load.NoLoad.New("no readings")
	}
	switch {
	case hidden > 0:
		notes = append(notes, fmt.Sprintf("%d of %d groups are not released, so that nothing is said of all together", hidden, len(groups)))
	case !sameIntervals(groups):
		notes = append(notes, "groups have readings at different intervals, so that nothing is said of all together")
	default:
		return true, nil, nil
	}
	return false, notes, nil
}

// sameIntervals reports whether all groups with readings have them at the same intervals.
func sameIntervals(groups []*bothLoads) bool {
	var first *bothLoads
	for _, g := range groups {
		if first == nil && g.a.Len() > 0 {
			first = g
		}
		if g.a.Len() > 0 && !slices.EqualFunc(g.a.At, first.a.At, time.Time.Equal) {
			return false
		}
	}
	return true
}
