package prg

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

// moduli are of many lengths: the smallest, powers of two and their neighbours, primes of
// the encryption, and one just below the limit.
var moduli = []uint64{
	2, 3, 4, 5, 127, 128, 129, 65537, 0x7e4001, 0x3ffe8001, 1<<32 - 1, 1 << 32, 1<<32 + 1,
	0x1ffffffff38001, 0x1fffffffffc0001, 1<<62 + 1, 1<<63 - 25,
}

// streamWords are words of a numbered stream, block by block: AES(key, domain|number|0³|i).
func streamWords(key *Key, domain byte, number uint32, words int) []uint64 {
	c, _ := aes.NewCipher(key[:])
	var out []uint64
	for i := uint64(0); len(out) < words; i++ {
		var in, block [16]byte
		in[0] = domain
		binary.BigEndian.PutUint32(in[1:], number)
		binary.BigEndian.PutUint64(in[8:], i)
		c.Encrypt(block[:], in[:])
		out = append(out, binary.LittleEndian.Uint64(block[:8]), binary.LittleEndian.Uint64(block[8:]))
	}
	return out[:words]
}

// naive is what Residues should give: words cut to the length of q − 1, those of q and more
// left out.
func naive(n int, q uint64, key *Key, number uint32) []uint64 {
	var out []uint64
	words := streamWords(key, domainResidue, number, 16*n+1024)
	for _, w := range words {
		if w %= uint64(1) << bits.Len64(q-1); w < q && len(out) < n {
			out = append(out, w)
		}
	}
	return out
}

// TestResidues: for every modulus and for lengths around that of a buffer, a simple
// implementation gives the same.
func TestResidues(t *testing.T) {
	key := Key{1, 2}
	for _, q := range moduli {
		for _, n := range []int{0, 1, 2, bufferWords - 1, bufferWords, bufferWords + 1, 3*bufferWords + 7} {
			for _, number := range []uint32{0, 1, 1<<32 - 1} {
				dst := slices.Repeat([]uint64{math.MaxUint64}, n) // what was there does not matter
				Residues(dst, q, &key, number)
				if !slices.Equal(dst, naive(n, q, &key, number)) {
					t.Fatalf("%d residues modulo %d of stream %d", n, q, number)
				}
			}
		}
	}
}

// TestResiduesKnownAnswer: parties with other residues than these have masks that do not
// cancel. They are the low 53 bits of the words that openssl enc -aes-256-ctr -K 0100…00 -iv
// 0200000005000…0 makes of zeros; the bytes are those with -iv 0300000005000…0.
func TestResiduesKnownAnswer(t *testing.T) {
	dst := make([]uint64, 4)
	Residues(dst, 0x1ffffffff38001, &Key{1}, 5)
	want := []uint64{0x1e0f9a3372b9d8, 0x1e2ebf90d4b7b0, 0x15ce51139d16ad, 0x219c86622b495}
	if !slices.Equal(dst, want) {
		t.Errorf("%#x", dst)
	}
	var b [24]byte
	_, _ = Reader(&Key{1}, 5).Read(b[:])
	if got := hex.EncodeToString(b[:]); got != "4dc7cd20d2151245ab2736ace6df9da7e3d81cd3576a0b06" {
		t.Errorf("%s", got)
	}
}

// TestAddResidues: adding is addition modulo q of what Residues gives, subtracting undoes
// it, and elements stay below q.
func TestAddResidues(t *testing.T) {
	key := Key{3}
	rng := rand.New(rand.NewPCG(5, 5))
	for _, q := range moduli {
		const n = bufferWords + 9
		x, mask := make([]uint64, n), make([]uint64, n)
		for i := range x {
			x[i] = rng.Uint64N(q)
		}
		x[0], x[1], x[n-1] = 0, q-1, q-1
		Residues(mask, q, &key, 9)
		for _, sub := range []bool{false, true} {
			y := slices.Clone(x)
			AddResidues(y, q, &key, 9, sub)
			for i := range y {
				want := (x[i] + mask[i]) % q
				if sub {
					want = (x[i] + q - mask[i]) % q
				}
				if y[i] != want {
					t.Fatalf("modulo %d: %d and the mask %d give %d (sub %v)", q, x[i], mask[i], y[i], sub)
				}
			}
			AddResidues(y, q, &key, 9, !sub)
			if !slices.Equal(x, y) {
				t.Fatalf("masks modulo %d do not cancel", q)
			}
		}
	}
}

// TestResiduesAreUniform: 2^17 residues in 128 bins; χ² of 127 degrees of freedom is above
// 228 with probability below 1e-7, of seventeen moduli some with 2e-6.
func TestResiduesAreUniform(t *testing.T) {
	const n, bins = 1 << 17, 128
	for _, q := range moduli {
		dst := make([]uint64, n)
		Residues(dst, q, &Key{7}, 0)
		use := min(bins, q)
		counts, sizes := make([]int, use), make([]float64, use)
		for i := range use {
			// Residues r with floor(r·use/q) = i.
			sizes[i] = float64(ceilMulDiv(i+1, q, use)-ceilMulDiv(i, q, use)) / float64(q)
		}
		for _, r := range dst {
			if r >= q {
				t.Fatalf("%d modulo %d", r, q)
			}
			hi, lo := bits.Mul64(r, use)
			i, _ := bits.Div64(hi, lo, q)
			counts[i]++
		}
		chi := 0.0
		for i, c := range counts {
			want := n * sizes[i]
			chi += (float64(c) - want) * (float64(c) - want) / want
		}
		limit := map[uint64]float64{2: 29, 3: 33, 4: 36, 5: 39} // as unlikely
		if chi > max(limit[use], 228*float64(use/127)) {
			t.Errorf("modulo %d: χ² = %.0f", q, chi)
		}
	}
}

// ceilMulDiv returns ceil(a·b/c).
func ceilMulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, r := bits.Div64(hi, lo, c)
	if r > 0 {
		q++
	}
	return q
}

// TestStreamsAreIndependent: streams of other numbers, keys and domains have nothing in
// common.
func TestStreamsAreIndependent(t *testing.T) {
	seen := map[uint64]string{}
	add := func(name string, words []uint64) {
		t.Helper()
		for _, w := range words {
			if other, ok := seen[w]; ok {
				t.Fatalf("%s and %s share a word", name, other)
			}
			seen[w] = name
		}
	}
	residues := func(key *Key, number uint32) []uint64 {
		dst := make([]uint64, 100)
		Residues(dst, 1<<62, key, number)
		return dst
	}
	raw := func(read func(words []byte)) []uint64 {
		b := make([]byte, 800)
		read(b)
		words := make([]uint64, 100)
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(b[8*i:]) % (1 << 62)
		}
		return words
	}
	for _, number := range []uint32{0, 1, 2, 31, 32, 255, 256, 1 << 24, 1<<32 - 1} {
		for _, key := range []Key{{}, {1}, {31: 1}} {
			add(fmt.Sprintf("residues %d of %x", number, key[:]), residues(&key, number))
			add(fmt.Sprintf("bytes %d of %x", number, key[:]), raw(func(b []byte) { _, _ = Reader(&key, number).Read(b) }))
		}
	}
	add("a vector", raw(func(b []byte) {
		words := make([]uint64, 100)
		Add(words, &Key{1}, false)
		for i, w := range words {
			binary.LittleEndian.PutUint64(b[8*i:], w)
		}
	}))
}

// TestReader: the stream is that of the standard library's CTR mode, never fails, and does
// not depend on how much is read at a time.
func TestReader(t *testing.T) {
	key := Key{5}
	const n = 3*8*bufferWords + 13
	want := make([]byte, n)
	c, _ := aes.NewCipher(key[:])
	iv := []byte{domainBytes, 0, 0, 1, 4, 15: 0}
	cipher.NewCTR(c, iv).XORKeyStream(want, want)
	for _, read := range []func(io.Reader) io.Reader{
		func(r io.Reader) io.Reader { return r },
		iotest.OneByteReader,
		iotest.HalfReader,
		func(r io.Reader) io.Reader { return io.MultiReader(io.LimitReader(r, 4095), io.LimitReader(r, 2), r) },
	} {
		got := make([]byte, n)
		if _, err := io.ReadFull(read(Reader(&key, 260)), got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("other bytes, or %v", err)
		}
	}
	r, rng := Reader(&key, 260), rand.New(rand.NewPCG(9, 9))
	for left := want; len(left) > 0; {
		part := make([]byte, rng.IntN(min(len(left), 1500)+1))
		if k, err := r.Read(part); k != len(part) || err != nil || !bytes.Equal(part, left[:k]) {
			t.Fatalf("%d of %d bytes, %v", k, len(part), err)
		}
		left = left[len(part):]
	}
}

func BenchmarkResidues(b *testing.B) {
	dst := make([]uint64, 1<<14)
	b.SetBytes(8 << 14)
	for b.Loop() {
		AddResidues(dst, 0x1ffffffff38001, &Key{1}, 0, false)
	}
}
