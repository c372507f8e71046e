package pooled

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Doubles that differ by no more than this are equal: the embedded engine adds
// doubles one by one, tacit rounds once.
const (
	relative = 1e-9
	absolute = 1e-7 // for what is a difference of large numbers
)

// Difference returns the first difference of an answer from the wanted one, "" if
// there is none. A suppressed value equals one that is suppressed with the same k, and
// nothing else. Without an order, rows are compared as a set. within holds the error that a
// double column admits by its note, by number of the column; nil: none.
func Difference(want, got *Answer, ordered bool, within map[int]float64) string {
	if len(got.Columns) != len(want.Columns) || len(got.Rows) != len(want.Rows) {
		return fmt.Sprintf("%d rows of %d columns, want %d of %d", len(got.Rows), len(got.Columns), len(want.Rows), len(want.Columns))
	}
	for i, c := range want.Columns {
		if got.Columns[i] != c {
			return fmt.Sprintf("column %d is %s %s, want %s %s", i+1, got.Columns[i].Name, got.Columns[i].Type, c.Name, c.Type)
		}
	}
	wanted, had := want.Rows, got.Rows
	if !ordered {
		wanted, had = want.sorted(), got.sorted()
	}
	for r := range wanted {
		for i, c := range want.Columns {
			if !same(c.Type, wanted[r][i], had[r][i], within[i]) {
				return fmt.Sprintf("row %d, %s: %v, want %v", r+1, c.Name, had[r][i], wanted[r][i])
			}
		}
	}
	return ""
}

// sorted orders rows by everything that is not a double, of which the keys are part.
func (a *Answer) sorted() [][]any {
	key := func(row []any) string {
		var b strings.Builder
		for i, v := range row {
			if a.Columns[i].Type != "DOUBLE" {
				fmt.Fprintf(&b, "%s\x00", canonical(a.Columns[i].Type, v))
			}
		}
		return b.String()
	}
	rows := slices.Clone(a.Rows)
	slices.SortStableFunc(rows, func(x, y []any) int { return strings.Compare(key(x), key(y)) })
	return rows
}

// canonical is one text for each value: "2.50" and "2.5" are one decimal.
func canonical(kind string, v any) string {
	if b, ok := v.(Below); ok {
		return "\x00" + b.String() // which no text is
	}
	text := fmt.Sprint(v)
	if strings.HasPrefix(kind, "DECIMAL") {
		if r, ok := new(big.Rat).SetString(text); ok {
			return r.RatString()
		}
	}
	return text
}

// double reads a double; the embedded engine prints NaN with a sign.
func double(v any) (float64, error) {
	text := fmt.Sprint(v)
	if strings.EqualFold(text, "-nan") {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(text, 64)
}

func suppressed(v any) bool {
	_, ok := v.(Below)
	return ok
}

// same compares two values of a type: doubles within the tolerance, all else by value.
func same(kind string, want, got any, within float64) bool {
	if want == nil || got == nil || kind != "DOUBLE" || suppressed(want) || suppressed(got) {
		return canonical(kind, want) == canonical(kind, got)
	}
	x, err1 := double(want)
	y, err2 := double(got)
	if err1 != nil || err2 != nil {
		return false
	}
	if math.IsNaN(x) || math.IsNaN(y) {
		return math.IsNaN(x) && math.IsNaN(y)
	}
	return x == y || math.Abs(x-y) <= within+absolute+relative*max(math.Abs(x), math.Abs(y))
}
