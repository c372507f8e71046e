package dp

import "math/big"

// Fixed-point numbers are integers that count 2^−fixedBits. Conversions use them and not floats: the
// error is bounded, and the result the same bits on every processor.
const fixedBits = 192

var (
	one = new(big.Int).Lsh(big.NewInt(1), fixedBits)

	// slack, 2^−96, is more than all errors of one ε(α): a logarithm is off by less than 2^−180,
	// and is divided by no less than 2^−24.
	slack = new(big.Int).Lsh(big.NewInt(1), fixedBits-96)
)

// log returns the natural logarithm of a positive number.
func (c *curve) log(x *big.Int) *big.Int {
	n := x.BitLen() - 1
	sum := logFraction(x, new(big.Int).Lsh(big.NewInt(1), uint(n)))
	return sum.Add(sum, new(big.Int).Mul(c.logTwo, big.NewInt(int64(n-fixedBits))))
}

// logRatio returns ln(a/b), 1 <= a/b <= 2.
func logRatio(a, b int64) *big.Int { return logFraction(big.NewInt(a), big.NewInt(b)) }

// logFraction returns ln(a/b), 1 <= a/b <= 2, as 2·artanh z = 2·(z + z³/3 + z⁵/5 + …) with
// z = (a−b)/(a+b) <= 1/3. Each of the terms, at most 61, is cut off by less than 2^−191.
func logFraction(a, b *big.Int) *big.Int {
	z := new(big.Int).Sub(a, b)
	z.Lsh(z, fixedBits).Quo(z, new(big.Int).Add(a, b))
	square := new(big.Int).Mul(z, z)
	square.Rsh(square, fixedBits)
	sum, term := new(big.Int), new(big.Int)
	for k := int64(1); z.Sign() > 0; k += 2 {
		sum.Add(sum, term.Quo(z, big.NewInt(k)))
		z.Mul(z, square).Rsh(z, fixedBits)
	}
	return sum.Lsh(sum, 1)
}
