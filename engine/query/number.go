package query

import (
	"math"
	"math/big"
)

// Released values are nil for NULL, *big.Rat for numbers that are known exactly
// whatever their type, float64 for the others, bool, string or time.Time. A
// *big.Rat is never changed once it is a value.

var nan any = math.NaN()

func rat(n *big.Int) *big.Rat { return new(big.Rat).SetInt(n) }

// scale returns n units.
func scale(n *big.Int, unit *big.Rat) *big.Rat {
	r := rat(n)
	return r.Mul(r, unit)
}

// toFloat rounds a number to the nearest double.
func toFloat(v any) float64 {
	if r, ok := v.(*big.Rat); ok {
		f, _ := r.Float64()
		return f
	}
	f, _ := v.(float64)
	return f
}

// exact returns a double as a number; ok is false for NaN and the infinities.
func exact(f float64) (*big.Rat, bool) {
	r := new(big.Rat).SetFloat64(f)
	return r, r != nil
}

// squareRoot returns the double nearest to the root of v >= 0.
func squareRoot(v *big.Rat) float64 {
	if v.Sign() <= 0 {
		return 0
	}
	f := new(big.Float).SetPrec(160).SetRat(v)
	root, _ := f.Sqrt(f).Float64()
	return root
}

// bothExact returns both numbers if both are known exactly.
func bothExact(l, r any) (a, b *big.Rat, ok bool) {
	a, okA := l.(*big.Rat)
	b, okB := r.(*big.Rat)
	return a, b, okA && okB
}

// compute returns l op r for two numbers. Division by zero gives an infinity or NaN, as
// for doubles.
func compute(op string, l, r any) any {
	a, b, ok := bothExact(l, r)
	if !ok || op == "/" && b.Sign() == 0 {
		return computeFloat(op, toFloat(l), toFloat(r))
	}
	v := new(big.Rat)
	switch op {
	case "+":
		v.Add(a, b)
	case "-":
		v.Sub(a, b)
	case "*":
		v.Mul(a, b)
	default:
		v.Quo(a, b)
	}
	if v.Num().BitLen()+v.Denom().BitLen() > maxBits {
		return toFloat(v)
	}
	return v
}

// maxBits bounds exact numbers: repeated squaring would double them each time. A
// number that is longer is rounded to a double early.
const maxBits = 1 << 14

func computeFloat(op string, a, b float64) any {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	default:
		return a / b
	}
}

// compareNumbers orders numbers; NaN is equal to itself and above all others, as in
// DuckDB.
func compareNumbers(l, r any) int {
	if a, b, ok := bothExact(l, r); ok {
		return a.Cmp(b)
	}
	x, y := toFloat(l), toFloat(r)
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return boolOrder(math.IsNaN(x), math.IsNaN(y))
	case x < y:
		return -1
	case x > y:
		return 1
	default:
		return 0
	}
}

func boolOrder(l, r bool) int {
	switch {
	case l == r:
		return 0
	case r:
		return -1
	default:
		return 1
	}
}
