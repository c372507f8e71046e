package source

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
)

// TestRounding: a double becomes the multiple of the resolution that the package
// comment promises: nearest, half away from zero, with an error of at most
// resolution/2 + |x| * 2^-51; and the same number as Go computes.
func TestRounding(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	e := open(t)
	for _, resolution := range []string{"1", "0.1", "0.01", "0.000001", "0.5", "0.25", "10", "1000", "0.15", "2.5", "0.003", "7"} {
		c := charter.Column{Name: "x", Type: "double", Role: charter.Measure, Range: []string{"-1000000000", "1000000000"}, Resolution: resolution}
		res := c.ResolutionRat()
		r, _ := res.Float64()
		xs := []float64{0, math.Copysign(0, -1), r / 2, -r / 2, 1.5 * r, 2.5 * r, -2.5 * r, 1e9, -1e9, 0.49999999999999994 * r, 5e-324}
		for range 300 {
			k := float64(rng.IntN(1<<30) - 1<<29)
			xs = append(xs, k*r, (k+0.5)*r, math.Nextafter((k+0.5)*r, 1e300), math.Nextafter((k+0.5)*r, -1e300), (rng.Float64()-0.5)*1e9)
		}
		literals := make([]string, len(xs))
		for i, x := range xs {
			literals[i] = fmt.Sprintf("(%d, '%s'::DOUBLE)", i, fmt.Sprintf("%.17g", x))
		}
		sql := fmt.Sprintf("SELECT CAST(%s AS BIGINT) FROM (VALUES %s) v(i, x) ORDER BY i", rounded(&c, "x"), strings.Join(literals, ","))
		reader, err := e.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for reader.Next() {
			for _, n := range reader.Record().Column(0).(*array.Int64).Int64Values() {
				checkRounding(t, xs[i], res, n)
				i++
			}
		}
		reader.Release()
		if i != len(xs) {
			t.Fatalf("%d of %d", i, len(xs))
		}
	}
}

func checkRounding(t *testing.T, x float64, res *big.Rat, n int64) {
	t.Helper()
	a, _ := new(big.Rat).SetInt(res.Num()).Float64()
	b, _ := new(big.Rat).SetInt(res.Denom()).Float64()
	if want := int64(math.Round(x * b / a)); n != want {
		t.Errorf("%g by %s: %d, Go computes %d", x, res, n, want)
	}
	exact := new(big.Rat).SetFloat64(x)
	off := new(big.Rat).Sub(new(big.Rat).Mul(big.NewRat(n, 1), res), exact)
	limit := new(big.Rat).Quo(res, big.NewRat(2, 1))
	limit.Add(limit, new(big.Rat).Mul(exact.Abs(exact), big.NewRat(1, 1<<51)))
	if off.Abs(off).Cmp(limit) > 0 {
		t.Errorf("%g by %s: %d is off by %s", x, res, n, off.FloatString(20))
	}
}

// TestProducts: products at the ends of the declared ranges are exact in every mix of
// types.
func TestProducts(t *testing.T) {
	columns := []charter.Column{
		col("i", "integer", charter.Measure, "-9223372036854775808", "9223372036854775807"),
		col("s", "integer", charter.Measure, "-3", "3"),
		col("b", "boolean", charter.Measure),
		col("d2", "decimal(15,2)", charter.Measure, "-9999999999999.99", "9999999999999.99"),
		col("d1", "decimal(4,1)", charter.Measure, "-0.1", "0.1"),
		col("d18", "decimal(18,0)", charter.Measure, "0", "999999999999999999"),
		col("w", "decimal(19,18)", charter.Measure, "-1", "9.999999999999999999"),
		col("z", "decimal(38,38)", charter.Measure, "-0.5", "0.0000000000000000000000000000000000001"),
		col("x", "double", charter.Measure, "-90071992547409.92", "90071992547409.92", "0.01"),
	}
	ends := func(c *charter.Column) []*big.Rat {
		lo, hi, _ := c.RangeRat()
		return []*big.Rat{lo, hi}
	}
	e := open(t)
	for i := range columns {
		for j := range columns[i:] {
			a, b := &columns[i], &columns[i+j]
			fa, err1 := factorOf(a, "p")
			fb, err2 := factorOf(b, "q")
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if new(big.Int).Mul(fa.max, fb.max).CmpAbs(pow10(38)) >= 0 || a.Scale()+b.Scale() > 38 {
				continue // refused by the plan's proof, or wider than any engine's decimal
			}
			for _, x := range ends(a) {
				for _, y := range ends(b) {
					checkProduct(t, e, a, b, x, y, product(fa, fb))
				}
			}
		}
	}
}

func checkProduct(t *testing.T, e *Engine, a, b *charter.Column, x, y *big.Rat, expr string) {
	t.Helper()
	text := func(c *charter.Column, r *big.Rat) string {
		s, _ := decimal.Format(r)
		if c.Kind() == charter.KindBoolean {
			s = map[string]string{"0": "false", "1": "true"}[s]
		}
		return cast(s, sqlType(c.Parsed()))
	}
	sql := fmt.Sprintf("SELECT sum(%s) FROM (SELECT %s AS p, %s AS q)", expr, text(a, x), text(b, y))
	r, err := e.Query(t.Context(), sql)
	if err != nil {
		t.Errorf("%s * %s: %v\n%s", a.Name, b.Name, err, sql)
		return
	}
	defer r.Release()
	if !r.Next() {
		t.Errorf("%s * %s: %v\n%s", a.Name, b.Name, r.Err(), sql)
		return
	}
	got := r.Record().Column(0).(*array.Decimal128).Value(0).BigInt()
	want := new(big.Rat).Quo(x, a.ResolutionRat())
	want.Mul(want, y).Quo(want, b.ResolutionRat())
	if !want.IsInt() || want.Num().Cmp(got) != 0 {
		t.Errorf("%s * %s: got %s, wants %s\n%s", a.Name, b.Name, got, want, sql)
	}
}
