package he

import (
	"errors"
	"fmt"
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
	sums, _ := b.fingerprints(1, len(list), challenge, par, func(_, j, l int, _ []uint64) ([]uint64, error) {
		return list[j][l], nil
	})
	return sums[0]
}

// Fingerprints returns the fingerprints of encoded lists of equally many polynomials. It
// needs memory for some limbs only, and makes the coefficients once for all lists. Its error
// is [ErrPoly].
func (b *Basis) Fingerprints(lists [][]byte, challenge [32]byte, par session.Parallel) ([]Fingerprint, error) {
	size := b.Size()
	for _, list := range lists {
		if len(list) != len(lists[0]) || len(list)%size != 0 {
			return nil, fmt.Errorf("%w: a list of %d bytes", ErrPoly, len(list))
		}
	}
	return b.fingerprints(len(lists), len(lists[0])/size, challenge, par, func(i, j, l int, limb []uint64) ([]uint64, error) {
		data := lists[i][j*size:]
		for before := range l {
			data = data[b.limbSize(before):]
		}
		return limb, b.decodeLimb(limb, l, data)
	})
}

// fingerprints returns those of lists of count polynomials. Get returns limb number l of
// polynomial number j of list number i, in buffer or elsewhere.
func (b *Basis) fingerprints(
	lists, count int, challenge [32]byte, par session.Parallel, get func(i, j, l int, buffer []uint64) ([]uint64, error),
) ([]Fingerprint, error) {
	reps, limbs := b.repetitions(), len(b.primes)
	keys := make([]prg.Key, reps)
	for r := range keys {
		keys[r] = prg.Key(session.KDF(challenge[:], "tacit/he/v1/fingerprint", []byte{byte(r)}))
	}
	parts := make([][]Fingerprint, count) // of one polynomial of every list
	err := par.Each(count, func(j int) error {
		coefficients, buffer := make([]uint64, reps*b.n), make([]uint64, b.n)
		parts[j] = b.zeroFingerprints(lists)
		for l, q := range b.primes {
			for r := range reps {
				prg.Residues(coefficients[r*b.n:(r+1)*b.n], q, &keys[r], stream(j, l))
			}
			for i := range lists {
				limb, err := get(i, j, l, buffer)
				if err != nil {
					return err
				}
				for r := range reps {
					parts[j][i][r*limbs+l] = dot(limb, coefficients[r*b.n:], q)
				}
			}
		}
		return nil
	})
	sums := b.zeroFingerprints(lists)
	if err != nil {
		return sums, err
	}
	for _, part := range parts {
		for i := range sums {
			b.AddFingerprint(sums[i], part[i])
		}
	}
	return sums, nil
}

func (b *Basis) zeroFingerprints(n int) []Fingerprint {
	all := make([]Fingerprint, n)
	for i := range all {
		all[i] = b.ZeroFingerprint()
	}
	return all
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
