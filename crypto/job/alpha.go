package job

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// Alpha is the secret of a result's check: a 32-byte seed of the field element
// alpha, known to the analyst and the workers, not to the coordinator. It is a
// seed and not the element because [Manifest.AlphaHash] commits to it in the open:
// a 127-bit element could be searched for by a quantum computer.
type Alpha struct{ seed secret.Secret }

const (
	alphaSize      = 32
	labelAlpha     = "tacit/job/v1/alpha"
	labelAlphaHash = "tacit/job/v1/alpha hash"
)

// ErrAlpha says that a secret is not the alpha that the manifest commits to.
var ErrAlpha = errors.New("job: alpha is not the one that the manifest commits to")

func newAlpha(rand io.Reader) (Alpha, error) {
	var seed [alphaSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return Alpha{}, fmt.Errorf("job: randomness: %w", err)
	}
	return Alpha{secret.New(seed[:])}, nil
}

// Field returns alpha ∈ F_p.
func (a Alpha) Field() ring.F127 { return ring.ReduceF127(session.KDF(a.seed.Bytes(), labelAlpha)) }

func (a Alpha) hash() [32]byte { return session.Hash(labelAlphaHash, a.seed.Bytes()) }

// Opens reports whether a is what the manifest commits to.
func (a Alpha) Opens(m *Manifest) bool {
	return a.seed.Len() == alphaSize && a.hash() == m.AlphaHash
}

// Format prints "[secret]".
func (a Alpha) Format(f fmt.State, verb rune) { a.seed.Format(f, verb) }
