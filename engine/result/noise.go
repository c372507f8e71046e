package result

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
