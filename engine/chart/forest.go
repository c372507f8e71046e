package chart

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Forest is estimates with their intervals, one below another.
type Forest struct {
	Title, XLabel string
	Rows          []ForestRow
	Reference     float64 // where there is no effect: 0, or 1 for ratios
	Ratio         bool    // the axis is logarithmic; every number is positive
}

// ForestRow is one estimate.
type ForestRow struct {
	Label                  string
	Estimate, Lower, Upper float64
	Summary                bool // a pooled estimate: drawn as a diamond
}

func (f *Forest) size() (width, height vg.Length) {
	return 7 * vg.Inch, 1.2*vg.Inch + 24*vg.Length(len(f.Rows))
}

func (f *Forest) draw(c draw.Canvas) error {
	p := newPlot(f.Title, f.XLabel, "")
	if f.Ratio {
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = ratioTicks{}
	}
	n := len(f.Rows)
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4
	p.X.Min, p.X.Max = f.Reference, f.Reference
	rows := make([]plot.Tick, n)
	for i, r := range f.Rows {
		y := float64(n - 1 - i)
		rows[i] = plot.Tick{Value: y, Label: fmt.Sprintf("%s  %.3g (%.3g–%.3g)", r.Label, r.Estimate, r.Lower, r.Upper)}
		p.X.Min, p.X.Max = min(p.X.Min, r.Lower), max(p.X.Max, r.Upper)
		if err := r.add(p, y); err != nil {
			return err
		}
	}
	f.widen(p)
	p.Y.Tick.Marker = plot.ConstantTicks(rows)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	zero, err := plotter.NewLine(plotter.XYs{{X: f.Reference, Y: p.Y.Min}, {X: f.Reference, Y: p.Y.Max}})
	if err != nil {
		return err
	}
	zero.Color, zero.Dashes = color.Gray{120}, []vg.Length{3, 3}
	p.Add(zero)
	p.Draw(frame(c))
	return nil
}

// widen leaves room at both ends of the axis.
func (f *Forest) widen(p *plot.Plot) {
	if f.Ratio {
		by := math.Pow(p.X.Max/p.X.Min, 0.06)
		if by == 1 {
			by = 1.1
		}
		p.X.Min, p.X.Max = p.X.Min/by, p.X.Max*by
		return
	}
	by := (p.X.Max - p.X.Min) * 0.06
	if by == 0 {
		by = 1
	}
	p.X.Min, p.X.Max = p.X.Min-by, p.X.Max+by
}

func (r *ForestRow) add(p *plot.Plot, y float64) error {
	shape := plotter.XYs{{X: r.Lower, Y: y}, {X: r.Upper, Y: y}}
	if r.Summary {
		diamond, err := plotter.NewPolygon(plotter.XYs{{X: r.Lower, Y: y}, {X: r.Estimate, Y: y + 0.28}, {X: r.Upper, Y: y}, {X: r.Estimate, Y: y - 0.28}})
		if err != nil {
			return err
		}
		diamond.Color, diamond.LineStyle.Width = colorOf(1), 0
		p.Add(diamond)
		return nil
	}
	line, err := plotter.NewLine(shape)
	if err != nil {
		return err
	}
	line.Color, line.Width = colorOf(0), 1.5
	mark, err := plotter.NewScatter(plotter.XYs{{X: r.Estimate, Y: y}})
	if err != nil {
		return err
	}
	mark.GlyphStyle = draw.GlyphStyle{Color: colorOf(0), Radius: 3.5, Shape: draw.BoxGlyph{}}
	p.Add(line, mark)
	return nil
}

// ratioTicks marks 1, 2 and 5 times the powers of ten.
type ratioTicks struct{}

// Ticks implements [plot.Ticker].
func (ratioTicks) Ticks(low, high float64) []plot.Tick {
	var out []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%g", math.Round(v*1e6)/1e6)})
			}
		}
	}
	return out
}
