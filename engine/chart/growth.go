package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Growth is lines over a size with both axes logarithmic, a dot at each size: straight lines are powers, and their slope
// is the exponent. All values are positive.
type Growth struct {
	Title, XLabel, YLabel string
	Series                []Series
}

func (f *Growth) size() (width, height vg.Length) { return 7 * vg.Inch, 4.4 * vg.Inch }

func (f *Growth) draw(c draw.Canvas) error {
	p := newPlot(f.Title, f.XLabel, f.YLabel)
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = powerTicks{}, powerTicks{}
	for i, s := range f.Series {
		for j := range s.X {
			if !(s.X[j] > 0) || !(s.Y[j] > 0) {
				return fmt.Errorf("the line %q has no place on logarithmic axes", s.Label)
			}
		}
		line, dots, err := plotter.NewLinePoints(points(s.X, s.Y))
		if err != nil {
			return err
		}
		line.Color, line.Width = colorOf(i), 1.5
		dots.GlyphStyle = draw.GlyphStyle{Color: colorOf(i), Radius: 2.5, Shape: draw.CircleGlyph{}}
		p.Add(line, dots)
		p.Legend.Add(s.Label, line)
	}
	p.X.Min, p.X.Max = widened(p.X.Min, p.X.Max, 0)
	p.Y.Min, p.Y.Max = widened(p.Y.Min, p.Y.Max, len(f.Series))
	p.Draw(frame(c))
	return nil
}

// widened is a range with room for ticks, and for a legend of so many lines above what is drawn.
func widened(low, high float64, labels int) (float64, float64) {
	if high/low < 2 {
		low, high = low/math.Sqrt2, high*math.Sqrt2
	}
	return low * 0.9, high * math.Pow(high/low, 0.08*float64(labels)) * 1.1
}

// powerTicks marks powers of ten; of a range of less than three, 2 and 5 times these too.
type powerTicks struct{}

// Ticks implements [plot.Ticker].
func (powerTicks) Ticks(low, high float64) []plot.Tick {
	marks := []float64{1, 2, 5}
	if high/low >= 1000 {
		marks = marks[:1]
	}
	var out []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range marks {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				out = append(out, plot.Tick{Value: v, Label: short(v)})
			}
		}
	}
	return out
}

// short writes a round number: 0.02, 500, 20k, 1M, 2G.
func short(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if v >= unit.size*(1-1e-9) {
			size := unit.size
			if unit.name == "k" {
				size = 1e3
			}
			return fmt.Sprintf("%.4g%s", v/size, unit.name)
		}
	}
	return fmt.Sprintf("%.4g", v)
}
