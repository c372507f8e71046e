package benchmarks

import "math"

// line makes a line and fits its exponent.
func line(label string, x, y []float64) Line {
	l := Line{Label: label, Y: y}
	if !positive(x) || !positive(y) || len(x) != len(y) {
		return l
	}
	var mx, my, xx, xy float64
	n := float64(len(x))
	for i := range x {
		mx, my = mx+math.Log(x[i])/n, my+math.Log(y[i])/n
	}
	for i := range x {
		d := math.Log(x[i]) - mx
		xx, xy = xx+d*d, xy+d*(math.Log(y[i])-my)
	}
	if xx > 0 {
		slope := xy / xx
		l.Exponent = &slope
	}
	return l
}
