package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// Errors a caller may branch on with [errors.Is].
var (
	ErrShape        = errors.New("ring: shape does not match")
	ErrRange        = errors.New("ring: integer outside the ring")
	ErrTagRange     = errors.New("ring: element outside (-2^126, 2^126), where tags are binding")
	ErrNotCanonical = errors.New("ring: not a canonical field element")
)

// Width is the size of a vector element in bits: 64 or 128.
type Width uint8

// The two widths.
const (
	Width64  Width = 64
	Width128 Width = 128
)

// Valid reports whether w is one of the two widths.
func (w Width) Valid() bool { return w == Width64 || w == Width128 }

// Words returns the number of 64-bit words of an element: 1 or 2.
func (w Width) Words() int { return int(w) / 64 }

// Bytes returns the encoded size of an element: 8 or 16.
func (w Width) Bytes() int { return int(w) / 8 }

// Vector is a sequence of elements modulo 2^Width. Words holds them in order,
// for 128 bits as pairs with the low word first. A Vector is a view like a
// slice: copies share the words.
type Vector struct {
	Width Width
	Words []uint64
}

// NewVector returns length elements, all zero. It panics on an invalid width or
// a negative length.
func NewVector(width Width, length int) Vector {
	if !width.Valid() || length < 0 {
		panic("ring: NewVector of invalid shape")
	}
	return Vector{Width: width, Words: make([]uint64, length*width.Words())}
}

// Format prints the shape under every verb: elements are an owner's data. (A Vector in
// an unexported field of another struct is still visible to reflection.)
func (v Vector) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "[%d elements of %d bits]", v.Len(), int(v.Width))
}

// Check reports an [ErrShape] if v has no valid width or half an element.
func (v Vector) Check() error {
	if !v.Width.Valid() || len(v.Words)%v.Width.Words() != 0 {
		return fmt.Errorf("%w: width %d, %d words", ErrShape, v.Width, len(v.Words))
	}
	return nil
}

// Len returns the number of elements.
func (v Vector) Len() int {
	if !v.Width.Valid() {
		return 0
	}
	return len(v.Words) / v.Width.Words()
}

// Slice returns the elements from first to end, end not included. It shares v's
// words. It panics outside 0 <= first <= end <= Len, as a slice does.
func (v Vector) Slice(first, end int) Vector {
	k := v.Width.Words()
	return Vector{Width: v.Width, Words: v.Words[first*k : end*k : end*k]}
}

// Clone returns a copy with words of its own.
func (v Vector) Clone() Vector {
	return Vector{Width: v.Width, Words: append(make([]uint64, 0, len(v.Words)), v.Words...)}
}

// Equal reports whether both have the same width and elements. It is not
// constant time.
func (v Vector) Equal(w Vector) bool {
	if v.Width != w.Width || len(v.Words) != len(w.Words) {
		return false
	}
	for i, x := range v.Words {
		if x != w.Words[i] {
			return false
		}
	}
	return true
}

// Add sets v to v + w. It returns [ErrShape], and leaves v alone, if their
// shapes differ.
func (v Vector) Add(w Vector) error {
	if err := v.match(w); err != nil {
		return err
	}
	if v.Width == Width64 {
		add64(v.Words, w.Words)
	} else {
		add128(v.Words, w.Words)
	}
	return nil
}

// Sub sets v to v − w. It returns [ErrShape], and leaves v alone, if their
// shapes differ.
func (v Vector) Sub(w Vector) error {
	if err := v.match(w); err != nil {
		return err
	}
	if v.Width == Width64 {
		sub64(v.Words, w.Words)
	} else {
		sub128(v.Words, w.Words)
	}
	return nil
}

func (v Vector) match(w Vector) error {
	if err := v.Check(); err != nil {
		return err
	}
	if v.Width != w.Width || len(v.Words) != len(w.Words) {
		return fmt.Errorf("%w: %d words of width %d and %d of width %d",
			ErrShape, len(v.Words), v.Width, len(w.Words), w.Width)
	}
	return nil
}

func add64(v, w []uint64) {
	w = w[:len(v)]
	for i := range v {
		v[i] += w[i]
	}
}

func sub64(v, w []uint64) {
	w = w[:len(v)]
	for i := range v {
		v[i] -= w[i]
	}
}

func add128(v, w []uint64) {
	w = w[:len(v)]
	for i := 0; i+1 < len(v); i += 2 {
		var carry uint64
		v[i], carry = bits.Add64(v[i], w[i], 0)
		v[i+1], _ = bits.Add64(v[i+1], w[i+1], carry)
	}
}

func sub128(v, w []uint64) {
	w = w[:len(v)]
	for i := 0; i+1 < len(v); i += 2 {
		var borrow uint64
		v[i], borrow = bits.Sub64(v[i], w[i], 0)
		v[i+1], _ = bits.Sub64(v[i+1], w[i+1], borrow)
	}
}

// Big returns element i as a signed integer in [−2^(Width−1), 2^(Width−1)).
func (v Vector) Big(i int) *big.Int {
	if v.Width == Width64 {
		return big.NewInt(int64(v.Words[i]))
	}
	x := big.NewInt(int64(v.Words[2*i+1]))
	x.Lsh(x, 64)
	return x.Add(x, new(big.Int).SetUint64(v.Words[2*i]))
}

// SetBig sets element i to x. It returns [ErrRange] unless x is in
// [−2^(Width−1), 2^(Width−1)); the error does not hold x.
func (v Vector) SetBig(i int, x *big.Int) error {
	if !fits(x, v.Width) {
		return fmt.Errorf("%w: element %d, %d bits", ErrRange, i, v.Width)
	}
	mask := new(big.Int).SetUint64(^uint64(0))
	lo := new(big.Int).And(x, mask).Uint64() // And works on two's complement
	if v.Width == Width64 {
		v.Words[i] = lo
		return nil
	}
	hi := new(big.Int).Rsh(x, 64)
	v.Words[2*i] = lo
	v.Words[2*i+1] = hi.And(hi, mask).Uint64()
	return nil
}

// fits reports whether x is a two's complement number of width bits: −x−1 of a
// negative x has the bits that matter.
func fits(x *big.Int, width Width) bool {
	if x.Sign() < 0 {
		x = new(big.Int).Not(x)
	}
	return x.BitLen() < int(width)
}

// FromBig returns the vector of the integers xs. It returns [ErrRange] for the
// first that does not fit, and [ErrShape] for an invalid width.
func FromBig(width Width, xs []*big.Int) (Vector, error) {
	if !width.Valid() {
		return Vector{}, fmt.Errorf("%w: width %d", ErrShape, width)
	}
	v := NewVector(width, len(xs))
	for i, x := range xs {
		if err := v.SetBig(i, x); err != nil {
			return Vector{}, err
		}
	}
	return v, nil
}

// Append appends the encoding of v, Len()·Width/8 bytes: the words in order, each
// little-endian. There is no prefix: width and length are agreed beforehand.
func (v Vector) Append(to []byte) []byte {
	for _, x := range v.Words {
		to = binary.LittleEndian.AppendUint64(to, x)
	}
	return to
}

// Decode reads length elements from b, which must be exactly as long as
// [Vector.Append] makes it; else the error is [ErrShape]. It allocates only
// after that check.
func Decode(width Width, length int, b []byte) (Vector, error) {
	if !width.Valid() || length < 0 || len(b)%width.Bytes() != 0 || len(b)/width.Bytes() != length {
		return Vector{}, fmt.Errorf("%w: %d bytes for %d elements of width %d", ErrShape, len(b), length, width)
	}
	v := NewVector(width, length)
	for i := range v.Words {
		v.Words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return v, nil
}
