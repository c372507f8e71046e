package statistic

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// describe is the number of values, mean and spread of measures, by group.
func describe() *Statistic {
	return &Statistic{
		Name: "describe", Aliases: []string{"summary"},
		Synopsis: "number of values, missing, mean, standard deviation and interval of the mean, by group",
		Parameters: []Parameter{
			{Name: "columns", Kind: Columns, Required: true, Place: 1, Help: "measures, separated by commas"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			where, level,
		},
		Example: "lung age,wt_loss --by sex",
		Prepare: prepareDescribe,
	}
}

func prepareDescribe(c *Call) (*Prepared, *fault.Fault) {
	columns, f := c.Columns("columns")
	if f != nil {
		return nil, f
	}
	by, f := c.Columns("by")
	if f != nil {
		return nil, f
	}
	confidence, f := c.Level()
	if f != nil {
		return nil, f
	}
	selected := keys(by)
	selected = append(selected, "COUNT(*) AS rows")
	for i, col := range columns {
		if f := plan.FactorRule(col, col); f != nil {
			return nil, c.At("columns", f)
		}
		x := plan.QuoteName(col.Name)
		selected = append(selected, fmt.Sprintf("COUNT(%[1]s) AS n%[2]d, SUM(%[1]s) AS s%[2]d, SUM(%[1]s * %[1]s) AS ss%[2]d", x, i))
	}
	return &Prepared{
		SQL:    "SELECT " + strings.Join(selected, ", ") + c.From() + grouped(len(by)),
		Finish: func(in *Released) (*Report, *fault.Fault) { return finishDescribe(in, columns, by, confidence), nil },
	}, nil
}

// keys selects group columns as k0, k1, …
func keys(by []*charter.Column) []string {
	var out []string
	for i, col := range by {
		out = append(out, fmt.Sprintf("%s AS k%d", plan.QuoteName(col.Name), i))
	}
	return out
}

// grouped groups by the first n columns.
func grouped(n int) string {
	if n == 0 {
		return ""
	}
	places := make([]string, n)
	for i := range places {
		places[i] = fmt.Sprint(i + 1)
	}
	return " GROUP BY " + strings.Join(places, ", ")
}

func finishDescribe(in *Released, columns, by []*charter.Column, confidence float64) *Report {
	var head []result.Column
	for _, col := range by {
		head = append(head, textColumn(col.Name))
	}
	head = append(head, textColumn("column"), countColumn("n"), countColumn("missing"),
		doubleColumn("mean"), doubleColumn("sd"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"))
	t := newTable(head...)
	for i, col := range columns {
		for r := range in.Len() {
			shown := labels(in, r, len(by))
			shown = append(shown, col.Name)
			if k := max(in.Below(r, "rows"), in.Below(r, fmt.Sprintf("n%d", i)), in.Below(r, fmt.Sprintf("ss%d", i))); k > 0 {
				suppressRow(t, k, shown...)
				continue
			}
			n := in.Count(r, fmt.Sprintf("n%d", i))
			shown = append(shown, n, in.Count(r, "rows")-n)
			mean, variance := meanVariance(n, in.Sum(r, fmt.Sprintf("s%d", i)), in.Sum(r, fmt.Sprintf("ss%d", i)))
			t.Rows = append(t.Rows, append(shown, intervalOfMean(n, mean, variance, confidence)...))
		}
	}
	return &Report{
		Title:  fmt.Sprintf("Summary, with %g %% intervals of means", confidence*100),
		Tables: []Named{{Name: "groups", Table: t}}, Figure: means(t, len(by)),
	}
}

// means draws the means of a table with so many keys; nil if there is none.
func means(t *result.Table, keys int) chart.Figure {
	f := &chart.Forest{Title: "Means", XLabel: "mean with interval"}
	for _, row := range t.Rows {
		mean, ok := row[keys+3].(float64)
		lower, low := row[keys+6].(float64)
		upper, high := row[keys+7].(float64)
		if !ok || !low || !high {
			continue
		}
		words := make([]string, keys+1)
		for i := range words {
			words[i] = row[i].(string)
		}
		f.Rows = append(f.Rows, chart.ForestRow{Label: strings.Join(words, " "), Estimate: mean, Lower: lower, Upper: upper})
	}
	if len(f.Rows) == 0 {
		return nil
	}
	f.Reference = f.Rows[0].Estimate
	return f
}

func labels(in *Released, row, keys int) []result.Value {
	var out []result.Value
	for i := range keys {
		out = append(out, in.Label(row, fmt.Sprintf("k%d", i)))
	}
	return out
}

// meanVariance computes the mean and the variance over n−1 exactly; nil where there is none.
func meanVariance(n int64, sum, squares *big.Rat) (mean, variance *big.Rat) {
	if n < 1 {
		return nil, nil
	}
	count := new(big.Rat).SetInt64(n)
	mean = new(big.Rat).Quo(sum, count)
	if n < 2 {
		return mean, nil
	}
	variance = new(big.Rat).Mul(mean, sum)
	variance.Sub(squares, variance)
	return mean, variance.Quo(variance, new(big.Rat).SetInt64(n-1))
}

// intervalOfMean is mean, sd, se, lower, upper: Student's interval.
func intervalOfMean(n int64, mean, variance *big.Rat, confidence float64) []result.Value {
	out := make([]result.Value, 5)
	if mean == nil {
		return out
	}
	m, _ := mean.Float64()
	out[0] = m
	if variance == nil {
		return out
	}
	v, _ := variance.Float64()
	se := math.Sqrt(v / float64(n))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - (1-confidence)/2)
	out[1], out[2], out[3], out[4] = math.Sqrt(v), se, m-t*se, m+t*se
	return out
}
