package dp

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"github.com/tacit-space/tacit/crypto/prg"
)

// SeedSize is the number of bytes that one call takes from its reader, whatever it draws.
const SeedSize = 32

const sourceWords = 512

// source is the stream of uniform words that one call draws from: the keystream of
// a seed. It buffers words, and never runs dry.
type source struct {
	stream io.Reader
	next   int
	words  [sourceWords]uint64
	bytes  [8 * sourceWords]byte // the words before decoding; here, so that it is not allocated anew
}

// newSource reads SeedSize bytes from rand.
func newSource(rand io.Reader) (*source, error) {
	var key prg.Key
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return nil, fmt.Errorf("dp: randomness: %w", err)
	}
	defer clear(key[:])
	return over(prg.Reader(&key, 0)), nil
}

// over returns the source of the words of a stream that neither ends nor fails.
func over(stream io.Reader) *source { return &source{stream: stream, next: sourceWords} }

func (s *source) word() uint64 {
	if s.next == sourceWords {
		s.refill()
	}
	w := s.words[s.next]
	s.next++
	return w
}

func (s *source) refill() {
	if _, err := io.ReadFull(s.stream, s.bytes[:]); err != nil {
		panic("dp: " + err.Error()) // a keystream does not fail
	}
	for i := range s.words {
		s.words[i] = binary.LittleEndian.Uint64(s.bytes[8*i:])
	}
	s.next = 0
}

// wipe forgets the words that are left.
func (s *source) wipe() {
	clear(s.words[:])
	clear(s.bytes[:])
}

// tie decides U < num/den < 1 for a U of which the first word is known, and known to be that
// of num/den: the words of both that follow are compared until they differ. It runs
// once in 2^64 decisions.
func (s *source) tie(num, den *big.Int) bool {
	digit, rest := new(big.Int), new(big.Int).Set(num)
	rest.Mod(rest.Lsh(rest, 64), den)
	for rest.Sign() != 0 {
		digit.DivMod(rest.Lsh(rest, 64), den, rest)
		if u, d := s.word(), digit.Uint64(); u != d {
			return u < d
		}
	}
	return false // num/den ends here, and U goes on
}
