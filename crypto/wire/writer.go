package wire

import (
	"encoding/binary"
	"math"
	"slices"
)

// Writer appends fields to a growing byte slice. The zero value is ready.
type Writer struct{ b []byte }

// NewWriter returns an empty writer.
func NewWriter() *Writer { return new(Writer) }

// Data returns what was written. The writer keeps using the same memory.
func (w *Writer) Data() []byte { return w.b }

// U8 appends one byte.
func (w *Writer) U8(v uint8) { w.b = append(w.b, v) }

// U16 appends two bytes, little-endian.
func (w *Writer) U16(v uint16) { w.b = binary.LittleEndian.AppendUint16(w.b, v) }

// U32 appends four bytes, little-endian.
func (w *Writer) U32(v uint32) { w.b = binary.LittleEndian.AppendUint32(w.b, v) }

// U64 appends eight bytes, little-endian.
func (w *Writer) U64(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }

// Bool appends the byte 0 or 1.
func (w *Writer) Bool(v bool) {
	if v {
		w.U8(1)
		return
	}
	w.U8(0)
}

// Fixed appends b without a length: its reader knows how long it is.
func (w *Writer) Fixed(b []byte) { w.b = append(w.b, b...) }

// Bytes appends the length of b and b.
func (w *Writer) Bytes(b []byte) {
	w.count(len(b))
	w.b = append(w.b, b...)
}

// String appends the length of s in bytes and s, which must be valid UTF-8
// (a reader refuses it otherwise).
func (w *Writer) String(s string) {
	w.count(len(s))
	w.b = append(w.b, s...)
}

// Count appends the number of elements of a list that the caller writes next.
func (w *Writer) Count(n int) { w.count(n) }

// Words appends the number of words and the words, each eight bytes
// little-endian.
func (w *Writer) Words(words []uint64) {
	w.count(len(words))
	w.b = slices.Grow(w.b, 8*len(words))
	at := len(w.b)
	w.b = w.b[:at+8*len(words)]
	for i, v := range words {
		binary.LittleEndian.PutUint64(w.b[at+8*i:], v)
	}
}

func (w *Writer) count(n int) {
	if n < 0 || uint64(n) > math.MaxUint32 {
		panic("wire: a field of 4 GiB or more")
	}
	w.U32(uint32(n))
}
