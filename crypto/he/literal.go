package he

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/ring"
)

// Literal names the numbers of a parameter set. A literal may be wrong; a [Params]
// cannot be.
type Literal struct {
	Name string // up to 8 bytes
	LogN int    // N = 2^LogN coefficients and slots, 12 … 15

	Q     []uint64 // primes of a ciphertext; rescaling consumes them from the last on
	Kept  int      // how many of Q are left for decryption, at least 1
	P     []uint64 // primes of the relinearisation key beside Q
	T     uint64   // prime modulus of slots, 1 mod 2N
	Flood int      // b: decryption shares are flooded uniformly in [−2^b, 2^b)
	Round int      // w: decryption shares are rounded to w bits
}

// Sigma and the bound of the errors, and the distribution of secrets, are the ones that
// the table of limits is about: discrete Gaussian, uniform ternary.
const (
	sigma      = 3.2
	errorBound = 19 // 6 sigma
)

// limits is the largest log2(QP) by LogN for 128 bits against classical attacks, with
// uniform ternary secrets and sigma 3.2: Bossuat et al., Security Guidelines for
// Implementing Homomorphic Encryption, eprint 2024/463, table 5.2.
var limits = map[int]float64{12: 106, 13: 214, 14: 430, 15: 868}

// sets are the parameter sets. Their names say the largest k (2^depth − 1) that they
// are meant for: F is of degree 2^13, G and H of 2^14; H has slots of 40 bits.
var sets = []Literal{
	{
		Name: "F7", LogN: 13, Kept: 2,
		Q: []uint64{0x1ffffff0001, 0xfffffdc001, 0x3ffffac001, 0x3ffff54001, 0xfff88001},
		P: []uint64{0x1ffc001},
		T: 0x7e4001, Flood: 51, Round: 34,
	},
	{
		Name: "G7", LogN: 14, Kept: 2,
		Q: []uint64{0x1ffffffff38001, 0x1fffffffe30001, 0x7ffffffc8001, 0x7ffffff00001, 0xffffe80001},
		P: []uint64{0xfffffdf8001, 0x7fffffd8001, 0x7fffffc8001},
		T: 0x3ffe8001, Flood: 68, Round: 40,
	},
	{
		Name: "G15", LogN: 14, Kept: 2,
		Q: []uint64{0x1ffffffff38001, 0x1fffffffe30001, 0x7ffffffc8001, 0x7ffffff00001, 0x7fffffe70001, 0xffffe80001},
		P: []uint64{0xfffffdf8001, 0x7fffffd8001, 0x7fffffc8001},
		T: 0x3ffe8001, Flood: 68, Round: 40,
	},
	{
		Name: "G31", LogN: 14, Kept: 2,
		Q: []uint64{0x1ffffffff38001, 0x1fffffffe30001, 0x7ffffffc8001, 0x7ffffff00001, 0x7fffffe70001, 0x7fffffe48001, 0xffffe80001},
		P: []uint64{0xfffffdf8001, 0xfffffd78001},
		T: 0x3ffe8001, Flood: 68, Round: 40,
	},
	{
		Name: "H15", LogN: 14, Kept: 2,
		Q: []uint64{0x1fffffffffc0001, 0x1fffffffff50001, 0x1ffffffffb88001, 0x1ffffffffb30001, 0x1ffffffffb28001, 0x3ffffffdf0001},
		P: []uint64{0x1ffffff18001, 0x1fffffee8001},
		T: 0xffffe80001, Flood: 67, Round: 50,
	},
	{
		Name: "H31", LogN: 14, Kept: 2,
		Q: []uint64{
			0x1fffffffffc0001, 0x1fffffffff50001, 0x1ffffffffb88001, 0x1ffffffffb30001, 0x1ffffffffb28001,
			0x1ffffffffa70001, 0x3ffffffdf0001,
		},
		P: []uint64{0x3ffff48001},
		T: 0xffffe80001, Flood: 67, Round: 50,
	},
}

// Errors of parameters.
var (
	ErrUnknownSet = errors.New("he: no parameter set of this name")
	ErrParameters = errors.New("he: parameters refused")
)

// refuse makes an error of [ErrParameters].
func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrParameters, fmt.Sprintf(format, args...))
}

// check reports the first rule that the literal breaks.
func (l *Literal) check() error {
	if l.Name == "" || len(l.Name) > 8 {
		return refuse("name of %d bytes", len(l.Name))
	}
	limit, ok := limits[l.LogN]
	if !ok {
		return refuse("no security limit is known for degree 2^%d", l.LogN)
	}
	if l.Kept < 1 || l.Kept >= len(l.Q) || len(l.Q) > 16 || len(l.P) < 1 || len(l.P) > 8 {
		return refuse("%d primes, %d of them kept, and %d special ones", len(l.Q), l.Kept, len(l.P))
	}
	if err := l.primes(); err != nil {
		return err
	}
	if size := logProduct(l.Q) + logProduct(l.P); size > limit {
		return refuse("log2(QP) is %.1f, for 128 bits at degree 2^%d it is at most %.0f", size, l.LogN, limit)
	}
	if l.Flood < 1 || l.Flood > 120 || l.Round < bits.Len64(l.T)+2 || l.Round > 54 {
		return refuse("flooding of %d bits, rounding to %d", l.Flood, l.Round)
	}
	return nil
}

// primes: distinct primes that are 1 mod 2N, below 2^61 as the library's lazy
// reductions need; those of Q above T, so that encodings can be lifted to them.
func (l *Literal) primes() error {
	all := slices.Concat([]uint64{l.T}, l.Q, l.P)
	for i, p := range all {
		switch {
		case p < 1<<16 || p >= 1<<61:
			return refuse("modulus %d is outside [2^16, 2^61)", p)
		case p%(2<<l.LogN) != 1:
			return refuse("modulus %d is not 1 mod 2N", p)
		case !new(big.Int).SetUint64(p).ProbablyPrime(20):
			return refuse("modulus %d is no prime", p)
		case slices.Contains(all[:i], p):
			return refuse("modulus %d occurs twice", p)
		case i > 0 && i <= len(l.Q) && p < l.T:
			return refuse("modulus %d is below that of the slots", p)
		}
	}
	return nil
}

// logProduct returns log2 of the product.
func logProduct(primes []uint64) (sum float64) {
	for _, p := range primes {
		sum += math.Log2(float64(p))
	}
	return sum
}

// lattigo returns the literal as the library reads it.
func (l *Literal) lattigo() heint.ParametersLiteral {
	return heint.ParametersLiteral{
		LogN: l.LogN, Q: l.Q, P: l.P, PlaintextModulus: l.T,
		Xs: ring.Ternary{P: 2.0 / 3},
		Xe: ring.DiscreteGaussian{Sigma: sigma, Bound: errorBound},
	}
}
