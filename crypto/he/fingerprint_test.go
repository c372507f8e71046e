package he

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// TestFingerprintIsLinear: the sum of the fingerprints of lists is the fingerprint of
// their sum.
func TestFingerprintIsLinear(t *testing.T) {
	for name, full := range bases(t) {
		b := newBasis(64, full.primes)
		rng := seededRand("linear %s", name)
		total, want := []Poly{b.Zero(), b.Zero(), b.Zero()}, b.ZeroFingerprint()
		for range 5 {
			list := []Poly{b.random(rng), b.random(rng), b.random(rng)}
			for j := range list {
				b.Add(total[j], list[j])
			}
			b.AddFingerprint(want, b.Fingerprint(list, seeded("challenge"), nil))
		}
		if !slices.Equal(b.Fingerprint(total, seeded("challenge"), nil), want) {
			t.Errorf("%s: not linear", name)
		}
	}
}

// TestFingerprintIsADotProduct: against integers of any length, with the coefficients of
// the challenge, for the residues that are largest.
func TestFingerprintIsADotProduct(t *testing.T) {
	p, err := Set("H31")
	if err != nil {
		t.Fatal(err)
	}
	b := p.QP
	list := []Poly{b.Zero(), b.random(seededRand("dot"))}
	for l, q := range b.primes {
		for i := range list[0][l] {
			list[0][l][i] = q - 1
		}
	}
	challenge := seeded("challenge")
	got := b.Fingerprint(list, challenge, nil)
	for r := range b.repetitions() {
		key := prg.Key(session.KDF(challenge[:], "tacit/he/v1/fingerprint", []byte{byte(r)}))
		for l, q := range b.primes {
			sum, coefficients := new(big.Int), make([]uint64, b.n)
			for j := range list {
				prg.Residues(coefficients, q, &key, uint32(32*j+l))
				for i, c := range coefficients {
					sum.Add(sum, new(big.Int).Mul(new(big.Int).SetUint64(c), new(big.Int).SetUint64(list[j][l][i])))
				}
			}
			if sum.Mod(sum, new(big.Int).SetUint64(q)).Uint64() != got[r*len(b.primes)+l] {
				t.Errorf("repetition %d, limb %d", r, l)
			}
		}
	}
}

// TestFingerprintSeesEveryResidue: one residue changed by one, anywhere, changes all
// forms of its limb and none of others.
func TestFingerprintSeesEveryResidue(t *testing.T) {
	for name, full := range bases(t) {
		b := newBasis(64, full.primes)
		list := []Poly{b.random(seededRand("one %s", name)), b.random(seededRand("two %s", name))}
		want := b.Fingerprint(list, seeded("challenge"), nil)
		for j := range list {
			for l, q := range b.primes {
				for _, i := range []int{0, 1, 31, 32, b.n - 1} {
					old := list[j][l][i]
					list[j][l][i] = addMod(old, 1, q)
					for at, x := range b.Fingerprint(list, seeded("challenge"), nil) {
						if (x == want[at]) != (at%len(b.primes) != l) {
							t.Errorf("%s: residue %d of limb %d, polynomial %d", name, i, l, j)
						}
					}
					list[j][l][i] = old
				}
			}
		}
		slices.Reverse(list)
		if slices.Equal(b.Fingerprint(list, seeded("challenge"), nil), want) {
			t.Errorf("%s: the order of a list does not count", name)
		}
	}
}

// TestFingerprintChallenge: another challenge gives another fingerprint, and repetitions
// are of different coefficients; tasks in any order give the same.
func TestFingerprintChallenge(t *testing.T) {
	b := newBasis(64, []uint64{0x7e4001})
	list := []Poly{b.random(seededRand("list")), b.random(seededRand("more"))}
	one, two := b.Fingerprint(list, seeded("one"), nil), b.Fingerprint(list, seeded("two"), nil)
	all := slices.Concat(one, two)
	slices.Sort(all)
	if len(slices.Compact(all)) != 2*b.repetitions() {
		t.Error("forms are equal")
	}
	backwards := func(n int, f func(int)) {
		for i := n - 1; i >= 0; i-- {
			f(i)
		}
	}
	if !slices.Equal(b.Fingerprint(list, seeded("one"), backwards), one) {
		t.Error("the order of tasks counts")
	}
	if !slices.Equal(b.Fingerprint(nil, seeded("one"), nil), b.ZeroFingerprint()) {
		t.Error("nothing has a fingerprint")
	}
}

// TestFingerprintSoundness: the forms of every limb together are worth 96 bits, in every
// basis of every set: a wrong limb passes with probability q^-repetitions.
func TestFingerprintSoundness(t *testing.T) {
	for name, b := range bases(t) {
		for _, q := range b.primes {
			if worth := math.Log2(float64(q)) * float64(b.repetitions()); worth < fingerprintBits {
				t.Errorf("%s: modulus %d has %.1f bits", name, q, worth)
			}
		}
		if b.FingerprintSize() != 8*len(b.ZeroFingerprint()) {
			t.Errorf("%s: size", name)
		}
	}
}

// TestFingerprintEncoding: a fingerprint comes back; one with a residue that is not reduced,
// cut short or too long does not.
func TestFingerprintEncoding(t *testing.T) {
	p, _ := Set("G15")
	b := p.QP
	f := b.Fingerprint([]Poly{b.random(seededRand("list"))}, seeded("challenge"), nil)
	w := wire.NewWriter()
	f.Encode(w)
	data := w.Data()
	if len(data) != b.FingerprintSize() {
		t.Fatalf("%d bytes", len(data))
	}
	r := wire.NewReader(data)
	if back := b.DecodeFingerprint(r); r.Close() != nil || !slices.Equal(back, f) {
		t.Error("a fingerprint does not come back")
	}
	for n := range data {
		r := wire.NewReader(data[:n])
		if b.DecodeFingerprint(r); r.Close() == nil {
			t.Errorf("%d bytes are enough", n)
		}
	}
	for i := range f {
		old := f[i]
		for _, x := range []uint64{b.primes[i%len(b.primes)], math.MaxUint64} {
			f[i] = x
			w := wire.NewWriter()
			f.Encode(w)
			r := wire.NewReader(w.Data())
			if b.DecodeFingerprint(r); r.Close() == nil {
				t.Errorf("residue %d is not reduced", i)
			}
		}
		f[i] = old
	}
}
