package statistic

import (
	"fmt"
	"math"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func tableOne() *Statistic {
	return &Statistic{
		Name: "table1", Aliases: []string{"table_one"},
		Synopsis: "Table 1: the groups of a study side by side, with standardised differences",
		Parameters: []Parameter{
			{Name: "columns", Kind: Columns, Required: true, Place: 1, Help: "measures and categories, separated by commas"},
			{Name: "by", Kind: Column, Help: "category whose values are the groups"},
			where,
		},
		Example: "lung age,sex,wt_loss --by sex",
		Prepare: prepareTableOne,
	}
}

// variable is one column of a Table 1.
type variable struct {
	column  *charter.Column
	levels  []string // of a category
	n       string   // name of the count of values
	s, ss   string   // of a measure
	counted []string // names of the counts of levels
}

func prepareTableOne(c *Call) (*Prepared, *fault.Fault) {
	columns, bad := c.Columns("columns")
	if bad != nil {
		return nil, bad
	}
	var by []*charter.Column
	if c.Has("by") {
		col, bad := c.category("by")
		if bad != nil {
			return nil, bad
		}
		by = append(by, col)
	}
	a := &aggregates{}
	rows := a.add("COUNT(*)")
	var variables []variable
	for _, col := range columns {
		v, bad := c.variable(a, col)
		if bad != nil {
			return nil, bad
		}
		variables = append(variables, v)
	}
	sql := "SELECT " + join(append(keys(by), a.texts...)) + c.From(known(by...)...) + grouped(len(by))
	return &Prepared{SQL: sql, Finish: func(in *Released) (*Report, *fault.Fault) { return finishTableOne(in, by, rows, variables), nil }}, nil
}

// variable asks for what a column of a Table 1 needs.
func (c *Call) variable(a *aggregates, col *charter.Column) (variable, *fault.Fault) {
	v := variable{column: col}
	if col.Role == charter.Measure {
		v.n, v.s, v.ss = a.add("COUNT("+plan.QuoteName(col.Name)+")"), a.add(summand([]string{col.Name}, nil)), a.add(summand([]string{col.Name, col.Name}, nil))
		return v, nil
	}
	levels, bad := c.levels(col, "", true)
	if bad != nil {
		return v, c.At("columns", bad)
	}
	v.n = a.add("COUNT(" + plan.QuoteName(col.Name) + ")")
	for _, l := range levels {
		v.levels = append(v.levels, l.Text)
		v.counted = append(v.counted, a.add(summand(nil, []indicator{{col.Name, l}})))
	}
	return v, nil
}

// finishTableOne has two tables: one for programs, with a row for each number, and one for people.
func finishTableOne(in *Released, by []*charter.Column, rows string, variables []variable) *Report {
	long := newTable(textColumn("variable"), textColumn("level"), textColumn("group"), countColumn("n"), countColumn("missing"), doubleColumn("share"), doubleColumn("mean"), doubleColumn("sd"))
	wide := newTable(textColumn("variable"))
	groups := make([]string, in.Len())
	for r := range groups {
		groups[r] = "all"
		if len(by) > 0 {
			groups[r] = in.Label(r, "k0")
		}
		wide.Columns = append(wide.Columns, textColumn(groups[r]))
	}
	if len(groups) == 2 {
		wide.Columns = append(wide.Columns, doubleColumn("smd"))
	}
	w := &tableOneWriter{in: in, long: long, wide: wide, groups: groups, rows: rows}
	w.line("n", func(r int) (string, int) { return fmt.Sprint(in.Count(r, rows)), in.Below(r, rows) }, nil)
	for i := range variables {
		if v := &variables[i]; v.s != "" {
			w.measure(v)
		} else {
			w.category(v)
		}
	}
	return &Report{Title: "Table 1: mean (standard deviation) or number (percent)", Tables: []Named{{Name: "rows", Table: long, Aside: true}, {Name: "table", Table: wide}}}
}

type tableOneWriter struct {
	in         *Released
	long, wide *result.Table
	groups     []string
	rows       string
}

// line adds a row for people; text returns what a group shows, or its k.
func (w *tableOneWriter) line(name string, text func(r int) (string, int), smd result.Value) {
	row := []result.Value{name}
	for r := range w.groups {
		s, k := text(r)
		if k > 0 {
			w.wide.Suppress(len(w.wide.Rows), len(row), k)
			row = append(row, nil)
			continue
		}
		row = append(row, s)
	}
	if len(w.groups) == 2 {
		row = append(row, smd)
	}
	w.wide.Rows = append(w.wide.Rows, row)
}

func (w *tableOneWriter) measure(v *variable) {
	moments := make([]*inference.Moments, len(w.groups))
	for r := range w.groups {
		if k := max(w.in.Below(r, w.rows), w.in.Below(r, v.n), w.in.Below(r, v.ss)); k > 0 {
			suppressRow(w.long, k, v.column.Name, "", w.groups[r])
			continue
		}
		m := &inference.Moments{N: w.in.Count(r, v.n), Sum: w.in.Sum(r, v.s), SumSquares: w.in.Sum(r, v.ss)}
		moments[r] = m
		mean, variance := meanVariance(m.N, m.Sum, m.SumSquares)
		values := intervalOfMean(m.N, mean, variance, 0.95)
		w.long.Rows = append(w.long.Rows, []result.Value{v.column.Name, "", w.groups[r], m.N, w.in.Count(r, w.rows) - m.N, nil, values[0], values[1]})
	}
	var smd result.Value
	if len(moments) == 2 && moments[0] != nil && moments[1] != nil {
		if d, ok := inference.StandardisedDifference(moments[0], moments[1]); ok {
			smd = d
		}
	}
	w.line(axis(v.column), func(r int) (string, int) {
		m := moments[r]
		if m == nil {
			return "", max(w.in.Below(r, v.n), w.in.Below(r, v.ss), w.in.Below(r, w.rows))
		}
		mean, variance := meanVariance(m.N, m.Sum, m.SumSquares)
		values := intervalOfMean(m.N, mean, variance, 0.95)
		return fmt.Sprintf("%s (%s)", brief(values[0]), brief(values[1])), 0
	}, smd)
}

func (w *tableOneWriter) category(v *variable) {
	for i, level := range v.levels {
		at := v.counted[i]
		var shares []float64
		for r := range w.groups {
			if k := max(w.in.Below(r, at), w.in.Below(r, v.n), w.in.Below(r, w.rows)); k > 0 {
				suppressRow(w.long, k, v.column.Name, level, w.groups[r])
				continue
			}
			share := 0.0
			if n := w.in.Count(r, v.n); n > 0 {
				share = float64(w.in.Count(r, at)) / float64(n)
			}
			shares = append(shares, share)
			w.long.Rows = append(w.long.Rows, []result.Value{v.column.Name, level, w.groups[r], w.in.Count(r, at), w.in.Count(r, w.rows) - w.in.Count(r, v.n), share, nil, nil})
		}
		w.line(v.column.Name+" = "+level, func(r int) (string, int) {
			if k := max(w.in.Below(r, at), w.in.Below(r, v.n), w.in.Below(r, w.rows)); k > 0 {
				return "", k
			}
			share := 0.0
			if n := w.in.Count(r, v.n); n > 0 {
				share = float64(w.in.Count(r, at)) / float64(n)
			}
			return fmt.Sprintf("%d (%.1f %%)", w.in.Count(r, at), share*100), 0
		}, shareDifference(shares, len(w.groups)))
	}
}

// shareDifference is (p − q) / √((p(1 − p) + q(1 − q)) / 2), nil where there is none.
func shareDifference(shares []float64, groups int) result.Value {
	if groups != 2 || len(shares) != 2 {
		return nil
	}
	p, q := shares[0], shares[1]
	spread := (p*(1-p) + q*(1-q)) / 2
	if spread == 0 {
		return nil
	}
	return (p - q) / math.Sqrt(spread)
}

func brief(v result.Value) string {
	if x, ok := v.(float64); ok {
		return result.Rounded(x, 4)
	}
	return "–"
}
