package he

import (
	"fmt"
	"io"

	"github.com/tuneinsight/lattigo/v5/ring"

	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// SecretSize is the size of the seed of a secret key in bytes.
const SecretSize = 32

// Secret is one party's share s of the secret key, uniform ternary, for one key set. It
// does not print. It is not safe for concurrent use with [Secret.Wipe].
type Secret struct {
	seed secret.Secret
	get  func() Poly // s modulo QP, in the NTT and Montgomery domain; nil once wiped
	wipe func()
}

// NewSecret makes a secret from 32 bytes of rand.
func (p *Params) NewSecret(rand io.Reader) (Secret, error) {
	var seed [SecretSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return Secret{}, fmt.Errorf("he: randomness: %w", err)
	}
	defer clear(seed[:])
	return p.SecretOf(seed), nil
}

// SecretOf returns the secret of a seed, which is uniformly random.
func (p *Params) SecretOf(seed [SecretSize]byte) Secret {
	small := p.ternary(seed, "tacit/he/v1/secret")
	s := p.QP.lift(small)
	clear(small)
	p.nttMont(s)
	return Secret{seed: secret.New(seed[:]), get: func() Poly { return s }, wipe: func() { s.wipe(); s = nil }}
}

// Seed returns what [Params.SecretOf] makes the secret from.
func (s Secret) Seed() secret.Secret { return s.seed }

// Wipe overwrites the secret. A share that is made with it afterwards would be one under
// the secret 0, which hides nothing: making one panics.
func (s Secret) Wipe() {
	s.seed.Wipe()
	if s.wipe != nil {
		s.wipe()
	}
}

// Format prints "[secret]".
func (s Secret) Format(f fmt.State, verb rune) { s.seed.Format(f, verb) }

// nttMont brings a polynomial modulo QP from coefficients to the NTT and Montgomery
// domain.
func (p *Params) nttMont(x Poly) {
	r, v := p.inner.RingQP(), p.polyQP(x)
	r.NTT(v, v)
	r.MForm(v, v)
}

// ternary returns N coefficients in {−1, 0, 1}, each with probability 1/3, that follow
// from a seed and a label.
func (p *Params) ternary(seed [32]byte, label string) []int64 {
	sampler, err := ring.NewTernarySampler(p.stream(seed, label), p.ringQ(0), ring.Ternary{P: 2.0 / 3}, false)
	if err != nil {
		panic("he: " + err.Error()) // the distribution is a constant
	}
	return p.small(sampler)
}

// gaussian returns N coefficients of a discrete Gaussian with the standard deviation
// [sigma], that follow from a seed and a label.
func (p *Params) gaussian(seed [32]byte, label string) []int64 {
	x := ring.DiscreteGaussian{Sigma: sigma, Bound: errorBound}
	return p.small(ring.NewGaussianSampler(p.stream(seed, label), p.ringQ(0), x, false))
}

// stream is the randomness of one sampler: bytes of AES-256-CTR.
func (p *Params) stream(seed [32]byte, label string) io.Reader {
	key := prg.Key(session.KDF(seed[:], label, []byte(p.lit.Name)))
	return prg.Reader(&key, 0)
}

// small reads a sampler modulo the first prime and centres the coefficients.
func (p *Params) small(s ring.Sampler) []int64 {
	one := ring.NewPoly(p.Slots(), 0)
	s.Read(one)
	q := p.lit.Q[0]
	out := make([]int64, p.Slots())
	for i, x := range one.Coeffs[0] {
		// q is odd: x above q/2 stands for x − q.
		out[i] = int64(x) - int64(q)*int64((q/2-x)>>63)
	}
	clear(one.Coeffs[0])
	return out
}

// lift returns the polynomial with small coefficients, |x| below every prime.
func (b *Basis) lift(small []int64) Poly {
	p := b.Zero()
	for l, q := range b.primes {
		limb := p[l]
		for i, x := range small {
			limb[i] = uint64(x + int64(q)&(x>>63))
		}
	}
	return p
}
