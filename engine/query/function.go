package query

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
)

func negate(v any) any {
	switch v := v.(type) {
	case *big.Rat:
		return new(big.Rat).Neg(v)
	case float64:
		return -v
	default:
		return nil
	}
}

func absolute(v any) any {
	switch v := v.(type) {
	case *big.Rat:
		return new(big.Rat).Abs(v)
	case float64:
		return math.Abs(v)
	default:
		return nil
	}
}

// compareValues orders two values of comparable types, neither NULL.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case bool:
		return boolOrder(a, b.(bool))
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		return compareNumbers(a, b)
	}
}

// analytic compiles SQRT, LN and EXP. Where DuckDB raises an error the value is NULL.
func analytic(name string, arg *node) *node {
	var span func(*cell) *interval
	if name == "sqrt" && arg.span != nil {
		span = rootSpan(arg.span)
	}
	return &node{typ: doubleType, note: combined(arg), span: span, eval: func(x *cell) any {
		v := arg.eval(x)
		if v == nil {
			return nil
		}
		if r, ok := v.(*big.Rat); ok && name == "sqrt" && r.Sign() >= 0 {
			return squareRoot(r)
		}
		f := toFloat(v)
		switch {
		case name == "exp":
			return math.Exp(f)
		case name == "sqrt" && f < 0:
			x.problem = "square root of a negative number"
			return nil
		case name == "sqrt":
			return math.Sqrt(f)
		case f <= 0:
			x.problem = "logarithm of a number that is not positive"
			return nil
		default:
			return math.Log(f)
		}
	}}
}

// round compiles ROUND(x) and ROUND(x, constant): half away from zero. Integers and
// decimals are rounded exactly; doubles as DuckDB rounds them.
func (c *compiler) round(e *call, args []*node) (*node, *fault.Fault) {
	arg, digits := args[0], 0
	if !arg.typ.Numeric() {
		return nil, c.fault(Mismatch, e, "round wants a number, has %s", arg.typ)
	}
	if len(args) == 2 {
		l, ok := e.args[1].(*literal)
		if !ok || l.num == nil || l.typ.Kind != result.Integer || l.num.Num().CmpAbs(big.NewInt(maxDigits)) > 0 {
			return nil, c.fault(Mismatch, e.args[1], "round wants a constant number of digits from -38 to 38")
		}
		digits = int(l.num.Num().Int64())
	}
	if arg.typ.Kind == result.Double {
		rounds := func(v any) any { return roundDouble(v, digits) }
		return &node{typ: doubleType, note: combined(arg), span: monotone(arg, rounds), eval: func(x *cell) any { return rounds(arg.eval(x)) }}, nil
	}
	typ := arg.typ
	if typ.Kind == result.Decimal {
		typ.Scale = max(0, min(typ.Scale, digits))
	}
	rounds := func(v any) any { return roundExact(v, digits) }
	return c.checked(&node{typ: typ, note: combined(arg), span: monotone(arg, rounds), eval: func(x *cell) any { return rounds(arg.eval(x)) }}), nil
}

func roundExact(v any, digits int) any {
	r, ok := v.(*big.Rat)
	if !ok {
		return nil
	}
	n, _ := scaled(r, digits)
	return new(big.Rat).Mul(rat(n), decimal.Pow10(-digits))
}

// roundDouble is RoundOperatorPrecision of DuckDB: scale by a power of ten, round,
// scale back; a result that is not finite gives the number itself, or 0 for negative digits.
func roundDouble(v any, digits int) any {
	if v == nil {
		return nil
	}
	f := toFloat(v)
	power := math.Pow(10, math.Abs(float64(digits)))
	var out float64
	if digits < 0 {
		out = math.Round(f/power) * power
		if math.IsNaN(out) || math.IsInf(out, 0) {
			return 0.0
		}
		return out
	}
	out = math.Round(f*power) / power
	if math.IsNaN(out) || math.IsInf(out, 0) {
		return f
	}
	return out
}

// convert compiles CAST of a released value.
func (c *compiler) convert(e *cast) (*node, *fault.Fault) {
	arg, f := c.scalar(e.arg)
	if f != nil {
		return nil, f
	}
	eval := conversion(arg, e.typ)
	if eval == nil {
		return nil, c.fault(Mismatch, e, "%s cannot be cast to %s here", arg.typ, e.typ)
	}
	n := &node{typ: e.typ, note: arg.note, eval: eval}
	if e.typ.Numeric() {
		n.span = castSpan(arg, e.typ)
		return c.checked(n), nil
	}
	return n, nil
}

// castSpan is where a number is after a cast to a number.
func castSpan(arg *node, t result.Type) func(*cell) *interval {
	from := arg.typ
	switch {
	case from == t || t.Kind == result.Double && from.Numeric():
		return arg.span
	case from.Numeric():
		return monotone(arg, func(v any) any { return toScale(&cell{}, v, from, t) })
	default:
		return nil
	}
}

// conversion returns nil if there is none. A double rounds to an integer half to even,
// a decimal half away from zero, as in DuckDB.
func conversion(arg *node, t result.Type) func(*cell) any {
	from := arg.typ
	switch {
	case from == t || isNullType(from):
		return arg.eval
	case t.Kind == result.Double && from.Numeric():
		return arg.eval
	case from.Numeric() && (isWhole(t) || t.Kind == result.Decimal):
		return func(x *cell) any { return toScale(x, arg.eval(x), from, t) }
	case from == booleanType && isWhole(t):
		return func(x *cell) any { return boolNumber(arg.eval(x)) }
	case t == varcharType && from.Kind != result.Double:
		return func(x *cell) any { return textOf(arg.eval(x), from) }
	case t.Kind == result.Date && from.Kind == result.Timestamp:
		return func(x *cell) any {
			if at, ok := arg.eval(x).(time.Time); ok {
				return at.Truncate(24 * time.Hour)
			}
			return nil
		}
	case t.Kind == result.Timestamp && from.Kind == result.Date:
		return arg.eval
	default:
		return nil
	}
}

func boolNumber(v any) any {
	b, ok := v.(bool)
	switch {
	case !ok:
		return nil
	case b:
		return big.NewRat(1, 1)
	default:
		return new(big.Rat)
	}
}

// toScale rounds a number to the digits of an integer or decimal type.
func toScale(x *cell, v any, from, t result.Type) any {
	if v == nil {
		return nil
	}
	if from.Kind == result.Double && isWhole(t) {
		v = math.RoundToEven(toFloat(v))
	}
	r, ok := v.(*big.Rat)
	if f, isFloat := v.(float64); isFloat {
		r, ok = exact(f)
	}
	if !ok {
		x.problem = "not a finite number"
		return nil
	}
	scale := 0
	if t.Kind == result.Decimal {
		scale = t.Scale
	}
	n, _ := scaled(r, scale)
	return new(big.Rat).Mul(rat(n), decimal.Pow10(-scale))
}

func textOf(v any, from result.Type) any {
	switch v := v.(type) {
	case *big.Rat:
		return v.FloatString(from.Scale)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		text, _ := from.Text(v)
		return text
	default:
		return v
	}
}
