package prg

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
)

// keystream is the simple form of the construction: block i is AES(key, domain|0|i).
func keystream(key *Key, domain byte, words int) []uint64 {
	c, _ := aes.NewCipher(key[:])
	out := make([]uint64, 0, words+1)
	for i := uint64(0); len(out) < words; i++ {
		var in, block [16]byte
		in[0] = domain
		binary.BigEndian.PutUint64(in[8:], i)
		c.Encrypt(block[:], in[:])
		out = append(out, binary.LittleEndian.Uint64(block[:8]), binary.LittleEndian.Uint64(block[8:]))
	}
	return out[:words]
}

// NIST SP 800-38A, F.1.5 (ECB-AES256): the block cipher under the stream is AES-256.
func TestBlockCipher(t *testing.T) {
	key, _ := hex.DecodeString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
	in, _ := hex.DecodeString("6bc1bee22e409f96e93d7e117393172a")
	c, _ := aes.NewCipher(key)
	out := make([]byte, 16)
	c.Encrypt(out, in)
	if got := hex.EncodeToString(out); got != "f3eed1bdb5d2a03c064b5a7e3db181f8" {
		t.Fatal(got)
	}
}

// Two parties with other bytes than these have masks that do not cancel. Computed a
// second time by: openssl enc -aes-256-ctr -K 0100…00 -iv 0000…00 (domain 1: -iv 0100…00).
func TestKnownAnswer(t *testing.T) {
	dst := make([]uint64, 3)
	Add(dst, &Key{1}, false)
	want := []uint64{0x23d557e93a7f9152, 0x715a7b7cf52a3a0d, 0xef656942e9c8bb0d}
	if !slices.Equal(dst, want) {
		t.Errorf("words %#x", dst)
	}
	tag := Tag(&Key{1}).Bytes()
	if got := hex.EncodeToString(tag[:]); got != "17bd8b2dad3b560c4dd758eb7d579223" {
		t.Errorf("tag %s", got)
	}
}

// The stream is CTR mode as the standard library has it, from block 0 and from any
// other, across a carry within the counter.
func TestCounterMode(t *testing.T) {
	key := Key{5}
	c, _ := aes.NewCipher(key[:])
	for _, block := range []uint64{0, 1, 1<<32 - 1, 1<<40 - 1} {
		iv := binary.BigEndian.AppendUint64(make([]byte, 8), block)
		want := make([]byte, 64)
		cipher.NewCTR(c, iv).XORKeyStream(want, want)
		dst := make([]uint64, 8)
		AddAt(dst, &key, 2*block, false)
		for i, w := range dst {
			if w != binary.LittleEndian.Uint64(want[8*i:]) {
				t.Errorf("block %d, word %d", block, i)
			}
		}
	}
}

func TestNoAllocationPerElement(t *testing.T) {
	key := Key{1}
	few, many := make([]uint64, 8), make([]uint64, 64*bufferWords)
	a := testing.AllocsPerRun(10, func() { Add(few, &key, false) })
	b := testing.AllocsPerRun(10, func() { Add(many, &key, false) })
	if b > a {
		t.Errorf("%v allocations for 8 words, %v for %d", a, b, len(many))
	}
}

func TestHalfAnElementPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an odd number of words is masked as 128-bit elements")
		}
	}()
	dst := slices.Repeat([]uint64{0}, 3)
	Add128(dst, &Key{}, false)
}

// Every range of a vector gets the words that the whole gets, whatever its start,
// length and alignment.
func TestRangesAgreeWithTheWhole(t *testing.T) {
	key := Key{7}
	const n = 3*bufferWords + 5
	whole := keystream(&key, 0, n)
	for _, first := range []int{0, 1, 2, 3, 511, 512, 513, 1024, n - 1, n} {
		for _, length := range []int{0, 1, 2, 3, 512, 513, n} {
			end := min(first+length, n)
			dst := make([]uint64, end-first)
			AddAt(dst, &key, uint64(first), false)
			for i := range dst {
				if dst[i] != whole[first+i] {
					t.Fatalf("range %d…%d, word %d differs", first, end, i)
				}
			}
			AddAt(dst, &key, uint64(first), true)
			for i := range dst {
				if dst[i] != 0 {
					t.Fatalf("range %d…%d does not cancel", first, end)
				}
			}
		}
	}
}

func TestPairsCarry(t *testing.T) {
	key := Key{9}
	const n = bufferWords + 3
	mask := keystream(&key, 0, 2*n)
	r := rand.New(rand.NewPCG(1, 2))
	x := ring.NewVector(ring.Width128, n)
	for i := range x.Words {
		x.Words[i] = r.Uint64()
	}
	for _, sub := range []bool{false, true} {
		for _, first := range []int{0, 1, 255, n - 1} {
			y := x.Slice(first, n).Clone()
			AddVector(y, &key, uint64(first), sub)
			for i := range y.Len() {
				m := pair(mask[2*(first+i)], mask[2*(first+i)+1])
				want := pair(x.Words[2*(first+i)], x.Words[2*(first+i)+1])
				if sub {
					want.Sub(want, m)
				} else {
					want.Add(want, m)
				}
				want.And(want, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1)))
				if got := pair(y.Words[2*i], y.Words[2*i+1]); got.Cmp(want) != 0 {
					t.Fatalf("sub %v, element %d differs", sub, first+i)
				}
			}
		}
	}
}

func pair(lo, hi uint64) *big.Int {
	x := new(big.Int).SetUint64(hi)
	return x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(lo))
}

func TestFieldMasks(t *testing.T) {
	key := Key{3}
	var dst [4]ring.F127
	Field(dst[:], &key)
	words := keystream(&key, 1, 16)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	for i := range dst {
		wide := new(big.Int)
		for j := 3; j >= 0; j-- {
			wide.Lsh(wide, 64).Or(wide, new(big.Int).SetUint64(words[4*i+j]))
		}
		b := dst[i].Bytes()
		got := pair(binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:]))
		if got.Cmp(wide.Mod(wide, p)) != 0 {
			t.Errorf("element %d is %v", i, got)
		}
	}
	if !Tag(&key).Equal(dst[0]) {
		t.Error("Tag is not the first element")
	}
	if keystream(&key, 0, 1)[0] == words[0] {
		t.Error("the domains overlap")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	if s := fmt.Sprintf("%v %x %#v", Key{1}, Key{2}, &Key{3}); s != "[secret] [secret] [secret]" {
		t.Error(s)
	}
}

const benchWords = 1 << 20

// The raw rate that masking is compared with.
func BenchmarkAESCTR(b *testing.B) {
	for _, size := range []int{16, 32} {
		b.Run(fmt.Sprint(8*size), func(b *testing.B) {
			c, _ := aes.NewCipher(make([]byte, size))
			s := cipher.NewCTR(c, make([]byte, 16))
			buf := make([]byte, 8*bufferWords)
			b.SetBytes(8 * benchWords)
			for b.Loop() {
				for range benchWords / bufferWords {
					s.XORKeyStream(buf, buf)
				}
			}
		})
	}
}

func BenchmarkCopy(b *testing.B) {
	dst, src := make([]uint64, benchWords), make([]uint64, benchWords)
	for i := range src {
		src[i] = uint64(i)
	}
	b.SetBytes(8 * benchWords)
	for b.Loop() {
		copy(dst, src)
	}
}

func BenchmarkAdd(b *testing.B) {
	dst := make([]uint64, benchWords)
	b.SetBytes(8 * benchWords)
	for b.Loop() {
		Add(dst, &Key{1}, false)
	}
}

// A vector of 2^20 words masked with 101 keys, range by range, as a client among 100
// does, on one core and on two.
func BenchmarkClient(b *testing.B) {
	dst := make([]uint64, benchWords)
	const block, keys = 8192, 101
	part := func(from, to int) {
		for first := from; first < to; first += block {
			for k := range keys {
				AddAt(dst[first:first+block], &Key{byte(k)}, uint64(first), k%2 == 0)
			}
		}
	}
	for _, cores := range []int{1, 2} {
		b.Run(fmt.Sprint(cores), func(b *testing.B) {
			b.SetBytes(keys * 8 * benchWords)
			for b.Loop() {
				var all sync.WaitGroup
				for i := range cores {
					all.Go(func() { part(i*benchWords/cores, (i+1)*benchWords/cores) })
				}
				all.Wait()
			}
		})
	}
}

func BenchmarkAdd128(b *testing.B) {
	dst := make([]uint64, benchWords)
	b.SetBytes(8 * benchWords)
	for b.Loop() {
		Add128(dst, &Key{1}, false)
	}
}
