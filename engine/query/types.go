package query

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/result"
)

// Types that expressions often have.
var (
	booleanType = result.Type{Kind: result.Boolean}
	bigintType  = result.Type{Kind: result.BigInt}
	hugeintType = result.Type{Kind: result.HugeInt}
	doubleType  = result.Type{Kind: result.Double}
	varcharType = result.Type{Kind: result.Varchar}
)

// maxDigits is the precision that DuckDB caps decimals at.
const maxDigits = 38

// isNullType reports whether t is the type of the constant NULL.
func isNullType(t result.Type) bool { return t == result.Type{} }

func isWhole(t result.Type) bool { return t.Kind >= result.Integer && t.Kind <= result.HugeInt }

// asDecimal returns the decimal that DuckDB casts an integer type to beside a decimal.
func asDecimal(t result.Type) result.Type {
	switch t.Kind {
	case result.Integer:
		return result.Type{Kind: result.Decimal, Precision: 10}
	case result.BigInt:
		return result.Type{Kind: result.Decimal, Precision: 19}
	case result.HugeInt:
		return result.Type{Kind: result.Decimal, Precision: maxDigits}
	default:
		return t
	}
}

// arithmeticType returns the type of l op r, as DuckDB has it, or why there is none.
func arithmeticType(op string, l, r result.Type) (t result.Type, problem string) {
	if isNullType(l) {
		l = r
	}
	if isNullType(r) {
		r = l
	}
	switch {
	case !l.Numeric() || !r.Numeric():
		return t, "arithmetic wants numbers"
	case op == "/" || l.Kind == result.Double || r.Kind == result.Double:
		return doubleType, ""
	case isWhole(l) && isWhole(r):
		return result.Type{Kind: max(l.Kind, r.Kind)}, ""
	}
	l, r = asDecimal(l), asDecimal(r)
	if op == "*" {
		scale := l.Scale + r.Scale
		if scale > maxDigits {
			return t, "the product has more than 38 digits after the point"
		}
		return result.Type{Kind: result.Decimal, Precision: min(l.Precision+r.Precision, maxDigits), Scale: scale}, ""
	}
	scale := max(l.Scale, r.Scale)
	whole := max(l.Precision-l.Scale, r.Precision-r.Scale)
	return result.Type{Kind: result.Decimal, Precision: min(whole+scale+1, maxDigits), Scale: scale}, ""
}

// commonType returns the type of CASE and COALESCE over branches of types l and r;
// ok is false if there is none.
func commonType(l, r result.Type) (t result.Type, ok bool) {
	switch {
	case l == r || isNullType(r):
		return l, true
	case isNullType(l):
		return r, true
	case l.Numeric() && r.Numeric():
	case l.Kind == result.Date && r.Kind == result.Timestamp || l.Kind == result.Timestamp && r.Kind == result.Date:
		return result.Type{Kind: result.Timestamp}, true
	default:
		return t, false
	}
	switch {
	case l.Kind == result.Double || r.Kind == result.Double:
		return doubleType, true
	case isWhole(l) && isWhole(r):
		return result.Type{Kind: max(l.Kind, r.Kind)}, true
	}
	l, r = asDecimal(l), asDecimal(r)
	scale := max(l.Scale, r.Scale)
	whole := max(l.Precision-l.Scale, r.Precision-r.Scale)
	return result.Type{Kind: result.Decimal, Precision: min(whole+scale, maxDigits), Scale: scale}, true
}

// comparable reports whether values of the two types can be compared; a text
// constant beside a date is handled before.
func comparable(l, r result.Type) bool {
	_, ok := commonType(l, r)
	return ok
}

// fits reports whether v is a value of the numeric type t.
func fits(v *big.Rat, t result.Type) bool {
	switch t.Kind {
	case result.Integer:
		return v.IsInt() && v.Num().BitLen() <= 31
	case result.BigInt:
		return v.IsInt() && v.Num().IsInt64()
	case result.HugeInt:
		return v.IsInt() && v.Num().BitLen() <= 127
	case result.Decimal:
		n, exact := scaled(v, t.Scale)
		return exact && n.CmpAbs(decimal.Pow10(t.Precision).Num()) < 0
	default:
		return t.Kind == result.Double
	}
}

// scaled returns v times 10^scale, rounded half away from zero, and whether that is
// exact.
func scaled(v *big.Rat, scale int) (n *big.Int, exact bool) {
	if v.IsInt() && scale == 0 {
		return v.Num(), true
	}
	s := new(big.Rat).Mul(v, decimal.Pow10(scale))
	if s.IsInt() {
		return s.Num(), true
	}
	return halfAway(s), false
}

// halfAway rounds to the nearest integer, ties away from zero.
func halfAway(v *big.Rat) *big.Int {
	n := new(big.Int).Abs(v.Num())
	n.Lsh(n, 1).Add(n, v.Denom())
	n.Quo(n, new(big.Int).Lsh(v.Denom(), 1))
	if v.Sign() < 0 {
		n.Neg(n)
	}
	return n
}
