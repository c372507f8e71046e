package ring

import (
	"bytes"
	"testing"
)

func FuzzDecode(f *testing.F) {
	f.Add(uint8(64), 2, make([]byte, 16))
	f.Add(uint8(128), 1, bytes.Repeat([]byte{0xFF}, 16))
	f.Add(uint8(128), 1<<30, make([]byte, 16))
	f.Add(uint8(0), -1, []byte{})
	f.Fuzz(func(t *testing.T, width uint8, length int, b []byte) {
		v, err := Decode(Width(width), length, b)
		if err != nil {
			return
		}
		if v.Len() != length || !bytes.Equal(v.Append(nil), b) {
			t.Fatal("another vector")
		}
		for i := range v.Len() {
			w := NewVector(v.Width, 1)
			if w.SetBig(0, v.Big(i)) != nil || !w.Equal(v.Slice(i, i+1)) {
				t.Fatalf("element %d does not round-trip", i)
			}
		}
	})
}

func FuzzParseF127(f *testing.F) {
	f.Add(make([]byte, 16))
	f.Add(append(bytes.Repeat([]byte{0xFF}, 15), 0x7F))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseF127(b)
		if err != nil {
			return
		}
		if again := a.Bytes(); !bytes.Equal(again[:], b) {
			t.Fatal("two encodings of one element")
		}
		if !a.Sub(a).IsZero() {
			t.Fatal("not reduced")
		}
	})
}

// FuzzField compares with math/big.
func FuzzField(f *testing.F) {
	f.Add(make([]byte, 32), make([]byte, 32))
	f.Add(bytes.Repeat([]byte{0xFF}, 32), append(bytes.Repeat([]byte{0xFF}, 15), 0x7F))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		var wide [2][32]byte
		copy(wide[0][:], x)
		copy(wide[1][:], y)
		a, b := ReduceF127(wide[0]), ReduceF127(wide[1])
		for i, e := range []F127{a, b} {
			same(t, "reduce", e, littleEndian(wide[i][:]))
		}
		same(t, "*", a.Mul(b), bigOf(a).Mul(bigOf(a), bigOf(b)))
		same(t, "+", a.Add(b), bigOf(a).Add(bigOf(a), bigOf(b)))
		same(t, "-", a.Sub(b), bigOf(a).Sub(bigOf(a), bigOf(b)))
	})
}
