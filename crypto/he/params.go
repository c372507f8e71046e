package he

import (
	"math/big"
	"math/bits"
	"slices"
	"sync"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/ring"
	"github.com/tuneinsight/lattigo/v5/ring/ringqp"
)

// Params is a checked parameter set. It is immutable and may be used by many
// goroutines.
type Params struct {
	lit   Literal
	inner heint.Parameters

	Q   *Basis // of ciphertexts
	QP  *Basis // of key shares
	Out *Basis // of outputs: the first Kept primes of Q

	tInv  []uint64 // t^-1 mod each prime of Q
	tMont ring.RNSScalar
	out   rounding

	tables func() *rlwe.Evaluator // made once
	noise  *sync.Map              // simulated: [2]int{k, parties} → float64
}

// NewParams checks a literal against the limits of security and of the library. Its
// error is [ErrParameters].
func NewParams(l Literal) (*Params, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	inner, err := heint.NewParametersFromLiteral(l.lattigo())
	if err != nil {
		return nil, refuse("%v", err)
	}
	l.Q, l.P = slices.Clone(l.Q), slices.Clone(l.P)
	n := 1 << l.LogN
	p := &Params{
		lit: l, inner: inner, noise: new(sync.Map),
		Q: newBasis(n, l.Q), QP: newBasis(n, slices.Concat(l.Q, l.P)),
		Out: newBasis(n, l.Q[:l.Kept]),
	}
	t := new(big.Int).SetUint64(l.T)
	for _, q := range l.Q {
		inv := new(big.Int).ModInverse(t, new(big.Int).SetUint64(q))
		p.tInv = append(p.tInv, inv.Uint64())
	}
	for _, s := range inner.RingQ().SubRings {
		twice := ring.MForm(ring.MForm(l.T%s.Modulus, s.Modulus, s.BRedConstant), s.Modulus, s.BRedConstant)
		p.tMont = append(p.tMont, twice)
	}
	p.tables = sync.OnceValue(func() *rlwe.Evaluator { return tables(inner.Parameters.Parameters) })
	p.out = newRounding(l.Q[:l.Kept], l.T, l.Round)
	return p, nil
}

// Sets returns the names of the parameter sets, the smallest first.
func Sets() []string {
	names := make([]string, len(sets))
	for i := range sets {
		names[i] = sets[i].Name
	}
	return names
}

var made sync.Map // name → func() (*Params, error)

// Set returns the parameter set of a name, checked once, or [ErrUnknownSet].
func Set(name string) (*Params, error) {
	for _, l := range sets {
		if l.Name == name {
			once, _ := made.LoadOrStore(name, sync.OnceValues(func() (*Params, error) { return NewParams(l) }))
			return once.(func() (*Params, error))()
		}
	}
	return nil, ErrUnknownSet
}

// Name returns the name of the set.
func (p *Params) Name() string { return p.lit.Name }

// Slots returns N, the number of slots and of coefficients.
func (p *Params) Slots() int { return 1 << p.lit.LogN }

// T returns the modulus of the slots.
func (p *Params) T() uint64 { return p.lit.T }

// Depth returns how many multiplications may follow each other.
func (p *Params) Depth() int { return len(p.lit.Q) - p.lit.Kept }

// Rows returns the number of rows of a relinearisation key: digits of the
// decomposition of Q in groups as long as P.
func (p *Params) Rows() int { return (len(p.lit.Q) + len(p.lit.P) - 1) / len(p.lit.P) }

// SecurityBits returns log2(QP) and the largest value that the table allows for 128
// bits at this degree.
func (p *Params) SecurityBits() (have, limit float64) {
	return logProduct(p.lit.Q) + logProduct(p.lit.P), limits[p.lit.LogN]
}

// FloodBits returns b: decryption shares are flooded uniformly in [−2^b, 2^b).
func (p *Params) FloodBits() int { return p.lit.Flood }

// ringQ returns the library's ring of ciphertexts at a level (primes less one).
func (p *Params) ringQ(level int) *ring.Ring { return p.inner.RingQ().AtLevel(level) }

// poly shows limbs to the library, without copying.
func poly(limbs Poly) ring.Poly { return ring.Poly{Coeffs: [][]uint64(limbs)} }

// polyQP shows limbs of Q and P to the library.
func (p *Params) polyQP(limbs Poly) ringqp.Poly {
	q := len(p.lit.Q)
	return ringqp.Poly{Q: poly(limbs[:q]), P: poly(limbs[q:])}
}

// element makes an element of two polynomials modulo QP in NTT form.
func element(a, b ringqp.Poly) *rlwe.Element[ringqp.Poly] {
	return &rlwe.Element[ringqp.Poly]{
		MetaData: &rlwe.MetaData{CiphertextMetaData: rlwe.CiphertextMetaData{IsNTT: true}},
		Value:    []ringqp.Poly{a, b},
	}
}

// mulMod returns a·b mod m for a, b < m.
func mulMod(a, b, m uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, m)
}

// invMod returns a^-1 mod the prime m.
func invMod(a, m uint64) uint64 {
	return new(big.Int).ModInverse(new(big.Int).SetUint64(a%m), new(big.Int).SetUint64(m)).Uint64()
}
