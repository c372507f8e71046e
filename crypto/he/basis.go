package he

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/tacit-space/tacit/crypto/prg"
)

// Poly is a polynomial as limbs: Poly[l][i] is coefficient i, or in the NTT domain
// value i, modulo prime l of its basis.
type Poly [][]uint64

// wipe overwrites a polynomial.
func (p Poly) wipe() {
	for _, limb := range p {
		clear(limb)
	}
}

// Basis is a list of primes with what can be done to polynomials limb by limb, in
// either domain. It is immutable.
type Basis struct {
	n      int
	primes []uint64
	bits   []int // of each prime
}

func newBasis(n int, primes []uint64) *Basis {
	b := &Basis{n: n, primes: primes}
	for _, q := range primes {
		b.bits = append(b.bits, bits.Len64(q))
	}
	return b
}

// Limbs returns the number of primes.
func (b *Basis) Limbs() int { return len(b.primes) }

// Zero returns the zero polynomial.
func (b *Basis) Zero() Poly {
	words := make([]uint64, b.n*len(b.primes))
	p := make(Poly, len(b.primes))
	for l := range p {
		p[l] = words[l*b.n : (l+1)*b.n : (l+1)*b.n]
	}
	return p
}

// Add adds src to dst.
func (b *Basis) Add(dst, src Poly) {
	for l, q := range b.primes {
		d, s := dst[l], src[l]
		for i := range d {
			d[i] = addMod(d[i], s[i], q)
		}
	}
}

// addMod returns a + b mod q for a, b < q < 2^63, without a branch.
func addMod(a, b, q uint64) uint64 { return reduce(a+b, q) }

// reduce returns x mod q for x < 2q, without a branch.
func reduce(x, q uint64) uint64 {
	d, borrow := bits.Sub64(x, q, 0)
	return d + q&-borrow
}

// subMod returns a − b mod q for a, b < q.
func subMod(a, b, q uint64) uint64 {
	d, borrow := bits.Sub64(a, b, 0)
	return d + q&-borrow
}

// Mask adds, or subtracts, the mask that key gives for polynomial number index of a
// list. A key masks one list, once. Index is below 2^24.
func (b *Basis) Mask(p Poly, key *prg.Key, index int, sub bool) {
	for l, q := range b.primes {
		prg.AddResidues(p[l], q, key, stream(index, l), sub)
	}
}

// Uniform returns polynomial number index of the common random list of a key.
func (b *Basis) Uniform(key *prg.Key, index int) Poly {
	p := b.Zero()
	for l, q := range b.primes {
		prg.Residues(p[l], q, key, stream(index, l))
	}
	return p
}

// stream numbers the limbs of a list of polynomials; a basis has at most 24 primes.
func stream(index, limb int) uint32 { return uint32(index)<<5 | uint32(limb) }

// # Encoding
//
// A polynomial is its limbs in order; a limb is its n residues, each in as many bits
// as its prime has, little-endian, without gaps. As n is a multiple of 8 a limb is a
// whole number of bytes. Every polynomial has exactly one encoding.

// Size returns the size of an encoded polynomial in bytes.
func (b *Basis) Size() int {
	size := 0
	for _, w := range b.bits {
		size += w * b.n / 8
	}
	return size
}

// ErrPoly says that bytes are not a polynomial of the basis.
var ErrPoly = errors.New("he: not a polynomial")

// Append appends the encoding of p, whose residues are reduced.
func (b *Basis) Append(to []byte, p Poly) []byte {
	for l, w := range b.bits {
		to = pack(to, p[l], w)
	}
	return to
}

// Decode reads exactly one encoded polynomial. The error is [ErrPoly].
func (b *Basis) Decode(data []byte) (Poly, error) {
	if len(data) != b.Size() {
		return nil, fmt.Errorf("%w: %d bytes, wants %d", ErrPoly, len(data), b.Size())
	}
	p := b.Zero()
	for l, w := range b.bits {
		r := unpacker{data: data[:w*b.n/8], width: w}
		data = data[len(r.data):]
		for i := range p[l] {
			if p[l][i] = r.next(); p[l][i] >= b.primes[l] {
				return nil, fmt.Errorf("%w: a residue of limb %d is not reduced", ErrPoly, l)
			}
		}
	}
	return p, nil
}

// AddEncoded adds an encoded polynomial to dst. If it fails, with [ErrPoly], dst is
// unchanged.
func (b *Basis) AddEncoded(dst Poly, data []byte) error {
	p, err := b.Decode(data)
	if err != nil {
		return err
	}
	b.Add(dst, p)
	return nil
}

// pack appends words of width bits each; their number is a multiple of 8.
func pack(to []byte, words []uint64, width int) []byte {
	var acc uint64
	held := 0 // bits in acc, below 64
	for _, x := range words {
		acc |= x << held
		held += width
		if held >= 64 {
			to = binary.LittleEndian.AppendUint64(to, acc)
			held -= 64
			acc = x >> (width - held) // a shift of 64 gives 0
		}
	}
	for ; held > 0; held -= 8 {
		to = append(to, byte(acc))
		acc >>= 8
	}
	return to
}

// unpacker reads what pack wrote. Its data are exactly as long as they should be.
type unpacker struct {
	data  []byte
	width int
	acc   uint64
	held  int // bits in acc
}

func (u *unpacker) next() uint64 {
	x, have := u.acc, u.held
	if have < u.width {
		word, got := u.load()
		x |= word << have
		u.acc = word >> (u.width - have)
		u.held = got - (u.width - have)
	} else {
		u.acc >>= u.width
		u.held -= u.width
	}
	return x & (1<<u.width - 1)
}

func (u *unpacker) load() (word uint64, got int) {
	if len(u.data) >= 8 {
		word = binary.LittleEndian.Uint64(u.data)
		u.data = u.data[8:]
		return word, 64
	}
	for i, c := range u.data {
		word |= uint64(c) << (8 * i)
	}
	got = 8 * len(u.data)
	u.data = nil
	return word, got
}
