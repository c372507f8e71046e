package result

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a type without its parameters.
type Kind uint8

// Kinds, and the Go type that a [Value] of the kind has.
const (
	Boolean   Kind = iota + 1 // bool
	Integer                   // int64, within 32 bits
	BigInt                    // int64
	HugeInt                   // *big.Int, within 128 bits
	Decimal                   // *big.Int, the value times 10^Scale
	Double                    // float64
	Varchar                   // string
	Date                      // time.Time, midnight UTC
	Timestamp                 // time.Time, UTC
)

var kindNames = map[Kind]string{
	Boolean: "BOOLEAN", Integer: "INTEGER", BigInt: "BIGINT", HugeInt: "HUGEINT",
	Decimal: "DECIMAL", Double: "DOUBLE", Varchar: "VARCHAR", Date: "DATE", Timestamp: "TIMESTAMP",
}

// Type is the type of a column.
type Type struct {
	Kind      Kind
	Precision int // of a Decimal, in [1, 38]
	Scale     int // of a Decimal, in [0, Precision]
}

// String returns the name of the type as DuckDB writes it.
func (t Type) String() string {
	if t.Kind == Decimal {
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	}
	return kindNames[t.Kind]
}

// Numeric reports whether values of the type are numbers.
func (t Type) Numeric() bool { return t.Kind >= Integer && t.Kind <= Double }

// Value is nil for NULL, else of the Go type that its [Kind] names.
type Value any

// Column is one column of a result.
type Column struct {
	Name string
	Type Type
	Note string // how far values may be from the exact ones, or why some are NULL; "" if there is nothing to say

	Noise *Noise // nil: values are without noise
}

// Cell is a position in a table, from 0.
type Cell struct{ Row, Column int }

// Table is a result. Rows are in the order that the query asked for.
type Table struct {
	Columns []Column
	Rows    [][]Value // each as long as Columns
	// Suppressed has the values that were withheld, which are nil in Rows, with their
	// k >= 2: fewer than k privacy units stand behind them. A nil that is not here is NULL.
	Suppressed map[Cell]int
	Notes      []string // about the whole table
	// Intervals has, of values with noise, where they are without, as far as that is known.
	Intervals map[Cell]Interval
}

// Suppress marks a value as withheld, since fewer than k privacy units stand behind it.
func (t *Table) Suppress(row, column, k int) {
	if t.Suppressed == nil {
		t.Suppressed = map[Cell]int{}
	}
	t.Suppressed[Cell{row, column}] = k
}

// Head returns a view of the first n rows of a longer table, with a note of how many more there are.
func (t *Table) Head(n int) *Table {
	if len(t.Rows) <= n {
		return t
	}
	head := *t
	head.Rows = t.Rows[:n:n]
	head.Notes = append(slices.Clone(t.Notes), fmt.Sprintf("%d more rows are not shown; --format csv writes all", len(t.Rows)-n))
	return &head
}

// Text returns the text of a value of a type; ok is false for NULL.
func (t Type) Text(v Value) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case *big.Int:
		return unscaled(v, t.Scale), true
	case float64:
		return double(v), true
	case string:
		return v, true
	case time.Time:
		if t.Kind == Date {
			return v.UTC().Format("2006-01-02"), true
		}
		return v.UTC().Format("2006-01-02 15:04:05.999999"), true
	default:
		return fmt.Sprintf("%T", v), true
	}
}

// unscaled writes v / 10^scale with exactly scale digits after the point.
func unscaled(v *big.Int, scale int) string {
	if scale == 0 {
		return v.String()
	}
	digits := new(big.Int).Abs(v).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	text := digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	if v.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// double writes the shortest text that reads back as the same number.
func double(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if a := math.Abs(v); v != 0 && (a < 1e-5 || a >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
