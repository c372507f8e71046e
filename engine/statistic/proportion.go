package statistic

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func proportion() *Statistic {
	return &Statistic{
		Name: "proportion", Aliases: []string{"prop"},
		Synopsis: "share of rows that a condition holds for, with Wilson's interval, by group",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition whose share is asked for, such as status = 2"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			where, level,
		},
		Example: `lung "status = 2" --by sex`,
		Prepare: prepareProportion,
	}
}

func prepareProportion(c *Call) (*Prepared, *fault.Fault) {
	by, bad := c.Columns("by")
	if bad != nil {
		return nil, bad
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	selected := append(keys(by), o.both("COUNT(*)", "n"))
	sql := "SELECT " + join(selected) + c.From(known(append(slices.Clone(o.columns), by...)...)...) + grouped(len(by))
	return &Prepared{SQL: sql, Finish: func(in *Released) (*Report, *fault.Fault) { return finishProportion(in, by, confidence) }}, nil
}

func finishProportion(in *Released, by []*charter.Column, level float64) (*Report, *fault.Fault) {
	t := headed(by, countColumn("n"), countColumn("events"), doubleColumn("proportion"), doubleColumn("lower"), doubleColumn("upper"))
	f := &chart.Forest{Title: "Proportions", XLabel: "proportion"}
	for r := range in.Len() {
		shown := labels(in, r, len(by))
		if k := in.Hidden(r); k > 0 {
			suppressRow(t, k, shown...)
			continue
		}
		events, n := in.events(r)
		if n == 0 {
			continue
		}
		e, bad := inference.Wilson(events, n, level)
		if bad != nil {
			return nil, bad
		}
		f.Rows = append(f.Rows, chart.ForestRow{Label: (&stratum{labels: shown}).name(by), Estimate: e.Value, Lower: e.Lower, Upper: e.Upper})
		t.Rows = append(t.Rows, append(shown, n, events, e.Value, e.Lower, e.Upper))
	}
	out := &Report{Title: "Proportions, " + percent(level) + " intervals by Wilson", Tables: []Named{{Name: "groups", Table: t}}}
	if len(f.Rows) > 0 {
		f.Reference = f.Rows[0].Estimate
		out.Figure = f
	}
	return out, nil
}

// both writes an aggregate over the rows with the event, name1, and over those without, name0. Each has its own guard; all rows
// beside those with the event would give those without away, however few they are.
func (o *outcome) both(aggregate, name string) string {
	return fmt.Sprintf("%[1]s FILTER (WHERE %[2]s) AS %[3]s1, %[1]s FILTER (WHERE NOT (%[2]s)) AS %[3]s0", aggregate, o.event, name)
}

// events reads the number of rows with the event, and of all.
func (r *Released) events(row int) (events, n int64) {
	events = r.Count(row, "n1")
	return events, events + r.Count(row, "n0")
}

// headed is a table with a column for each group column, and more.
func headed(by []*charter.Column, more ...result.Column) *result.Table {
	t := newTable()
	for _, col := range by {
		t.Columns = append(t.Columns, textColumn(col.Name))
	}
	t.Columns = append(t.Columns, more...)
	return t
}
