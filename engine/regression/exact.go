package regression

import (
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of models.
var (
	Collinear = fault.Declare("TACIT-T050", "columns of a model depend on each other",
		"A term of the model is constant, or follows from terms before it, so that its coefficient is not determined.",
		"Leave the named term out, or merge levels of its factor.")
	TooFewRows = fault.Declare("TACIT-T051", "too few rows for a model",
		"There are no more complete rows than coefficients.",
		"Ask for a smaller model, or about more rows.")
	PerfectFit = fault.Declare("TACIT-T052", "perfect fit",
		"The model explains the outcome without any error, so that nothing can be said of its uncertainty.",
		"Look whether the outcome is among the terms in another form.")
	ConstantOutcome = fault.Declare("TACIT-T053", "outcome does not vary",
		"Every row has the same outcome.",
		"Ask about rows with different outcomes.")
)

// solution is A⁻¹b and the diagonal of A⁻¹, exactly.
type solution struct {
	x       []*big.Rat
	inverse [][]*big.Rat
}

// solve solves Ax = b for a symmetric positive semidefinite matrix of exact numbers by fraction-free
// elimination (E. H. Bareiss, Mathematics of Computation 22 (1968) 565–578). A pivot of 0 is a column that
// depends on those before it; names has their names for people.
func solve(a [][]*big.Rat, b []*big.Rat, names []string) (*solution, *fault.Fault) {
	n := len(a)
	m, scale := integers(a, b)
	previous := big.NewInt(1)
	for k := range n {
		if m[k][k].Sign() == 0 {
			return nil, Collinear.New("%s is constant, or follows from %s", names[k], before(names[:k]))
		}
		for i := range n {
			if i != k {
				eliminate(m[i], m[k], k, previous)
			}
		}
		previous = m[k][k]
	}
	// After the last step every row i is previous·e_i | …: the diagonal is the determinant.
	s := &solution{x: make([]*big.Rat, n), inverse: make([][]*big.Rat, n)}
	for i := range n {
		d := m[i][i]
		s.x[i] = new(big.Rat).SetFrac(m[i][n], d)
		s.inverse[i] = make([]*big.Rat, n)
		for j := range n {
			s.inverse[i][j] = new(big.Rat).SetFrac(m[i][n+1+j], d)
			s.inverse[i][j].Mul(s.inverse[i][j], scale)
		}
	}
	return s, nil
}

// eliminate makes column k of a row 0 by the pivot row; the division is exact.
func eliminate(row, pivot []*big.Int, k int, previous *big.Int) {
	by := new(big.Int).Set(row[k])
	for j := range row {
		x := new(big.Int).Mul(row[j], pivot[k])
		x.Sub(x, new(big.Int).Mul(by, pivot[j]))
		row[j] = x.Quo(x, previous)
	}
}

// integers is A | b | I with A and b times a common denominator, which is returned.
func integers(a [][]*big.Rat, b []*big.Rat) (m [][]*big.Int, scale *big.Rat) {
	d := big.NewInt(1)
	for i := range a {
		for _, x := range append([]*big.Rat{b[i]}, a[i]...) {
			g := new(big.Int).GCD(nil, nil, d, x.Denom())
			d.Mul(d, new(big.Int).Quo(x.Denom(), g))
		}
	}
	whole := func(x *big.Rat) *big.Int {
		return new(big.Int).Mul(x.Num(), new(big.Int).Quo(d, x.Denom()))
	}
	for i := range a {
		var row []*big.Int
		for _, x := range a[i] {
			row = append(row, whole(x))
		}
		row = append(row, whole(b[i]))
		for j := range a {
			e := new(big.Int)
			if i == j {
				e.SetInt64(1)
			}
			row = append(row, e)
		}
		m = append(m, row)
	}
	return m, new(big.Rat).SetInt(d)
}

func before(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func float(r *big.Rat) float64 {
	x, _ := r.Float64()
	return x
}
