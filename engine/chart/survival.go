package chart

import (
	"fmt"
	"sort"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Survival is Kaplan–Meier curves with intervals, and numbers at risk below.
type Survival struct {
	Title, XLabel, YLabel string
	Curves                []SurvivalCurve
}

// SurvivalCurve is one step function from (0, 1). The slices are as long as Times, which
// increase; Lower and Upper may be nil.
type SurvivalCurve struct {
	Label         string
	Times, Values []float64
	Lower, Upper  []float64
	Start         int64   // at risk at time 0
	AtRisk        []int64 // just before each time
	Leaving       []int64 // at each time, with the event or without
}

const riskLine = 14 // height of a line of numbers at risk

func (s *Survival) size() (width, height vg.Length) {
	return 7 * vg.Inch, 4.4*vg.Inch + riskLine*vg.Length(len(s.Curves)+2)
}

func (s *Survival) draw(c draw.Canvas) error {
	p := newPlot(s.Title, s.XLabel, s.YLabel)
	p.Y.Min, p.Y.Max, p.X.Min = 0, 1, 0
	for i, curve := range s.Curves {
		if err := curve.add(p, i); err != nil {
			return err
		}
	}
	if p.X.Max <= p.X.Min {
		p.X.Max = 1
	}
	c = frame(c)
	left := s.labelWidth(p)
	below := vg.Length(len(s.Curves)+1) * riskLine
	upper := draw.Crop(c, left, 0, below, 0)
	p.Draw(upper)
	s.risk(p, c, p.DataCanvas(upper), below)
	return nil
}

// labelWidth is the room that the labels of numbers at risk need beside the axis.
func (s *Survival) labelWidth(p *plot.Plot) vg.Length {
	widest := vg.Length(0)
	for _, curve := range s.Curves {
		widest = max(widest, p.Legend.TextStyle.Width(curve.Label))
	}
	return max(0, widest-26)
}

// steps returns a step function over the given values, from (0, first).
func steps(times, values []float64, first float64) plotter.XYs {
	xy := plotter.XYs{{X: 0, Y: first}}
	for i, t := range times {
		xy = append(xy, plotter.XY{X: t, Y: xy[len(xy)-1].Y}, plotter.XY{X: t, Y: values[i]})
	}
	return xy
}

func (curve *SurvivalCurve) add(p *plot.Plot, i int) error {
	if curve.Lower != nil {
		band := steps(curve.Times, curve.Upper, 1)
		low := steps(curve.Times, curve.Lower, 1)
		for j := len(low) - 1; j >= 0; j-- {
			band = append(band, low[j])
		}
		area, err := plotter.NewPolygon(band)
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = shade(i), 0
		p.Add(area)
	}
	line, err := plotter.NewLine(steps(curve.Times, curve.Values, 1))
	if err != nil {
		return err
	}
	line.Color, line.Width = colorOf(i), 1.5
	p.Add(line)
	if curve.Label != "" {
		p.Legend.Add(curve.Label, line)
	}
	return nil
}

// atRisk returns how many are at risk just before t.
func (curve *SurvivalCurve) atRisk(t float64) int64 {
	i := sort.SearchFloat64s(curve.Times, t)
	switch {
	case i < len(curve.AtRisk):
		return curve.AtRisk[i]
	case len(curve.AtRisk) == 0:
		return curve.Start
	default:
		last := len(curve.AtRisk) - 1
		return curve.AtRisk[last] - curve.Leaving[last]
	}
}

// risk writes the numbers at risk below the labels of the time axis.
func (s *Survival) risk(p *plot.Plot, whole, data draw.Canvas, height vg.Length) {
	style := text.Style{Color: colorOf(6), Font: p.Legend.TextStyle.Font, Handler: p.Legend.TextStyle.Handler}
	style.XAlign, style.YAlign = text.XLeft, text.YTop
	y := whole.Min.Y + height - 2
	whole.FillText(style, vg.Point{X: whole.Min.X, Y: y}, "Number at risk")
	for i, curve := range s.Curves {
		y -= riskLine
		style.Color, style.XAlign = colorOf(i), text.XLeft
		if curve.Label != "" {
			whole.FillText(style, vg.Point{X: whole.Min.X, Y: y}, curve.Label)
		}
		style.XAlign = text.XCenter
		for _, tick := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if tick.IsMinor() || tick.Value < p.X.Min || tick.Value > p.X.Max {
				continue
			}
			whole.FillText(style, vg.Point{X: data.X(p.X.Norm(tick.Value)), Y: y}, fmt.Sprint(curve.atRisk(tick.Value)))
		}
	}
}
