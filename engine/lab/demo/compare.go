package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/result"
)

// tolerance is the relative difference of doubles that counts as equal: the pooled
// engine adds doubles one by one, tacit rounds once.
const tolerance = 1e-9

// answer is a result as JSON.
type answer struct {
	Columns []struct{ Name, Type string }
	Rows    [][]any
}

// compare returns the first difference of a result from the expected JSON, "" if
// there is none.
func compare(expected []byte, table *result.Table) (string, error) {
	want, err := decode(expected)
	if err != nil {
		return "", fmt.Errorf("expected answer: %w", err)
	}
	var b bytes.Buffer
	if err := table.WriteJSON(&b, nil); err != nil {
		return "", err
	}
	got, err := decode(b.Bytes())
	if err != nil {
		return "", err
	}
	return difference(want, got), nil
}

func decode(text []byte) (*answer, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var a answer
	return &a, d.Decode(&a)
}

func difference(want, got *answer) string {
	if len(got.Columns) != len(want.Columns) || len(got.Rows) != len(want.Rows) {
		return fmt.Sprintf("%d rows of %d columns, want %d of %d", len(got.Rows), len(got.Columns), len(want.Rows), len(want.Columns))
	}
	for i, c := range want.Columns {
		if got.Columns[i] != c {
			return fmt.Sprintf("column %d is %s %s, want %s %s", i+1, got.Columns[i].Name, got.Columns[i].Type, c.Name, c.Type)
		}
	}
	for r := range want.Rows {
		for i, c := range want.Columns {
			if !same(c.Type, want.Rows[r][i], got.Rows[r][i]) {
				return fmt.Sprintf("row %d, %s: %v, want %v", r+1, c.Name, got.Rows[r][i], want.Rows[r][i])
			}
		}
	}
	return ""
}

// same compares two values of a type: doubles within the tolerance, other numbers by
// value, all else as text.
func same(kind string, want, got any) bool {
	if want == nil || got == nil {
		return want == got
	}
	a, b := fmt.Sprint(want), fmt.Sprint(got)
	switch {
	case kind == "DOUBLE":
		var x, y float64
		_, err1 := fmt.Sscan(a, &x)
		_, err2 := fmt.Sscan(b, &y)
		return err1 == nil && err2 == nil && (x == y || math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y)))
	case strings.HasPrefix(kind, "DECIMAL"):
		x, ok1 := new(big.Rat).SetString(a)
		y, ok2 := new(big.Rat).SetString(b)
		return ok1 && ok2 && x.Cmp(y) == 0
	}
	return a == b
}
