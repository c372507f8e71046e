package share

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/edwards25519"
)

// ErrShares says that a set of shares, or of ids, cannot be used.
var ErrShares = errors.New("share: unusable set of shares")

// Share is the value of the polynomial at ID, in 1…n.
type Share struct {
	ID    uint16
	Value Scalar
}

// Split shares secret among n holders such that any t of them recover it. It
// reads 64·(t−1) bytes of rand. Share i has id i+1.
func Split(secret Scalar, t, n int, rand io.Reader) ([]Share, error) {
	if t < 1 || n < t || n > 0xFFFF {
		return nil, fmt.Errorf("%w: threshold %d of %d", ErrShares, t, n)
	}
	polynomial := make([]*edwards25519.Scalar, t)
	var err error
	if polynomial[0], err = secret.element(); err != nil {
		return nil, err
	}
	for i := 1; i < t; i++ {
		if polynomial[i], err = random(rand); err != nil {
			return nil, err
		}
	}
	shares := make([]Share, n)
	for i := range shares {
		id := uint16(i + 1)
		shares[i] = Share{id, Scalar(evaluate(polynomial, fromID(id)).Bytes())}
	}
	return shares, nil
}

// evaluate is Horner's rule.
func evaluate(polynomial []*edwards25519.Scalar, x *edwards25519.Scalar) *edwards25519.Scalar {
	y := edwards25519.NewScalar()
	for i := len(polynomial) - 1; i >= 0; i-- {
		y.MultiplyAdd(y, x, polynomial[i])
	}
	return y
}

// Recover returns the secret of exactly t shares with distinct ids. For many
// secrets with the same holders use [NewBasis].
func Recover(t int, shares []Share) (Scalar, error) {
	if len(shares) != t {
		return Scalar{}, fmt.Errorf("%w: %d shares, wants %d", ErrShares, len(shares), t)
	}
	ids := make([]uint16, len(shares))
	values := make([]Scalar, len(shares))
	for i, s := range shares {
		ids[i], values[i] = s.ID, s.Value
	}
	basis, err := NewBasis(ids)
	if err != nil {
		return Scalar{}, err
	}
	return basis.Recover(values)
}

// Basis holds the Lagrange coefficients at 0 of a set of holders. It is
// immutable; many goroutines may use it.
type Basis struct{ coefficients []*edwards25519.Scalar }

// NewBasis computes λ_i = Π_{j≠i} x_j / (x_j − x_i) for distinct ids, none 0.
func NewBasis(ids []uint16) (*Basis, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: none", ErrShares)
	}
	seen := make(map[uint16]bool, len(ids))
	xs := make([]*edwards25519.Scalar, len(ids))
	for i, id := range ids {
		if id == 0 || seen[id] {
			return nil, fmt.Errorf("%w: id %d is 0 or twice", ErrShares, id)
		}
		seen[id] = true
		xs[i] = fromID(id)
	}
	basis := &Basis{make([]*edwards25519.Scalar, len(ids))}
	for i := range xs {
		basis.coefficients[i] = lagrange(xs, i)
	}
	return basis, nil
}

func lagrange(xs []*edwards25519.Scalar, i int) *edwards25519.Scalar {
	numerator, denominator := fromID(1), fromID(1)
	difference := edwards25519.NewScalar()
	for j, x := range xs {
		if j == i {
			continue
		}
		numerator.Multiply(numerator, x)
		denominator.Multiply(denominator, difference.Subtract(x, xs[i]))
	}
	return numerator.Multiply(numerator, denominator.Invert(denominator))
}

// Recover returns the secret whose shares are values, in the order of the ids.
func (b *Basis) Recover(values []Scalar) (Scalar, error) {
	if len(values) != len(b.coefficients) {
		return Scalar{}, fmt.Errorf("%w: %d shares, wants %d", ErrShares, len(values), len(b.coefficients))
	}
	sum := edwards25519.NewScalar()
	for i, v := range values {
		y, err := v.element()
		if err != nil {
			return Scalar{}, err
		}
		sum.MultiplyAdd(b.coefficients[i], y, sum)
	}
	return Scalar(sum.Bytes()), nil
}
