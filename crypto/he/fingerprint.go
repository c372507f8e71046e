package he

import (
	"errors"
	"math/bits"
	"slices"

	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Fingerprint is a few linear forms of a list of polynomials, per limb, with
// coefficients that follow from a challenge: the fingerprint of a sum is the sum of the
// fingerprints. A list other than the one that was fixed before the challenge has the
// same fingerprint with probability at most 2^-96.
type Fingerprint []uint64

const fingerprintBits = 96

// repetitions returns how many forms a limb has.
func (b *Basis) repetitions() int {
	least := slices.Min(b.bits) - 1
	return (fingerprintBits + least - 1) / least
}

// FingerprintSize returns the encoded size in bytes.
func (b *Basis) FingerprintSize() int { return 8 * b.repetitions() * len(b.primes) }

// Fingerprint returns the fingerprint of a list under a challenge.
func (b *Basis) Fingerprint(list []Poly, challenge [32]byte, par session.Parallel) Fingerprint {
	reps, limbs := b.repetitions(), len(b.primes)
	parts := make([]Fingerprint, len(list))
	keys := make([]prg.Key, reps)
	for r := range keys {
		keys[r] = prg.Key(session.KDF(challenge[:], "tacit/he/v1/fingerprint", []byte{byte(r)}))
	}
	par.Run(len(list), func(j int) {
		parts[j] = make(Fingerprint, reps*limbs)
		coefficients := make([]uint64, b.n)
		for r := range reps {
			for l, q := range b.primes {
				prg.Residues(coefficients, q, &keys[r], stream(j, l))
				parts[j][r*limbs+l] = dot(list[j][l], coefficients, q)
			}
		}
	})
	sum := make(Fingerprint, reps*limbs)
	for _, part := range parts {
		b.AddFingerprint(sum, part)
	}
	return sum
}

// AddFingerprint adds src to dst.
func (b *Basis) AddFingerprint(dst, src Fingerprint) {
	for i := range dst {
		dst[i] = addMod(dst[i], src[i], b.primes[i%len(b.primes)])
	}
}

// ZeroFingerprint is the fingerprint of nothing.
func (b *Basis) ZeroFingerprint() Fingerprint {
	return make(Fingerprint, b.repetitions()*len(b.primes))
}

// dot returns Σ x y mod q for elements below q < 2^61.
func dot(x, y []uint64, q uint64) uint64 {
	var sum uint64
	for len(x) > 0 {
		n := min(len(x), 32)
		var hi, lo uint64 // below 32·2^122 = 2^127
		for i := range n {
			h, l := bits.Mul64(x[i], y[i])
			var c uint64
			lo, c = bits.Add64(lo, l, 0)
			hi, _ = bits.Add64(hi, h, c)
		}
		sum = addMod(sum, bits.Rem64(hi, lo, q), q)
		x, y = x[n:], y[n:]
	}
	return sum
}

// Encode appends the fingerprint; its length is implied.
func (f Fingerprint) Encode(w *wire.Writer) {
	for _, x := range f {
		w.U64(x)
	}
}

var errFingerprint = errors.New("he: a fingerprint with a residue that is not reduced")

// DecodeFingerprint reads one.
func (b *Basis) DecodeFingerprint(r *wire.Reader) Fingerprint {
	f := b.ZeroFingerprint()
	for i := range f {
		f[i] = r.U64()
		if f[i] >= b.primes[i%len(b.primes)] {
			r.Fail(errFingerprint)
		}
	}
	return f
}
