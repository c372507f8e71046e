package statistic

import (
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

var aboveParameter = Parameter{Name: "above", Kind: Text, Help: "loads, separated by commas: for how many hours they are exceeded"}

// aboveLoads reads the parameter above; none if it was not given.
func (c *Call) aboveLoads() ([]*big.Rat, *fault.Fault) {
	if !c.Has("above") {
		return nil, nil
	}
	return c.numbers("above")
}

// exceedance is for how many intervals and hours the load of each group is above some loads.
func (q *loadQuestion) exceedance(groups []*loads, above []*big.Rat) Named {
	t := newTable(append(groupColumns(q.by), doubleColumn("above"), countColumn("intervals"), doubleColumn("hours"), doubleColumn("share"))...)
	g, _ := plan.ParseGrain(q.interval)
	for _, l := range groups {
		if l.below > 0 {
			suppressRow(t, l.below, l.labels...)
			continue
		}
		for _, limit := range above {
			n, hours := int64(0), 0.0
			for i, v := range l.Values {
				if v.Cmp(limit) > 0 {
					n++
					hours += float64(g.Next(l.At[i]).Sub(l.At[i])) / float64(time.Hour)
				}
			}
			if l.Len() > 0 {
				t.Rows = append(t.Rows, append(slices.Clone(l.labels), float(limit), n, hours, float64(n)/float64(l.Len())))
			}
		}
	}
	return Named{Name: "above", Title: "Loads that are exceeded", Table: t}
}
