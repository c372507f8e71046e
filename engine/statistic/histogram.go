package statistic

import (
	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// mostBins is how many bins a histogram has, about, if nobody says how wide they are.
const mostBins = 20

// histogram is counts of a measure on public edges, by group.
func histogram() *Statistic {
	return &Statistic{
		Name:       "histogram",
		Synopsis:   "number of values between public edges, by group",
		Parameters: []Parameter{columnParameter, groupedBy, stepParameter, fromParameter, toParameter, where},
		Example:    "lung age --step 10 --from 30 --to 90",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			return prepareGrid(c, mostBins, func(in *Released, g *binning, by []*charter.Column) (*Report, *fault.Fault) {
				return finishHistogram(g.read(in, len(by)), g, by), nil
			})
		},
	}
}

func finishHistogram(groups []*binned, g *binning, by []*charter.Column) *Report {
	t := newTable(append(groupColumns(by), doubleColumn("from"), doubleColumn("to"), countColumn("count"), doubleColumn("density"))...)
	outside := newTable(append(groupColumns(by), countColumn("below"), countColumn("above"), countColumn("missing"))...)
	width, _ := g.step.Float64()
	for _, b := range groups {
		if b.below > 0 && g.curve {
			suppressRow(t, b.below, b.labels...)
			continue
		}
		n := float64(b.N())
		for i, count := range b.Counts {
			from, _ := b.Edge(i).Float64()
			to, _ := b.Edge(i + 1).Float64()
			if k := b.hidden[i]; k > 0 {
				suppressRow(t, k, b.row(from, to)...)
				continue
			}
			var density any // unknown if a bin is: what is left of n would tell of it
			if b.below == 0 && n > 0 {
				density = float64(count) / (n * width)
			}
			t.Rows = append(t.Rows, b.row(from, to, count, density))
		}
		if b.Below+b.Above+b.missing > 0 {
			outside.Rows = append(outside.Rows, b.row(b.Below, b.Above, b.missing))
		}
	}
	r := &Report{Title: "Histogram of " + g.column.Name, Tables: []Named{{Name: "bins", Table: t}}, Figure: histogramFigure(groups, g)}
	if len(outside.Rows) > 0 {
		r.Tables = append(r.Tables, Named{Name: "outside", Title: "Values that are in no bin", Table: outside})
	}
	if !g.curve {
		r.Notes = append(r.Notes, "each bin is released by itself, as the charter declares no curve for the column")
	}
	return r
}

// histogramFigure draws a histogram of one group, and of several their densities as lines.
func histogramFigure(groups []*binned, g *binning) chart.Figure {
	edges := make([]float64, g.bins+1)
	width, _ := g.step.Float64()
	lines := &chart.Profile{Title: "Histogram", XLabel: axis(g.column), YLabel: "density", Zero: true}
	var bars *chart.Bars
	for _, b := range groups {
		if b.below > 0 || b.N() == 0 {
			continue
		}
		heights := make([]float64, g.bins)
		for i := range edges {
			edges[i], _ = b.Edge(i).Float64()
		}
		density := chart.Series{Label: b.caption(), Steps: true}
		for i, n := range b.Counts {
			heights[i] = float64(n)
			density.X, density.Y = append(density.X, edges[i]), append(density.Y, float64(n)/(float64(b.N())*width))
		}
		density.X, density.Y = append(density.X, edges[g.bins]), append(density.Y, 0)
		bars = &chart.Bars{Title: "Histogram", XLabel: axis(g.column), YLabel: "values", Edges: edges, Heights: heights}
		lines.Series = append(lines.Series, density)
	}
	switch len(lines.Series) {
	case 0:
		return nil
	case 1:
		return bars
	}
	return lines
}
