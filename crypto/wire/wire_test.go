package wire

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	w := NewWriter()
	w.U8(1)
	w.U16(2)
	w.U32(3)
	w.U64(4)
	w.Bool(true)
	w.Fixed([]byte{5, 6})
	w.Bytes([]byte{7})
	w.String("é")
	w.Words([]uint64{8, 1 << 63})
	want := []byte{
		1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 5, 6, 1, 0, 0, 0, 7, 2, 0, 0, 0, 0xC3, 0xA9,
		2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80,
	}
	if !bytes.Equal(w.Data(), want) {
		t.Fatalf("wrote %x", w.Data())
	}
	r := NewReader(want)
	if r.U8() != 1 || r.U16() != 2 || r.U32() != 3 || r.U64() != 4 || !r.Bool() ||
		!bytes.Equal(r.Fixed(2), []byte{5, 6}) || !bytes.Equal(r.Bytes(1), []byte{7}) || r.String(2) != "é" {
		t.Fatalf("read something else, %v", r.Err())
	}
	if words := r.Words(2); len(words) != 2 || words[1] != 1<<63 {
		t.Fatalf("words %v", words)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRefused(t *testing.T) {
	cases := []struct {
		name string
		in   []byte
		read func(*Reader)
		want error
	}{
		{"empty", nil, func(r *Reader) { r.U8() }, ErrTruncated},
		{"half a word", []byte{1, 2, 3}, func(r *Reader) { r.U32() }, ErrTruncated},
		{"bool 2", []byte{2}, func(r *Reader) { r.Bool() }, ErrNotCanonical},
		{"left over", []byte{1, 1}, func(r *Reader) { r.Bool() }, ErrTrailing},
		{"above limit", []byte{3, 0, 0, 0, 1, 1, 1}, func(r *Reader) { r.Bytes(2) }, ErrLimit},
		{"huge length", []byte{255, 255, 255, 255}, func(r *Reader) { r.Bytes(1 << 30) }, ErrLimit},
		{"length beyond the input", []byte{9, 0, 0, 0}, func(r *Reader) { r.Bytes(10) }, ErrTruncated},
		{"huge count", []byte{255, 255, 255, 0}, func(r *Reader) { r.Count(1 << 30) }, ErrTruncated},
		{"huge words", []byte{0, 0, 0, 64}, func(r *Reader) { r.Words(1 << 30) }, ErrTruncated},
		{"other number of words", []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, func(r *Reader) { r.Words(2) }, ErrLimit},
		{"not UTF-8", []byte{1, 0, 0, 0, 0xFF}, func(r *Reader) { r.String(4) }, ErrNotCanonical},
		{"negative", nil, func(r *Reader) { r.Fixed(-1) }, ErrTruncated},
	}
	for _, c := range cases {
		r := NewReader(c.in)
		c.read(r)
		if err := r.Close(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestErrorsStick(t *testing.T) {
	r := NewReader([]byte{2, 1, 2, 3, 4})
	r.Bool()
	first := r.Err()
	if r.U32() != 0 || r.Bytes(9) != nil || r.Words(0) != nil || len(r.Fixed(3)) != 3 || r.Count(9) != 0 {
		t.Error("a reader with an error reads on")
	}
	if r.Close() != first {
		t.Error("the first error is lost")
	}
}

func TestViewsCannotGrowIntoWhatFollows(t *testing.T) {
	in := []byte{1, 2, 3}
	view := NewReader(in).Fixed(1)
	_ = append(view, 9)
	if in[1] != 2 {
		t.Error("append to a field overwrote the next one")
	}
}

// A peer that announces much and sends little makes the reader allocate nothing but
// the error.
func TestAnnouncedLengthsAllocateNothing(t *testing.T) {
	huge := []byte{0xF0, 0xFF, 0xFF, 0x0F}
	for name, read := range map[string]func(*Reader){
		"bytes":  func(r *Reader) { r.Bytes(1 << 30) },
		"string": func(r *Reader) { _ = r.String(1 << 30) },
		"count":  func(r *Reader) { r.Count(1 << 30) },
		"words":  func(r *Reader) { r.Words(0x0FFFFFF0) },
		"fixed":  func(r *Reader) { r.Fixed(1 << 30) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read(NewReader(huge))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 64<<10 {
			t.Errorf("%s: %d bytes allocated for 4 received", name, got)
		}
	}
}

// After an error a fixed field is still as long as asked for: a decoder may convert
// it to an array before it looks at the error.
func TestFixedAfterAnError(t *testing.T) {
	r := NewReader([]byte{1, 2})
	if got := [32]byte(r.Fixed(32)); got != [32]byte{} {
		t.Errorf("%x", got)
	}
	if len(r.Fixed(MaxFixed)) != MaxFixed || r.Fixed(MaxFixed+1) != nil {
		t.Error("MaxFixed")
	}
}

func TestRefusalsOfTheDecoder(t *testing.T) {
	mine := errors.New("mine")
	r := NewReader([]byte{1})
	r.Fail(nil)
	r.Fail(mine)
	r.Fail(errors.New("later"))
	if err := r.Close(); !errors.Is(err, mine) {
		t.Error(err)
	}
}

func BenchmarkWords(b *testing.B) {
	words := make([]uint64, 1<<20)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(8 << 20)
		for b.Loop() {
			NewWriter().Words(words)
		}
	})
	w := NewWriter()
	w.Words(words)
	b.Run("read", func(b *testing.B) {
		b.SetBytes(8 << 20)
		for b.Loop() {
			NewReader(w.Data()).Words(1 << 20)
		}
	})
}

// What decodes encodes to the same bytes.
func FuzzReader(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 0, 7, 1, 0, 0, 0, 'x', 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(in)
		b, list, s := r.Bool(), r.Bytes(1<<20), r.String(1<<20)
		words := r.Words(1)
		if r.Close() != nil {
			return
		}
		w := NewWriter()
		w.Bool(b)
		w.Bytes(list)
		w.String(s)
		w.Words(words)
		if !bytes.Equal(w.Data(), in) {
			t.Fatalf("%x became %x", in, w.Data())
		}
	})
}
