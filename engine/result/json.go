package result

import (
	"encoding/json"
	"io"
	"math"
	"math/big"
)

type jsonColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Note string `json:"note,omitempty"`

	Noise *jsonNoise `json:"noise,omitempty"`
}

type jsonNoise struct {
	Epsilon   string  `json:"epsilon"`
	Delta     string  `json:"delta"`
	Unit      string  `json:"unit,omitempty"`
	Level     float64 `json:"level"`
	Sigma     float64 `json:"sigma,omitempty"`
	HalfWidth float64 `json:"half_width,omitempty"`
}

type jsonTable struct {
	Columns    []jsonColumn `json:"columns"`
	Rows       [][]any      `json:"rows"`
	Suppressed [][2]int     `json:"suppressed"`          // [row, column]
	Intervals  [][4]float64 `json:"intervals,omitempty"` // [row, column, low, high]
	Notes      []string     `json:"notes,omitempty"`
	Job        any          `json:"job,omitempty"`
}

// below is what a suppressed value is written as; no other value is an object.
type below struct {
	K int `json:"below"`
}

// WriteJSON writes the table as one JSON object, with job as its member "job" unless
// that is nil. Decimals and integers beyond 2^53 are strings, so that no reader
// rounds them; NaN and the infinities are strings too. NULL is null. A suppressed value
// is the object {"below": 10}: fewer than 10 privacy units stand behind it; the member
// "suppressed" lists where these are, from 0, row by row. Columns with noise say how they were noised,
// and the member "intervals" lists the intervals of their values.
func (t *Table) WriteJSON(w io.Writer, job any) error {
	out := jsonTable{Columns: make([]jsonColumn, len(t.Columns)), Rows: make([][]any, len(t.Rows)), Suppressed: [][2]int{}, Notes: t.Notes, Job: job}
	for i, c := range t.Columns {
		out.Columns[i] = jsonColumn{Name: c.Name, Type: c.Type.String(), Note: c.Note}
		if c.Noise != nil {
			n := jsonNoise(*c.Noise)
			out.Columns[i].Noise = &n
		}
	}
	for r, row := range t.Rows {
		line := make([]any, len(row))
		for i := range row {
			line[i] = t.JSONValue(r, i)
			if t.Suppressed[Cell{r, i}] > 0 {
				out.Suppressed = append(out.Suppressed, [2]int{r, i})
			}
		}
		out.Rows[r] = line
		for i := range row {
			if span, ok := t.Intervals[Cell{r, i}]; ok {
				out.Intervals = append(out.Intervals, [4]float64{float64(r), float64(i), span.Low, span.High})
			}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// JSONValue returns what [Table.WriteJSON] writes for a value.
func (t *Table) JSONValue(row, column int) any {
	if k := t.Suppressed[Cell{row, column}]; k > 0 {
		return below{k}
	}
	return t.Columns[column].Type.json(t.Rows[row][column])
}

const maxExact = 1 << 53 // largest integer below which a double tells all integers apart

func (t Type) json(v Value) any {
	switch v := v.(type) {
	case nil, bool, string:
		return v
	case int64:
		if v >= -maxExact && v <= maxExact {
			return v
		}
	case *big.Int:
		if t.Kind == HugeInt && v.IsInt64() {
			return Type{Kind: BigInt}.json(v.Int64())
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
	text, _ := t.Text(v)
	return text
}
