package statistic

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

// percentileBands is quantiles of a measure over all readings of each value of a category, such as the hour.
func percentileBands() *Statistic {
	return &Statistic{
		Name: "percentile_bands", Aliases: []string{"bands"},
		Synopsis: "percentiles across customers for each hour, or each value of another category",
		Parameters: []Parameter{
			columnParameter,
			{Name: "by", Kind: Column, Required: true, Place: 2, Help: "category of the horizontal axis, such as the hour"},
			{Name: "probabilities", Kind: Text, Default: "0.05, 0.25, 0.5, 0.75, 0.95", Help: "from 0 to 1, ascending, separated by commas"},
			stepParameter, fromParameter, toParameter, where,
		},
		Example: "reading kwh hour",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			probabilities, f := probabilitiesOf(c)
			if f != nil {
				return nil, f
			}
			for i := range probabilities[1:] {
				if probabilities[i].Cmp(probabilities[i+1]) >= 0 {
					return nil, c.Refuse("probabilities", "wants ascending numbers")
				}
			}
			return prepareGrid(c, 0, func(in *Released, g *binning, by []*charter.Column) (*Report, *fault.Fault) {
				return finishBands(g.read(in, len(by)), g, by, probabilities)
			})
		},
	}
}

func finishBands(groups []*binned, g *binning, by []*charter.Column, probabilities []*big.Rat) (*Report, *fault.Fault) {
	columns := append(groupColumns(by), countColumn("n"))
	for _, p := range probabilities {
		columns = append(columns, doubleColumn("p"+strconv.FormatFloat(100*float(p), 'f', -1, 64)))
	}
	t := newTable(columns...)
	lines := make([][]float64, len(probabilities))
	var x []float64
	for i, b := range groups {
		if b.below > 0 {
			suppressRow(t, b.below, b.labels...)
			continue
		}
		if b.N() == 0 {
			continue
		}
		quantiles, f := b.Quantiles(probabilities...)
		if f != nil {
			return nil, f
		}
		row := []result.Value{b.N()}
		for j, q := range quantiles {
			row = append(row, q.Middle())
			lines[j] = append(lines[j], q.Middle())
		}
		at, err := strconv.ParseFloat(fmt.Sprint(b.labels[0]), 64)
		if err != nil {
			at = float64(i)
		}
		x = append(x, at)
		t.Rows = append(t.Rows, b.row(row...))
	}
	if len(t.Rows) == 0 {
		return nil, inference.NoValues.New("column %q has no values", g.column.Name)
	}
	return &Report{
		Title:  fmt.Sprintf("Percentiles of %s by %s", g.column.Name, by[0].Name),
		Tables: []Named{{Name: "bands", Table: t}}, Notes: []string{g.halfWidth()},
		Figure: bandsFigure(x, lines, probabilities, g, by[0]),
	}, nil
}

// halfWidth says how far a quantile that is the middle of its bounds may be from the pooled one.
func (g *binning) halfWidth() string {
	if g.exact() {
		return g.precision()
	}
	half := new(big.Rat).Sub(g.step, g.unit())
	return fmt.Sprintf("bins of %s: each is within %s of the pooled value", text(g.step), text(half.Quo(half, big.NewRat(2, 1))))
}

// bandsFigure shades between the first and the last percentile, the second and the last but one, and so on.
func bandsFigure(x []float64, lines [][]float64, probabilities []*big.Rat, g *binning, by *charter.Column) chart.Figure {
	if len(x) < 2 {
		return nil
	}
	f := &chart.Profile{Title: "Percentiles across readings", XLabel: axis(by), YLabel: axis(g.column), Zero: true, Hours: hoursOfDay(by)}
	name := func(i int) string { return "p" + strconv.FormatFloat(100*float(probabilities[i]), 'f', -1, 64) }
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		f.Bands = append(f.Bands, chart.Band{Label: name(i) + " to " + name(j), X: x, Low: lines[i], High: lines[j]})
	}
	if m := len(lines) / 2; len(lines)%2 == 1 {
		f.Series = append(f.Series, chart.Series{Label: name(m), X: x, Y: lines[m]})
	}
	return f
}
