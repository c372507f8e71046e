package cryptotest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/tacit-space/tacit/crypto/identity"
)

// Identity returns the identity of a name, always the same.
func Identity(name string) *identity.Identity {
	return identity.FromSeed(sha256.Sum256([]byte("cryptotest identity " + name)))
}

// Rand returns a stream of bytes that follows from the seed: for tests, in the
// place of crypto/rand.Reader.
func Rand(format string, args ...any) io.Reader {
	return rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "cryptotest rand "+format, args...)))
}
