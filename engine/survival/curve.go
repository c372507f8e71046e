package survival

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of survival statistics.
var (
	NoEvents = fault.Declare("TACIT-T030", "no events",
		"Nobody has the event in what was asked about, so that there is nothing to estimate or compare.",
		"Look at the event condition, or ask about more people.")
	BadGrid = fault.Declare("TACIT-T031", "counts that are no survival data",
		"Counts are negative, or times do not increase.",
		"Report it: released counts should not be able to do this.")
	OneGroup = fault.Declare("TACIT-T032", "one group",
		"A comparison of curves needs people in two groups at least.",
		"Compare by a category with two values that occur.")
)

// Counts are the people of one group by when they leave, at increasing times.
type Counts struct {
	Times    []float64
	Events   []int64 // that have the event at the time
	Censored []int64 // that leave without it, after those
}

func (c *Counts) check() *fault.Fault {
	for i, t := range c.Times {
		if c.Events[i] < 0 || c.Censored[i] < 0 || i > 0 && t <= c.Times[i-1] || math.IsNaN(t) || math.IsInf(t, 0) {
			return BadGrid.New("at point %d of the time grid", i+1)
		}
	}
	return nil
}

// N is the number of people.
func (c *Counts) N() (n int64) {
	for i := range c.Times {
		n += c.Events[i] + c.Censored[i]
	}
	return n
}

// D is the number of events.
func (c *Counts) D() (d int64) {
	for _, e := range c.Events {
		d += e
	}
	return d
}

// Interval is how the limits of a curve are computed.
type Interval string

// Intervals: symmetric in S, in log S, or in log(−log S).
const (
	Plain  Interval = "plain"
	Log    Interval = "log"
	LogLog Interval = "log-log"
)

// Curve is a Kaplan–Meier estimate: a step function that is 1 before the first time.
type Curve struct {
	Points   []Point // at the times at which anybody leaves
	N, D     int64
	Interval Interval
	Level    float64

	end float64 // last time at which anybody leaves
}

// Point is the curve from a time on.
type Point struct {
	Time             float64
	AtRisk           int64 // just before
	Events, Censored int64
	Survival         float64
	SE               float64 // of Survival, by Greenwood
	Lower, Upper     float64 // NaN where there is none: R prints NA
	Hazard           float64 // cumulative, by Nelson and Aalen
	greenwood        float64 // Σ d / (n (n − d))
}

// KaplanMeier estimates a curve with limits of a confidence level.
// (E. L. Kaplan, P. Meier, JASA 53 (1958) 457–481; M. Greenwood 1926.)
func KaplanMeier(c *Counts, interval Interval, level float64) (*Curve, *fault.Fault) {
	if f := c.check(); f != nil {
		return nil, f
	}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	out := &Curve{N: c.N(), D: c.D(), Interval: interval, Level: level}
	n, s, sum, hazard := out.N, 1.0, 0.0, 0.0
	for i, t := range c.Times {
		d, censored := c.Events[i], c.Censored[i]
		if d+censored == 0 {
			continue
		}
		if d > 0 {
			s *= float64(n-d) / float64(n)
			sum += float64(d) / (float64(n) * float64(n-d)) // +Inf when all die
			hazard += float64(d) / float64(n)
		}
		p := Point{Time: t, AtRisk: n, Events: d, Censored: censored, Survival: s, Hazard: hazard, greenwood: sum}
		p.SE = s * math.Sqrt(sum)
		if s == 0 {
			p.SE = 0
		}
		p.Lower, p.Upper = limits(interval, s, math.Sqrt(sum), z)
		out.Points = append(out.Points, p)
		out.end = t
		n -= d + censored
	}
	return out, nil
}

// limits are those of R's survfit; se is that of log S.
func limits(interval Interval, s, se, z float64) (lower, upper float64) {
	switch {
	case s == 0:
		return math.NaN(), math.NaN()
	case s == 1:
		return 1, 1
	}
	switch interval {
	case Plain:
		return max(0, s-z*se*s), min(1, s+z*se*s)
	case LogLog:
		at, by := math.Log(-math.Log(s)), z*se/math.Log(s)
		return math.Exp(-math.Exp(at - by)), math.Exp(-math.Exp(at + by))
	default:
		return math.Exp(math.Log(s) - z*se), min(1, math.Exp(math.Log(s)+z*se))
	}
}

// At returns the point that holds at a time, nil before the first.
func (c *Curve) At(t float64) *Point {
	var at *Point
	for i := range c.Points {
		if c.Points[i].Time > t {
			break
		}
		at = &c.Points[i]
	}
	return at
}

// halves absorbs rounding, as R's survfit does: products of fractions that are 1/2 exactly may miss it.
const halves = 1e-12

// Quantile returns the first time at which the curve is at 1 − p or below, and that of
// its lower and upper limits; NaN where it is not reached.
func (c *Curve) Quantile(p float64) (at, lower, upper float64) {
	first := func(value func(*Point) float64) float64 {
		for i := range c.Points {
			if v := value(&c.Points[i]); v <= 1-p+halves {
				return c.Points[i].Time
			}
		}
		return math.NaN()
	}
	at = first(func(p *Point) float64 { return p.Survival })
	lower = first(func(p *Point) float64 { return p.Lower })
	upper = first(func(p *Point) float64 { return p.Upper })
	return at, lower, upper
}

// Mean returns the restricted mean survival time, ∫ S from 0 to a horizon, and its standard
// error. (P. Royston, M. K. B. Parmar, BMC Medical Research Methodology 13 (2013) 152.)
func (c *Curve) Mean(horizon float64) (mean, se float64) {
	area := make([]float64, len(c.Points)+1) // from a point's time to the horizon
	for i := len(c.Points) - 1; i >= 0; i-- {
		end := horizon
		if i+1 < len(c.Points) {
			end = min(horizon, c.Points[i+1].Time)
		}
		area[i] = area[i+1] + c.Points[i].Survival*max(0, end-c.Points[i].Time)
	}
	first := horizon
	if len(c.Points) > 0 {
		first = min(horizon, c.Points[0].Time)
	}
	variance := 0.0
	for i, p := range c.Points {
		if p.Events > 0 && p.AtRisk > p.Events && p.Time <= horizon {
			variance += area[i] * area[i] * float64(p.Events) / (float64(p.AtRisk) * float64(p.AtRisk-p.Events))
		}
	}
	return first + area[0], math.Sqrt(variance)
}

// End is the last time at which anybody leaves.
func (c *Curve) End() float64 { return c.end }
