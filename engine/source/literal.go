package source

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

// quote returns a string literal. DuckDB's plain literals know one escape, the
// doubled quote.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteIdent returns a quoted identifier.
func quoteIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// ref is the name of column i of a table inside rendered SQL. No name of a charter
// or a file is used there.
func ref(i int) string { return fmt.Sprintf("c%d", i) }

// cast returns a literal of an SQL type.
func cast(text, sqlType string) string { return "CAST(" + quote(text) + " AS " + sqlType + ")" }

// sqlType is the type that a column has inside the engine.
func sqlType(t charter.Type) string {
	switch t.Kind {
	case charter.KindInteger:
		return "BIGINT"
	case charter.KindDecimal:
		return decimalType(t.Precision, t.Scale)
	case charter.KindDouble:
		return "DOUBLE"
	case charter.KindText:
		return "VARCHAR"
	case charter.KindBoolean:
		return "BOOLEAN"
	case charter.KindDate:
		return "DATE"
	default:
		return "TIMESTAMP"
	}
}

func decimalType(precision, scale int) string {
	return fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
}

// literal renders a constant to compare with a column of type t. The type of the
// literal is the column's wherever it holds the value, so that comparisons need no
// cast of the column; a number that the type does not hold becomes the narrowest
// exact decimal.
func literal(v plan.Value, t charter.Type) (string, error) {
	if !comparable(v.Kind, t.Kind) {
		return "", fmt.Errorf("a constant of kind %d for a column of type %s", v.Kind, t)
	}
	switch t.Kind {
	case charter.KindInteger, charter.KindDecimal:
		return exact(v.Text, t)
	case charter.KindDouble:
		if _, err := decimal.Parse(v.Text); err != nil {
			return "", err
		}
	case charter.KindBoolean:
		if v.Text != "true" && v.Text != "false" {
			return "", fmt.Errorf("a boolean that is neither true nor false")
		}
	case charter.KindDate, charter.KindTimestamp:
		if _, err := charter.ParseInstant(t.Kind, v.Text); err != nil {
			return "", err
		}
	}
	return cast(v.Text, sqlType(t)), nil
}

func comparable(v plan.ValueKind, k charter.Kind) bool {
	switch k {
	case charter.KindInteger, charter.KindDecimal, charter.KindDouble:
		return v == plan.Integer || v == plan.Decimal
	case charter.KindText:
		return v == plan.Text
	case charter.KindBoolean:
		return v == plan.Boolean
	case charter.KindDate:
		return v == plan.Date
	default:
		return v == plan.Timestamp
	}
}

// exact renders a number for an integer or decimal column.
func exact(text string, t charter.Type) (string, error) {
	r, err := decimal.Parse(text)
	if err != nil {
		return "", err
	}
	if holds(t, r) {
		return cast(text, sqlType(t)), nil
	}
	scale, ok := r.FloatPrec()
	digits := len(new(big.Int).Abs(new(big.Rat).Mul(r, decimal.Pow10(scale)).Num()).String())
	if !ok || max(digits, scale) > charter.MaxPrecision {
		return "", fmt.Errorf("a number of more than %d digits", charter.MaxPrecision)
	}
	return cast(text, decimalType(max(digits, scale, 1), scale)), nil
}

func holds(t charter.Type, r *big.Rat) bool {
	scaled := new(big.Rat).Mul(r, decimal.Pow10(t.Scale))
	if !scaled.IsInt() {
		return false
	}
	if t.Kind == charter.KindInteger {
		return scaled.Num().IsInt64()
	}
	return new(big.Int).Abs(scaled.Num()).Cmp(decimal.Pow10(t.Precision).Num()) < 0
}
