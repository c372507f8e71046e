package identity

import (
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/sign"
)

// SeedSize is the size of the seed in bytes.
const SeedSize = 32

const (
	labelSign  = "tacit/identity/v1/sign"
	labelKEM   = "tacit/identity/v1/x-wing"
	labelStore = "tacit/identity/v1/store"
)

// Identity is the private side of a member. It is immutable; many goroutines may
// use it.
type Identity struct {
	seed   secret.Secret
	sign   sign.PrivateKey
	box    kem.PrivateKey
	public Public
}

// Generate makes an identity from 32 bytes of rand.
func Generate(rand io.Reader) (*Identity, error) {
	var seed [SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return nil, fmt.Errorf("identity: randomness: %w", err)
	}
	defer clear(seed[:])
	return FromSeed(seed), nil
}

// FromSeed makes the identity of a seed, which must be uniformly random.
func FromSeed(seed [SeedSize]byte) *Identity {
	id := &Identity{
		seed: secret.New(seed[:]),
		sign: sign.DeriveKey(session.KDF(seed[:], labelSign)),
		box:  kem.DeriveKey(session.KDF(seed[:], labelKEM)),
	}
	id.public = newPublic(id.sign.Public(), id.box.Public())
	return id
}

// Seed returns what [FromSeed] makes the identity from.
func (id *Identity) Seed() secret.Secret { return id.seed }

// Public returns the public side.
func (id *Identity) Public() Public { return id.public }

// Sign signs a message under a label with Ed25519; see [Public.Verify].
func (id *Identity) Sign(label string, msg []byte) []byte { return id.sign.Sign(label, msg) }

// SignHybrid signs with Ed25519 and ML-DSA-65; see [Public.VerifyHybrid].
func (id *Identity) SignHybrid(label string, msg []byte) []byte {
	return id.sign.SignHybrid(label, msg)
}

// Open opens a box that [Public.Seal] sealed with the same info and aad, or returns
// [kem.ErrBox].
func (id *Identity) Open(info, aad, box []byte) ([]byte, error) { return id.box.Open(info, aad, box) }

// Ed25519 returns the key of the TLS certificate.
func (id *Identity) Ed25519() ed25519.PrivateKey { return id.sign.Ed25519() }

// StoreKey returns the key that seals one kind of state at rest.
func (id *Identity) StoreKey(label string) [32]byte {
	return session.KDF(id.seed.Bytes(), labelStore, []byte(label))
}

// Format prints the fingerprint.
func (id *Identity) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, id.public.Fingerprint())
}
