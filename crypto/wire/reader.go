package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Errors a caller may branch on with [errors.Is].
var (
	ErrTruncated    = errors.New("input ends inside a field")
	ErrLimit        = errors.New("length outside its limit")
	ErrTrailing     = errors.New("bytes left over")
	ErrNotCanonical = errors.New("not the canonical encoding")
)

// MaxFixed is the longest field, in bytes, that [Reader.Fixed] stands in for by
// zero bytes after an error.
const MaxFixed = 4096

// Reader takes fields off a byte slice. After the first error every method
// returns a zero value, and [Reader.Close] returns that error.
type Reader struct {
	b   []byte
	off int
	err error
}

// NewReader reads from b, which must not change while the reader or anything
// that [Reader.Fixed] or [Reader.Bytes] returned is in use.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err returns the first error so far.
func (r *Reader) Err() error { return r.err }

// Len returns the number of bytes not yet read.
func (r *Reader) Len() int { return len(r.b) - r.off }

// Close ends the reading: it returns the first error, or [ErrTrailing] if bytes
// are left over.
func (r *Reader) Close() error {
	if r.err == nil && r.Len() > 0 {
		r.fail(ErrTrailing, "%d bytes", r.Len())
	}
	return r.err
}

// Fail records err as the reader's error unless there is one already. Decoders
// use it for values that are well formed and still refused.
func (r *Reader) Fail(err error) {
	if r.err == nil && err != nil {
		r.fail(err, "refused")
	}
}

// U8 reads one byte.
func (r *Reader) U8() uint8 {
	b := r.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

// U16 reads two bytes, little-endian.
func (r *Reader) U16() uint16 {
	b := r.take(2)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint16(b)
}

// U32 reads four bytes, little-endian.
func (r *Reader) U32() uint32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

// U64 reads eight bytes, little-endian.
func (r *Reader) U64() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// Bool reads one byte, which must be 0 or 1.
func (r *Reader) Bool() bool {
	v := r.U8()
	if v > 1 {
		r.fail(ErrNotCanonical, "a bool is 0 or 1")
		return false
	}
	return v == 1
}

// Fixed reads n bytes, n >= 0, as a view of the input. After an error, and for
// n <= [MaxFixed], it returns n zero bytes, so that converting the result to an
// array is safe; n is a constant of the caller and never comes from a peer.
func (r *Reader) Fixed(n int) []byte {
	b := r.take(n)
	if b == nil && n > 0 && n <= MaxFixed {
		return make([]byte, n)
	}
	return b
}

// Bytes reads a length of at most limit bytes and then so many bytes, as a view
// of the input.
func (r *Reader) Bytes(limit int) []byte {
	n := r.prefix(limit)
	return r.take(n)
}

// String reads a length of at most limit bytes and then so many bytes of valid
// UTF-8.
func (r *Reader) String(limit int) string {
	b := r.Bytes(limit)
	if !utf8.Valid(b) {
		r.fail(ErrNotCanonical, "a string of %d bytes is not UTF-8", len(b))
		return ""
	}
	return string(b)
}

// Count reads the number of elements of a list: at most limit, and at most the
// number of bytes left, since an element takes at least one byte. So a caller
// may allocate a slice of that many elements.
func (r *Reader) Count(limit int) int {
	n := r.prefix(limit)
	if n > r.Len() {
		r.fail(ErrTruncated, "%d elements announced, %d bytes left", n, r.Len())
		return 0
	}
	return n
}

// Words reads a count that must equal n, and n words of eight bytes.
func (r *Reader) Words(n int) []uint64 {
	got := r.U32()
	if r.err != nil {
		return nil
	}
	if n < 0 || uint64(got) != uint64(n) {
		r.fail(ErrLimit, "%d words, wanted %d", got, n)
		return nil
	}
	if n > r.Len()/8 {
		r.fail(ErrTruncated, "%d words announced, %d bytes left", n, r.Len())
		return nil
	}
	b := r.take(8 * n)
	words := make([]uint64, n)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return words
}

// prefix reads a U32 and refuses one above limit.
func (r *Reader) prefix(limit int) int {
	n := r.U32()
	if r.err != nil {
		return 0
	}
	if limit < 0 || uint64(n) > uint64(limit) {
		r.fail(ErrLimit, "length %d, at most %d", n, limit)
		return 0
	}
	return int(n)
}

// take returns the next n bytes as a view whose capacity ends with it, or nil
// after an error.
func (r *Reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > r.Len() {
		r.fail(ErrTruncated, "%d bytes wanted, %d left", n, r.Len())
		return nil
	}
	b := r.b[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

func (r *Reader) fail(kind error, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("wire: byte %d: %w: %s", r.off, kind, fmt.Sprintf(format, args...))
	}
}
