package statistic

import (
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func correlation() *Statistic {
	return &Statistic{
		Name: "correlation", Aliases: []string{"cor", "covariance"},
		Synopsis: "Pearson correlations and covariances of measures, with intervals and tests",
		Parameters: []Parameter{
			{Name: "columns", Kind: Columns, Required: true, Place: 1, Help: "two or more measures, separated by commas; rows that lack one are left out"},
			where, level,
		},
		Example: "lung age,wt_loss,ph_karno",
		Prepare: prepareCorrelation,
	}
}

func prepareCorrelation(c *Call) (*Prepared, *fault.Fault) {
	columns, bad := c.Columns("columns")
	if bad != nil {
		return nil, bad
	}
	if len(columns) < 2 {
		return nil, c.Refuse("columns", "names fewer than two")
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	a := &aggregates{}
	n := a.add("COUNT(*)")
	for i, x := range columns {
		if x.Role != charter.Measure {
			return nil, c.Refuse("columns", "names %q, which is not a measure", x.Name)
		}
		a.add(summand([]string{x.Name}, nil))
		for _, y := range columns[:i+1] {
			a.add(summand(sorted(x.Name, y.Name), nil))
		}
	}
	sql := "SELECT " + join(a.texts) + c.From(known(columns...)...)
	return &Prepared{SQL: sql, Finish: func(in *Released) (*Report, *fault.Fault) {
		if f := in.Need(0, "the complete rows"); f != nil {
			return nil, f
		}
		return finishCorrelation(in, a, n, columns, confidence)
	}}, nil
}

func sorted(names ...string) []string {
	slices.Sort(names)
	return names
}

func finishCorrelation(in *Released, a *aggregates, n string, columns []*charter.Column, level float64) (*Report, *fault.Fault) {
	t := newTable(textColumn("x"), textColumn("y"), doubleColumn("r"), doubleColumn("lower"), doubleColumn("upper"), doubleColumn("t"), doubleColumn("p"), doubleColumn("covariance"))
	of := func(names ...string) string { return a.names[summand(sorted(names...), nil)] }
	for i, y := range columns {
		for _, x := range columns[:i] {
			p := inference.Pairs{
				N: in.Count(0, n), X: in.Sum(0, of(x.Name)), Y: in.Sum(0, of(y.Name)),
				XX: in.Sum(0, of(x.Name, x.Name)), YY: in.Sum(0, of(y.Name, y.Name)), XY: in.Sum(0, of(x.Name, y.Name)),
			}
			c, f := p.Correlate(level)
			if f != nil {
				return nil, f
			}
			t.Rows = append(t.Rows, []result.Value{x.Name, y.Name, c.R, orNull(c.Lower), orNull(c.Upper), orNull(c.T), orNull(c.P), c.Covariance})
		}
	}
	r := &Report{Title: "Pearson correlation, " + percent(level) + " intervals", Tables: []Named{{Name: "pairs", Table: t}}}
	r.Add("n", "complete rows", in.Count(0, n))
	return r, nil
}
