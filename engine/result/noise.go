package result

import (
	"math"
	"slices"
	"strconv"
)

// Noise says how a column's values were noised.
type Noise struct {
	Epsilon string // of the whole question, for each privacy unit at each owner
	Delta   string
	Unit    string  // column of the privacy unit; "": every row is one
	Level   float64 // confidence of the column's intervals
	// Sigma is the standard deviation of the noise and HalfWidth that of the intervals, of a count or
	// sum, in the column's unit; 0 for others, whose intervals differ from value to value.
	Sigma, HalfWidth float64
}

// Interval holds a value before noise, both ends included.
type Interval struct{ Low, High float64 }

// Span notes the interval of a value.
func (t *Table) Span(row, column int, low, high float64) {
	if t.Intervals == nil {
		t.Intervals = map[Cell]Interval{}
	}
	t.Intervals[Cell{row, column}] = Interval{low, high}
}

// spanned returns the positions of the columns with intervals, in order.
func (t *Table) spanned() []int {
	var out []int
	for c := range t.Intervals {
		if !slices.Contains(out, c.Column) {
			out = append(out, c.Column)
		}
	}
	slices.Sort(out)
	return out
}

// Names of the columns that hold the ends of intervals, after the name of the column.
const (
	lowSuffix  = " (low)"
	highSuffix = " (high)"
)

// marked writes a value with its interval for people: "312 ± 14" where all of a column are as wide,
// else "56.3 [51.1, 61.6]", outwards to four digits. A double is written as finely as the interval deserves.
func (t *Table) marked(at Cell, v Value, text string) string {
	span, ok := t.Intervals[at]
	if !ok {
		return text
	}
	if f, isDouble := v.(float64); isDouble {
		text = fitting(f, (span.High-span.Low)/2)
	}
	if n := t.Columns[at.Column].Noise; n != nil && n.HalfWidth > 0 {
		return text + " ± " + brief(n.HalfWidth, math.Ceil)
	}
	return text + " [" + brief(span.Low, math.Floor) + ", " + brief(span.High, math.Ceil) + "]"
}

// fitting writes a double with two digits of its uncertainty.
func fitting(v, half float64) string {
	if !(half > 0) || math.IsInf(half, 0) {
		return double(v)
	}
	digits := 1 - int(math.Floor(math.Log10(half)))
	if digits > 15 || math.Abs(v) >= 1e15 {
		return double(v)
	}
	return strconv.FormatFloat(v, 'f', max(digits, 0), 64)
}

// brief writes a number with four significant digits, rounded by round.
func brief(v float64, round func(float64) float64) string {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return double(v)
	}
	digits := 3 - int(math.Floor(math.Log10(math.Abs(v))))
	if digits <= 0 {
		power := math.Pow(10, float64(-digits))
		return double(round(v/power) * power)
	}
	if digits > 15 {
		return double(v)
	}
	power := math.Pow(10, float64(digits))
	if x := v * power; math.Abs(x-math.Round(x)) < 1e-9*math.Abs(x) {
		return double(math.Round(x) / power) // it has no more digits: 0.1 is no more than 0.1
	}
	return double(round(v*power) / power)
}
