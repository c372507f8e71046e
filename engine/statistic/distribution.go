package statistic

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

// column is the measure of a statistic, by is its groups.
var (
	columnParameter = Parameter{Name: "column", Kind: Column, Required: true, Place: 1, Help: "a measure"}
	groupedBy       = Parameter{Name: "by", Kind: Columns, Help: "categories, separated by commas: a result for each combination"}
)

// quantile is the exact quantiles of a measure over all owners' rows, by group.
func quantile() *Statistic {
	return &Statistic{
		Name: "quantile", Aliases: []string{"quantiles", "median"},
		Synopsis: "exact quantiles, median and quartiles over the rows of all owners, with intervals, by group",
		Parameters: []Parameter{
			columnParameter,
			{Name: "probabilities", Kind: Text, Place: 2, Default: "0, 0.25, 0.5, 0.75, 1", Help: "from 0 to 1, separated by commas"},
			groupedBy, stepParameter, fromParameter, toParameter, where, level,
		},
		Example: "lung time --by sex",
		Prepare: prepareQuantile,
	}
}

func prepareQuantile(c *Call) (*Prepared, *fault.Fault) {
	probabilities, f := probabilitiesOf(c)
	if f != nil {
		return nil, f
	}
	confidence, f := c.Level()
	if f != nil {
		return nil, f
	}
	return prepareGrid(c, 0, func(in *Released, g *binning, by []*charter.Column) (*Report, *fault.Fault) {
		return finishQuantile(g.read(in, len(by)), g, by, probabilities, confidence)
	})
}

// prepareGrid asks for the counts of the bins of a measure, released together.
func prepareGrid(c *Call, most int, finish func(*Released, *binning, []*charter.Column) (*Report, *fault.Fault)) (*Prepared, *fault.Fault) {
	col, f := c.Column("column")
	if f != nil {
		return nil, f
	}
	by, f := c.Columns("by")
	if f != nil {
		return nil, f
	}
	g, f := newBinning(c, col, groupsOf(by), most)
	if f != nil {
		return nil, f
	}
	if most == 0 {
		g.curve = true // the charter refuses it where the column is not declared
	}
	return &Prepared{
		SQL:    g.question(c, by),
		Finish: func(in *Released) (*Report, *fault.Fault) { return finish(in, g, by) },
	}, nil
}

func probabilitiesOf(c *Call) ([]*big.Rat, *fault.Fault) {
	out, f := c.numbers("probabilities")
	if f != nil {
		return nil, f
	}
	for _, p := range out {
		if p.Sign() < 0 || p.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, c.Refuse("probabilities", "wants numbers from 0 to 1, separated by commas")
		}
	}
	return out, nil
}

// numbers are those of a parameter, separated by commas.
func (c *Call) numbers(name string) ([]*big.Rat, *fault.Fault) {
	var out []*big.Rat
	for _, part := range strings.Split(c.Text(name), ",") {
		x, err := decimal.Parse(strings.TrimSpace(part))
		if err != nil {
			return nil, c.Refuse(name, "wants numbers, separated by commas")
		}
		out = append(out, x)
	}
	return out, nil
}

func finishQuantile(groups []*binned, g *binning, by []*charter.Column, probabilities []*big.Rat, confidence float64) (*Report, *fault.Fault) {
	spread := newTable(append(groupColumns(by), countColumn("n"), countColumn("missing"),
		doubleColumn("q1"), doubleColumn("median"), doubleColumn("q3"), doubleColumn("iqr"))...)
	t := newTable(append(groupColumns(by), doubleColumn("p"), doubleColumn("quantile"),
		doubleColumn("lower"), doubleColumn("upper"), doubleColumn("least"), doubleColumn("most"))...)
	for _, b := range groups {
		if b.below > 0 {
			suppressRow(t, b.below, b.labels...)
			suppressRow(spread, b.below, b.labels...)
			continue
		}
		if b.N() == 0 {
			continue
		}
		quartiles, f := b.Quantiles(big.NewRat(1, 4), big.NewRat(1, 2), big.NewRat(3, 4))
		if f != nil {
			return nil, f
		}
		iqr := inference.Bounds{
			Lower: new(big.Rat).Sub(quartiles[2].Lower, quartiles[0].Upper), Upper: new(big.Rat).Sub(quartiles[2].Upper, quartiles[0].Lower),
		}
		spread.Rows = append(spread.Rows, b.row(b.N(), b.missing, quartiles[0].Middle(), quartiles[1].Middle(), quartiles[2].Middle(), iqr.Middle()))
		if f := b.quantileRows(t, probabilities, confidence); f != nil {
			return nil, f
		}
	}
	if len(t.Rows) == 0 {
		return nil, inference.NoValues.New("column %q has no values", g.column.Name)
	}
	return &Report{
		Title:  fmt.Sprintf("Quantiles of %s, with %g %% intervals", g.column.Name, confidence*100),
		Tables: []Named{{Name: "quantiles", Table: t}, {Name: "spread", Title: "Spread", Table: spread}},
		Notes:  []string{g.precision()}, Figure: ecdfFigure(groups, g),
	}, nil
}

func groupColumns(by []*charter.Column) []result.Column {
	var out []result.Column
	for _, col := range by {
		out = append(out, textColumn(col.Name))
	}
	return out
}

func (b *binned) row(values ...result.Value) []result.Value {
	return append(append([]result.Value{}, b.labels...), values...)
}

func (b *binned) quantileRows(t *result.Table, probabilities []*big.Rat, confidence float64) *fault.Fault {
	quantiles, f := b.Quantiles(probabilities...)
	if f != nil {
		return f
	}
	for i, q := range quantiles {
		p, _ := probabilities[i].Float64()
		var lower, upper any
		if l, u, ok := b.Interval(probabilities[i], confidence); ok {
			lower, _ = l.Ends()
			_, upper = u.Ends()
		}
		least, most := q.Ends()
		t.Rows = append(t.Rows, b.row(p, q.Middle(), lower, upper, least, most))
	}
	return nil
}

// precision says whether what is computed from the bins is exact.
func (g *binning) precision() string {
	if g.exact() {
		return "exact: each bin is one value, so these are the quantiles of the pooled rows (R's type 7)"
	}
	return fmt.Sprintf("bins of %s: what is shown is the middle of least and most, between which the pooled value lies", text(g.step))
}

// ecdf is the cumulative distribution of a measure, by group.
func ecdf() *Statistic {
	return &Statistic{
		Name: "ecdf", Aliases: []string{"distribution"},
		Synopsis:   "cumulative distribution over the rows of all owners, with a band, by group",
		Parameters: []Parameter{columnParameter, groupedBy, stepParameter, fromParameter, toParameter, where, level},
		Example:    "lung time --by sex",
		Prepare:    prepareECDF,
	}
}

func prepareECDF(c *Call) (*Prepared, *fault.Fault) {
	confidence, f := c.Level()
	if f != nil {
		return nil, f
	}
	return prepareGrid(c, 0, func(in *Released, g *binning, by []*charter.Column) (*Report, *fault.Fault) {
		return finishECDF(g.read(in, len(by)), g, by, confidence)
	})
}

func finishECDF(groups []*binned, g *binning, by []*charter.Column, confidence float64) (*Report, *fault.Fault) {
	sizes := newTable(append(groupColumns(by), countColumn("n"), countColumn("missing"), doubleColumn("band"))...)
	t := newTable(append(groupColumns(by), doubleColumn("value"), countColumn("upto"), doubleColumn("share"), doubleColumn("lower"), doubleColumn("upper"))...)
	for _, b := range groups {
		if b.below > 0 {
			suppressRow(t, b.below, b.labels...)
			suppressRow(sizes, b.below, b.labels...)
			continue
		}
		if b.N() == 0 {
			continue
		}
		steps, f := b.Distribution()
		if f != nil {
			return nil, f
		}
		band := massart(b.N(), confidence)
		sizes.Rows = append(sizes.Rows, b.row(b.N(), b.missing, band))
		for _, s := range steps {
			_, value := s.Value.Ends()
			share, _ := s.Share.Float64()
			t.Rows = append(t.Rows, b.row(value, s.Upto, share, max(0, share-band), min(1, share+band)))
		}
	}
	if len(t.Rows) == 0 {
		return nil, inference.NoValues.New("column %q has no values", g.column.Name)
	}
	notes := []string{"band: half the width of a band that holds the whole distribution with this confidence (Dvoretzky, Kiefer, Wolfowitz; Massart)"}
	if !g.exact() {
		notes = append(notes, fmt.Sprintf("bins of %s: value is the largest that a bin can have", text(g.step)))
	}
	return &Report{
		Title:  fmt.Sprintf("Cumulative distribution of %s, with a %g %% band", g.column.Name, confidence*100),
		Tables: []Named{{Name: "distribution", Table: t, Aside: true}, {Name: "groups", Table: sizes}},
		Notes:  notes, Figure: ecdfFigure(groups, g),
	}, nil
}

// massart is half the width of the band of n values: √(ln(2/α) / 2n).
func massart(n int64, confidence float64) float64 {
	return math.Sqrt(math.Log(2/(1-confidence)) / (2 * float64(n)))
}

// ecdfFigure draws the distributions; nil if there is none.
func ecdfFigure(groups []*binned, g *binning) chart.Figure {
	f := &chart.Profile{Title: "Cumulative distribution", XLabel: axis(g.column), YLabel: "share of values", Zero: true, Low: true}
	for _, b := range groups {
		steps, bad := b.Distribution()
		if b.below > 0 || bad != nil {
			continue
		}
		start, _ := steps[0].Value.Lower.Float64()
		s := chart.Series{Label: b.caption(), X: []float64{start}, Y: []float64{0}, Steps: true}
		for _, step := range steps {
			_, x := step.Value.Ends()
			y, _ := step.Share.Float64()
			s.X, s.Y = append(s.X, x), append(s.Y, y)
		}
		f.Series = append(f.Series, s)
	}
	if len(f.Series) == 0 {
		return nil
	}
	return f
}
