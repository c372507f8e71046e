package he

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/wire"
)

// bases are those whose polynomials travel, of all sets.
func bases(t testing.TB) map[string]*Basis {
	t.Helper()
	all := map[string]*Basis{}
	for _, name := range Sets() {
		p, err := Set(name)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := NewCircuit(2)
		all[name+" keys"], all[name+" inputs"], all[name+" all"], all[name+" outputs"] = p.QP, p.Inputs(c), p.Q, p.Out
	}
	return all
}

// random returns a polynomial with the extremes of every limb in its first and last
// coefficients.
func (b *Basis) random(rng *rand.Rand) Poly {
	p := b.Zero()
	for l, q := range b.primes {
		for i := range p[l] {
			p[l][i] = rng.Uint64N(q)
		}
		p[l][0], p[l][1], p[l][b.n-2], p[l][b.n-1] = q-1, 0, 0, q-1
	}
	return p
}

// packBits is packing as it is specified: bit by bit.
func packBits(words []uint64, width int) []byte {
	out := make([]byte, len(words)*width/8)
	for i, x := range words {
		for j := range width {
			at := i*width + j
			out[at/8] |= byte(x>>j&1) << (at % 8)
		}
	}
	return out
}

// TestPack compares with packing bit by bit, for all widths and lengths.
func TestPack(t *testing.T) {
	rng := seededRand("pack")
	for width := 1; width <= 61; width++ {
		for _, n := range []int{8, 16, 24, 64, 136} {
			words := make([]uint64, n)
			for i := range words {
				words[i] = rng.Uint64() & (1<<width - 1)
			}
			words[0], words[1], words[n-1] = 1<<width-1, 0, 1<<width-1
			packed := pack([]byte("before"), words, width)
			if want := packBits(words, width); string(packed) != "before"+string(want) {
				t.Fatalf("width %d, %d words: %x, wants %x", width, n, packed, want)
			}
			got := make([]uint64, n)
			if !unpack(got, packed[len("before"):], width, 1<<width) || !slices.Equal(got, words) {
				t.Fatalf("width %d, %d words do not come back", width, n)
			}
			if unpack(got, packed[len("before"):], width, 1<<width-1) {
				t.Fatalf("width %d: a word that is not below q passes", width)
			}
		}
	}
}

// TestEncoding: what is encoded is as long as Size says, decodes to the same, and is the
// limbs in their order.
func TestEncoding(t *testing.T) {
	for name, b := range bases(t) {
		p := b.random(seededRand("%s", name))
		data := b.Append(nil, p)
		if len(data) != b.Size() || b.Limbs() != len(b.primes) {
			t.Fatalf("%s: %d bytes, Size says %d", name, len(data), b.Size())
		}
		at := 0
		for l, w := range b.bits {
			if part := packBits(p[l][:64], w); !bytes.Equal(data[at:at+len(part)], part) {
				t.Errorf("%s: limb %d", name, l)
			}
			at += b.n * w / 8
		}
		back, err := b.Decode(data)
		if err != nil || !slices.EqualFunc(back, p, slices.Equal[[]uint64]) {
			t.Errorf("%s does not come back: %v", name, err)
		}
	}
}

// TestDecodeRefuses: lengths other than the one, whatever they are, and a residue that is
// not reduced at any place.
func TestDecodeRefuses(t *testing.T) {
	for name, full := range bases(t) {
		b := newBasis(64, full.primes)
		rng := seededRand("%s", name)
		p, dst := b.random(rng), b.random(rng)
		data, before := b.Append(nil, p), b.Append(nil, dst)
		refused := func(what string, data []byte) {
			t.Helper()
			got, err := b.Decode(data)
			if !errors.Is(err, ErrPoly) || got != nil {
				t.Errorf("%s: %s: %v", name, what, err)
			}
			if err := b.AddEncoded(dst, data); !errors.Is(err, ErrPoly) || !bytes.Equal(b.Append(nil, dst), before) {
				t.Errorf("%s: %s: adding it changes the sum, or %v", name, what, err)
			}
		}
		for _, n := range []int{0, 1, 7, 8, b.n, len(data) / 2, len(data) - 8, len(data) - 1} {
			refused(fmt.Sprintf("%d bytes", n), data[:n])
		}
		for _, n := range []int{1, 7, 8, len(data)} {
			refused(fmt.Sprintf("%d bytes more", n), append(slices.Clone(data), make([]byte, n)...))
		}
		for l, q := range b.primes {
			for i := range b.n {
				for _, x := range []uint64{q, q + 1, 1<<b.bits[l] - 1} {
					old := p[l][i]
					p[l][i] = x
					refused(fmt.Sprintf("residue %d in limb %d", i, l), b.Append(nil, p))
					p[l][i] = old
				}
			}
		}
		if !bytes.Equal(b.Append(nil, p), data) {
			t.Error("the polynomial has changed")
		}
	}
}

// TestDecodeRefusesOutputs: the same at full size.
func TestDecodeRefusesOutputs(t *testing.T) {
	p, err := Set("F7")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Out
	for l, q := range b.primes {
		for _, i := range []int{0, b.n / 2, b.n - 1} {
			x := b.random(seededRand("outputs"))
			x[l][i] = q
			if _, err := b.Decode(b.Append(nil, x)); !errors.Is(err, ErrPoly) {
				t.Errorf("residue %d in limb %d: %v", i, l, err)
			}
		}
	}
}

// TestEveryLength of a small basis but the right one is refused, without taking memory
// for a polynomial.
func TestEveryLength(t *testing.T) {
	b := newBasis(8, []uint64{0x7e4001, 0x1ffffff0001})
	data := b.Append(nil, b.random(seededRand("small")))
	long := append(slices.Clone(data), make([]byte, 2*len(data))...)
	for n := range long {
		if _, err := b.Decode(long[:n]); (err == nil) != (n == len(data)) {
			t.Errorf("%d of %d bytes: %v", n, len(data), err)
		}
	}
	p, _ := Set("G31")
	few := make([]byte, 100)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		_, _ = p.QP.Decode(few)
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / 100; n > 4096 {
		t.Errorf("100 bytes make Decode allocate %d", n)
	}
}

// TestAddEncoded: the sum of encodings is that of polynomials.
func TestAddEncoded(t *testing.T) {
	p, _ := Set("H15")
	b, rng := p.QP, seededRand("sum")
	x, y := b.random(rng), b.random(rng)
	data := b.Append(nil, y)
	dst := b.Zero()
	for _, data := range [][]byte{b.Append(nil, x), data} {
		if err := b.AddEncoded(dst, data); err != nil {
			t.Fatal(err)
		}
	}
	for l, q := range b.primes {
		for i := range dst[l] {
			if want := (x[l][i] + y[l][i]) % q; dst[l][i] != want {
				t.Fatalf("limb %d: %d, wants %d", l, dst[l][i], want)
			}
		}
	}
}

// TestErrorsHoldNoResidue: what is wrong with a polynomial is said without it.
func TestErrorsHoldNoResidue(t *testing.T) {
	b := newBasis(8, []uint64{0x7e4001})
	p := b.Zero()
	p[0][3] = 8344257
	_, err := b.Decode(b.Append(nil, p))
	if err == nil || strings.Contains(err.Error(), "8344257") {
		t.Error(err)
	}
}

// fuzzed is small, so that a fuzzer finds its way, with widths that cross words.
var fuzzed = newBasis(16, []uint64{0x7e4001, 0x1ffffff0001, 0x1fffffffffc0001})

// FuzzDecodePoly: nothing panics, what is accepted is reduced and encodes to the same
// bytes.
func FuzzDecodePoly(f *testing.F) {
	rng := seededRand("fuzz")
	f.Add(fuzzed.Append(nil, fuzzed.Zero()))
	f.Add(fuzzed.Append(nil, fuzzed.random(rng)))
	f.Add(bytes.Repeat([]byte{255}, fuzzed.Size()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := fuzzed.Decode(data)
		if err != nil {
			if !errors.Is(err, ErrPoly) {
				t.Error(err)
			}
			return
		}
		for l, q := range fuzzed.primes {
			if slices.Max(p[l]) >= q {
				t.Error("a residue is not reduced")
			}
		}
		if !bytes.Equal(fuzzed.Append(nil, p), data) {
			t.Error("not canonical")
		}
		if words := packBits(p[0], fuzzed.bits[0]); !bytes.HasPrefix(data, words) {
			t.Error("limb 0 is elsewhere")
		}
	})
}

// FuzzDecodeFingerprint: as FuzzDecodePoly.
func FuzzDecodeFingerprint(f *testing.F) {
	f.Add(make([]byte, fuzzed.FingerprintSize()))
	f.Add(bytes.Repeat([]byte{1, 2, 3, 4, 0, 0, 0, 0}, fuzzed.FingerprintSize()/8))
	f.Add(bytes.Repeat([]byte{255}, fuzzed.FingerprintSize()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := wire.NewReader(data)
		fp := fuzzed.DecodeFingerprint(r)
		if r.Close() != nil {
			return
		}
		for i, x := range fp {
			if x >= fuzzed.primes[i%len(fuzzed.primes)] {
				t.Error("a residue is not reduced")
			}
		}
		var w wire.Writer
		fp.Encode(&w)
		if !bytes.Equal(w.Data(), data) {
			t.Error("not canonical")
		}
	})
}
