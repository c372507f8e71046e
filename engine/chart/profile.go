package chart

import (
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Profile is lines over a common axis, with bands: a load profile, a duration curve, an ECDF.
type Profile struct {
	Title, XLabel, YLabel string
	Bands                 []Band // drawn first, the widest first
	Series                []Series
	Zero                  bool // the vertical axis begins at 0
	Low                   bool // the legend is at the bottom, for lines that end at the top
	Hours                 bool // the horizontal axis is the hours of a day
}

// Series is one line. X and Y are as long as each other.
type Series struct {
	Label string
	X, Y  []float64
	Steps bool // constant up to the next X
}

// Band is the area between two lines.
type Band struct {
	Label        string
	X, Low, High []float64
}

func (f *Profile) size() (width, height vg.Length) { return 7 * vg.Inch, 4.4 * vg.Inch }

func (f *Profile) draw(c draw.Canvas) error {
	p := newPlot(f.Title, f.XLabel, f.YLabel)
	labels := 0
	for i, b := range f.Bands {
		area, err := plotter.NewPolygon(append(points(b.X, b.High), reversed(points(b.X, b.Low))...))
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = tint(0, i+1), 0
		p.Add(area)
		if b.Label != "" {
			p.Legend.Add(b.Label, area)
			labels++
		}
	}
	for i, s := range f.Series {
		xy := points(s.X, s.Y)
		if s.Steps {
			xy = stairs(xy)
		}
		line, err := plotter.NewLine(xy)
		if err != nil {
			return err
		}
		line.Color, line.Width = colorOf(i), 1.5
		p.Add(line)
		if s.Label != "" {
			p.Legend.Add(s.Label, line)
			labels++
		}
	}
	if f.Zero {
		p.Y.Min = min(0, p.Y.Min)
	}
	if f.Hours {
		p.X.Min, p.X.Max, p.X.Tick.Marker = 0, 24, hours{}
	}
	if f.Low {
		p.Legend.Top, p.Legend.YOffs = false, 4
	} else if labels > 1 { // room for the legend above the lines
		p.Y.Max += float64(labels) * 0.06 * (p.Y.Max - p.Y.Min)
	}
	p.Draw(frame(c))
	return nil
}

func points(x, y []float64) plotter.XYs {
	xy := make(plotter.XYs, len(x))
	for i := range x {
		xy[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return xy
}

func reversed(xy plotter.XYs) plotter.XYs {
	out := make(plotter.XYs, len(xy))
	for i := range xy {
		out[len(xy)-1-i] = xy[i]
	}
	return out
}

func stairs(xy plotter.XYs) plotter.XYs {
	var out plotter.XYs
	for i, at := range xy {
		if i > 0 {
			out = append(out, plotter.XY{X: at.X, Y: xy[i-1].Y})
		}
		out = append(out, at)
	}
	return out
}

// Bars is a histogram: Heights[i] is the height between Edges[i] and Edges[i+1].
type Bars struct {
	Title, XLabel, YLabel string
	Edges, Heights        []float64
}

func (f *Bars) size() (width, height vg.Length) { return 7 * vg.Inch, 4.4 * vg.Inch }

func (f *Bars) draw(c draw.Canvas) error {
	p := newPlot(f.Title, f.XLabel, f.YLabel)
	for i, h := range f.Heights {
		l, r := f.Edges[i], f.Edges[i+1]
		bar, err := plotter.NewPolygon(plotter.XYs{{X: l, Y: 0}, {X: l, Y: h}, {X: r, Y: h}, {X: r, Y: 0}})
		if err != nil {
			return err
		}
		bar.Color, bar.LineStyle.Color, bar.LineStyle.Width = colorOf(5), colorOf(0), 0.7
		p.Add(bar)
	}
	p.Y.Min = 0
	p.Draw(frame(c))
	return nil
}
