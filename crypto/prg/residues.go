package prg

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// Residues fills dst with uniform residues modulo q, 2 <= q < 2^63, from stream
// number stream of key: words of the keystream cut to the length of q, those that
// are q or more left out. Streams of one key are independent of each other and
// of its masks for vectors and tags.
func Residues(dst []uint64, q uint64, key *Key, stream uint32) {
	clear(dst)
	AddResidues(dst, q, key, stream, false)
}

// AddResidues adds what [Residues] gives to dst modulo q, or subtracts it if sub.
// Every element of dst is below q, before and after.
func AddResidues(dst []uint64, q uint64, key *Key, stream uint32, sub bool) {
	s := newStream(key, domainResidue, 0, stream)
	mask := uint64(1)<<bits.Len64(q-1) - 1
	for len(dst) > 0 {
		n := min(len(dst), bufferWords)
		dst = dst[addResidues(dst[:n], s.next(n), q, mask, sub):]
	}
}

// addResidues uses up words and returns how many elements got one: a rejected
// word shows nothing of the residues that are used.
func addResidues(dst []uint64, words []byte, q, mask uint64, sub bool) (done int) {
	for ; len(words) >= 8; words = words[8:] {
		r := binary.LittleEndian.Uint64(words) & mask
		if r >= q {
			continue
		}
		if sub {
			r = reduce(q-r, q)
		}
		dst[done] = reduce(dst[done]+r, q)
		done++
	}
	return done
}

// reduce returns x mod q for x < 2q, without a branch.
func reduce(x, q uint64) uint64 {
	d, borrow := bits.Sub64(x, q, 0)
	return d + q&-borrow
}

// Reader returns the keystream of stream number stream of key as bytes, for samplers
// that ask for a reader. It is independent of everything else that key expands to.
func Reader(key *Key, stream uint32) io.Reader {
	return &reader{s: newStream(key, domainBytes, 0, stream)}
}

type reader struct {
	s    *stream
	left []byte
}

// Read fills p; it never fails.
func (r *reader) Read(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(r.left) == 0 {
			r.left = r.s.next(bufferWords)
		}
		k := copy(p, r.left)
		p, r.left = p[k:], r.left[k:]
	}
	return n, nil
}
