package ring

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// F127 is an element of F_p, p = 2^127−1, always reduced to [0, p). The zero
// value is 0. Operations are constant time.
type F127 struct{ lo, hi uint64 }

// F127Size is the encoded size of a field element in bytes.
const F127Size = 16

const (
	pLo = ^uint64(0)
	pHi = 1<<63 - 1
)

// F127FromUint64 returns x as a field element.
func F127FromUint64(x uint64) F127 { return F127{lo: x} }

// Add returns a + b.
func (a F127) Add(b F127) F127 {
	lo, c := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, c) // below 2p < 2^128
	return subtractP(lo, hi)
}

// Sub returns a − b.
func (a F127) Sub(b F127) F127 { return a.Add(b.Neg()) }

// Neg returns −a.
func (a F127) Neg() F127 {
	lo, c := bits.Sub64(pLo, a.lo, 0)
	hi, _ := bits.Sub64(pHi, a.hi, c) // in (0, p]
	return subtractP(lo, hi)
}

// Mul returns a · b.
func (a F127) Mul(b F127) F127 {
	h00, l00 := bits.Mul64(a.lo, b.lo)
	h01, l01 := bits.Mul64(a.lo, b.hi)
	h10, l10 := bits.Mul64(a.hi, b.lo)
	h11, l11 := bits.Mul64(a.hi, b.hi)

	// The product, below p² < 2^254, is l00 + r1·2^64 + r2·2^128 + r3·2^192.
	r1, c := bits.Add64(h00, l01, 0)
	r2, c := bits.Add64(h01, l11, c)
	r3, _ := bits.Add64(h11, 0, c)
	r1, c = bits.Add64(r1, l10, 0)
	r2, c = bits.Add64(r2, h10, c)
	r3, _ = bits.Add64(r3, 0, c)

	// 2^127 = 1 in F_p: the product is its low 127 bits plus those above.
	lo, c := bits.Add64(l00, r2<<1|r1>>63, 0)
	hi, _ := bits.Add64(r1&pHi, r3<<1|r2>>63, c) // below 2^128
	return reduce128(lo, hi)
}

// reduce128 reduces any 128-bit number.
func reduce128(lo, hi uint64) F127 {
	lo, c := bits.Add64(lo, hi>>63, 0)
	hi, _ = bits.Add64(hi&pHi, 0, c) // at most 2^127 = p+1
	return subtractP(lo, hi)
}

// subtractP takes p off a number below 2p unless it is below p already.
func subtractP(lo, hi uint64) F127 {
	l, borrow := bits.Sub64(lo, pLo, 0)
	h, borrow := bits.Sub64(hi, pHi, borrow)
	keep := -borrow // all ones if the number was below p
	return F127{lo: lo&keep | l&^keep, hi: hi&keep | h&^keep}
}

// Pow returns a^n by square and multiply. The time depends on n, not on a.
func (a F127) Pow(n uint64) F127 {
	r := F127{lo: 1}
	for i := bits.Len64(n) - 1; i >= 0; i-- {
		r = r.Mul(r)
		if n>>i&1 == 1 {
			r = r.Mul(a)
		}
	}
	return r
}

// Equal reports a = b in constant time.
func (a F127) Equal(b F127) bool {
	d := (a.lo ^ b.lo) | (a.hi ^ b.hi)
	return (d|-d)>>63 == 0
}

// IsZero reports a = 0 in constant time.
func (a F127) IsZero() bool { return a.Equal(F127{}) }

// Bytes returns the canonical encoding: 16 bytes, little-endian.
func (a F127) Bytes() [F127Size]byte {
	var b [F127Size]byte
	binary.LittleEndian.PutUint64(b[:8], a.lo)
	binary.LittleEndian.PutUint64(b[8:], a.hi)
	return b
}

// ParseF127 decodes 16 bytes, little-endian. It returns [ErrNotCanonical] for
// another length or a number of p or more.
func ParseF127(b []byte) (F127, error) {
	if len(b) != F127Size {
		return F127{}, fmt.Errorf("%w: %d bytes, wanted %d", ErrNotCanonical, len(b), F127Size)
	}
	a := F127{lo: binary.LittleEndian.Uint64(b[:8]), hi: binary.LittleEndian.Uint64(b[8:])}
	if !a.Equal(reduce128(a.lo, a.hi)) {
		return F127{}, fmt.Errorf("%w: not below p", ErrNotCanonical)
	}
	return a, nil
}

// ReduceF127 reduces 32 bytes, a little-endian number below 2^256, modulo p. For
// uniform bytes the result is uniform up to a distance of 2^-128.
func ReduceF127(b [32]byte) F127 {
	low := reduce128(binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:]))
	high := reduce128(binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:]))
	return low.Add(high).Add(high) // 2^128 = 2
}

// RandomF127 reads exactly 32 bytes and returns a uniform element.
func RandomF127(rand io.Reader) (F127, error) {
	var b [32]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return F127{}, fmt.Errorf("ring: randomness: %w", err)
	}
	return ReduceF127(b), nil
}

// Format prints "[field]" under every verb: alpha and masks are secret. Use
// [F127.Bytes] to look inside.
func (F127) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[field]") }
