package prg

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/tacit-space/tacit/crypto/ring"
)

// Key is the seed of one mask. It is secret and used for one vector only.
type Key [32]byte

// Format prints "[secret]" under every verb but %p, of which package fmt does not ask.
// (A Key in an unexported field of another struct is still visible to reflection:
// keep such keys in a secret.Secret.)
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

const (
	domainVector  = 0
	domainField   = 1
	domainResidue = 2
	domainBytes   = 3

	// bufferWords is the part of the keystream that is made at a time: 4 KiB,
	// small beside a first-level cache of 32 KiB or more.
	bufferWords = 512
)

// Add adds the mask of key to dst modulo 2^64, or subtracts it if sub.
func Add(dst []uint64, key *Key, sub bool) { AddAt(dst, key, 0, sub) }

// AddAt is [Add] for a range: dst[0] is word number word of the vector.
func AddAt(dst []uint64, key *Key, word uint64, sub bool) {
	s := newStream(key, domainVector, word/2, 0)
	if word%2 == 1 && len(dst) > 0 {
		first := s.next(2)
		addWords(dst[:1], first[8:], sub)
		dst = dst[1:]
	}
	for len(dst) > 0 {
		n := min(len(dst), bufferWords)
		addWords(dst[:n], s.next(n), sub)
		dst = dst[n:]
	}
}

// Add128 adds the mask of key to dst modulo 2^128, or subtracts it if sub. dst
// holds pairs of words, the low word first; an odd length is a programming
// error and panics.
func Add128(dst []uint64, key *Key, sub bool) { Add128At(dst, key, 0, sub) }

// Add128At is [Add128] for a range: dst[0:2] is element number element.
func Add128At(dst []uint64, key *Key, element uint64, sub bool) {
	if len(dst)%2 != 0 {
		panic("prg: half a 128-bit element")
	}
	s := newStream(key, domainVector, element, 0)
	for len(dst) > 0 {
		n := min(len(dst), bufferWords)
		addPairs(dst[:n], s.next(n), sub)
		dst = dst[n:]
	}
}

// AddVector adds or subtracts the mask of key to the range of a vector that
// begins with element number first: [AddAt] or [Add128At] after the width.
func AddVector(v ring.Vector, key *Key, first uint64, sub bool) {
	if v.Width == ring.Width128 {
		Add128At(v.Words, key, first, sub)
		return
	}
	AddAt(v.Words, key, first, sub)
}

// Field fills dst with the elements of F_p, p = 2^127−1, that key expands to.
// They are independent of the words of [Add] under the same key, so that one
// key masks one vector and its tag.
func Field(dst []ring.F127, key *Key) {
	s := newStream(key, domainField, 0, 0)
	for i := range dst {
		dst[i] = ring.ReduceF127([32]byte(s.next(4)))
	}
}

// Tag returns the first element that [Field] gives: the mask of a tag.
func Tag(key *Key) ring.F127 {
	var dst [1]ring.F127
	Field(dst[:], key)
	return dst[0]
}

// stream is a position in the keystream of one key, domain and number.
type stream struct {
	ctr cipher.Stream
	buf [8 * bufferWords]byte
}

func newStream(key *Key, domain byte, block uint64, number uint32) *stream {
	c, err := aes.NewCipher(key[:])
	if err != nil {
		panic("prg: " + err.Error()) // only a wrong key length fails
	}
	var iv [aes.BlockSize]byte
	iv[0] = domain
	binary.BigEndian.PutUint32(iv[1:], number)
	binary.BigEndian.PutUint64(iv[8:], block)
	return &stream{ctr: cipher.NewCTR(c, iv[:])}
}

// next returns the following words words of keystream, at most bufferWords, as
// bytes that are valid until the next call.
func (s *stream) next(words int) []byte {
	b := s.buf[:8*words]
	s.ctr.XORKeyStream(b, zeros[:len(b)])
	return b
}

// zeros is what the keystream is added to; it is never written.
var zeros [8 * bufferWords]byte

func addWords(dst []uint64, mask []byte, sub bool) {
	mask = mask[:8*len(dst)]
	if sub {
		for len(dst) >= 4 && len(mask) >= 32 {
			dst[0] -= binary.LittleEndian.Uint64(mask[0:])
			dst[1] -= binary.LittleEndian.Uint64(mask[8:])
			dst[2] -= binary.LittleEndian.Uint64(mask[16:])
			dst[3] -= binary.LittleEndian.Uint64(mask[24:])
			dst, mask = dst[4:], mask[32:]
		}
		for i := range dst {
			dst[i] -= binary.LittleEndian.Uint64(mask[8*i:])
		}
		return
	}
	for len(dst) >= 4 && len(mask) >= 32 {
		dst[0] += binary.LittleEndian.Uint64(mask[0:])
		dst[1] += binary.LittleEndian.Uint64(mask[8:])
		dst[2] += binary.LittleEndian.Uint64(mask[16:])
		dst[3] += binary.LittleEndian.Uint64(mask[24:])
		dst, mask = dst[4:], mask[32:]
	}
	for i := range dst {
		dst[i] += binary.LittleEndian.Uint64(mask[8*i:])
	}
}

func addPairs(dst []uint64, mask []byte, sub bool) {
	mask = mask[:8*len(dst)]
	var carry uint64
	if sub {
		for i := 0; i+1 < len(dst); i += 2 {
			dst[i], carry = bits.Sub64(dst[i], binary.LittleEndian.Uint64(mask[8*i:]), 0)
			dst[i+1], _ = bits.Sub64(dst[i+1], binary.LittleEndian.Uint64(mask[8*i+8:]), carry)
		}
		return
	}
	for i := 0; i+1 < len(dst); i += 2 {
		dst[i], carry = bits.Add64(dst[i], binary.LittleEndian.Uint64(mask[8*i:]), 0)
		dst[i+1], _ = bits.Add64(dst[i+1], binary.LittleEndian.Uint64(mask[8*i+8:]), carry)
	}
}
