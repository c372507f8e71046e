package secagg

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// Alpha is the secret of the sum's check: a 32-byte seed of the field element
// alpha, known to the analyst and the workers, not to the coordinator. It is a
// seed and not the element because [Manifest.AlphaHash] commits to it in the open:
// a 127-bit element could be searched for by a quantum computer.
type Alpha struct{ seed secret.Secret }

const (
	alphaSize      = 32
	labelAlpha     = "tacit/secagg/v1/alpha"
	labelAlphaHash = "tacit/secagg/v1/alpha hash"
)

var errAlpha = errors.New("secagg: alpha is not the one that the manifest commits to")

func newAlpha(rand io.Reader) (Alpha, error) {
	var seed [alphaSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return Alpha{}, fmt.Errorf("secagg: randomness: %w", err)
	}
	return Alpha{secret.New(seed[:])}, nil
}

// field returns alpha ∈ F_p.
func (a Alpha) field() ring.F127 { return ring.ReduceF127(session.KDF(a.seed.Bytes(), labelAlpha)) }

func (a Alpha) hash() [32]byte { return session.Hash(labelAlphaHash, a.seed.Bytes()) }

// opens reports whether a is what the manifest commits to.
func (a Alpha) opens(m *Manifest) bool {
	return a.seed.Len() == alphaSize && a.hash() == m.AlphaHash
}

// Format prints "[secret]".
func (a Alpha) Format(f fmt.State, verb rune) { a.seed.Format(f, verb) }
