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
	for l := range b.bits {
		size += b.limbSize(l)
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
	if err := b.DecodeTo(p, data); err != nil {
		return nil, err
	}
	return p, nil
}

// DecodeTo is [Basis.Decode] into memory that is there. If it fails, p holds anything.
func (b *Basis) DecodeTo(p Poly, data []byte) error {
	if len(data) != b.Size() {
		return fmt.Errorf("%w: %d bytes, wants %d", ErrPoly, len(data), b.Size())
	}
	for l := range b.primes {
		if err := b.decodeLimb(p[l], l, data); err != nil {
			return err
		}
		data = data[b.limbSize(l):]
	}
	return nil
}

// limbSize returns the size of an encoded limb in bytes.
func (b *Basis) limbSize(l int) int { return b.bits[l] * b.n / 8 }

// decodeLimb reads limb number l, which data begin with.
func (b *Basis) decodeLimb(limb []uint64, l int, data []byte) error {
	if !unpack(limb, data[:b.limbSize(l)], b.bits[l], b.primes[l]) {
		return fmt.Errorf("%w: a residue of limb %d is not reduced", ErrPoly, l)
	}
	return nil
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

// unpack reads what pack wrote, and reports whether all words are below q < 2^63. Data
// are exactly as long as they should be.
func unpack(words []uint64, data []byte, width int, q uint64) bool {
	mask := uint64(1)<<width - 1
	last := q - 1
	var above uint64 // its highest bit is set if a word is above last
	i := 0
	if width <= 57 { // with up to 7 bits before it, a word is within 8 bytes
		for end := len(data) - 8; i < len(words) && i*width>>3 <= end; i++ {
			x := binary.LittleEndian.Uint64(data[i*width>>3:]) >> (i * width & 7) & mask
			above |= last - x
			words[i] = x
		}
	}
	for ; i < len(words); i++ {
		var b [16]byte
		copy(b[:], data[i*width>>3:])
		shift := i * width & 7
		low, high := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
		x := (low>>shift | high<<(64-shift)) & mask // a shift of 64 gives 0
		above |= last - x
		words[i] = x
	}
	return above>>63 == 0
}
