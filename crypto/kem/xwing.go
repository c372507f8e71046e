package kem

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/kem/xwing"

	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// Sizes in bytes.
const (
	SeedSize       = xwing.SeedSize
	PublicKeySize  = xwing.PublicKeySize
	CiphertextSize = xwing.CiphertextSize
	SharedSize     = xwing.SharedKeySize
)

// ErrKey says that bytes are not a public key.
var ErrKey = errors.New("kem: not an X-Wing public key")

const labelCoins = "tacit/kem/v1/coins"

// PublicKey is an X-Wing public key that passed its checks. It is immutable. The
// zero value is no key: nothing is encrypted to it.
type PublicKey struct{ packed [PublicKeySize]byte }

// ParsePublicKey reads a public key of exactly [PublicKeySize] bytes. It returns
// [ErrKey] for an ML-KEM half that is not reduced (FIPS 203, section 7.2) and for an
// X25519 half that is not reduced or has low order.
func ParsePublicKey(b []byte) (PublicKey, error) {
	if len(b) != PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes, wants %d", ErrKey, len(b), PublicKeySize)
	}
	var key xwing.PublicKey
	if err := key.Unpack(b); err != nil {
		return PublicKey{}, fmt.Errorf("%w: ML-KEM half", ErrKey)
	}
	if !soundX25519([32]byte(b[PublicKeySize-32:])) {
		return PublicKey{}, fmt.Errorf("%w: X25519 half", ErrKey)
	}
	return PublicKey{[PublicKeySize]byte(b)}, nil
}

// Bytes returns the one encoding of the key.
func (k PublicKey) Bytes() [PublicKeySize]byte { return k.packed }

// PrivateKey is an X-Wing key pair, held as its 32-byte seed: expanding the seed takes
// as long as half a decapsulation, and there is nothing else to wipe.
type PrivateKey struct {
	seed   secret.Secret
	public PublicKey
}

// DeriveKey makes the key pair of a seed, which must be uniformly random.
func DeriveKey(seed [SeedSize]byte) PrivateKey {
	_, packed := xwing.DeriveKeyPairPacked(seed[:])
	return PrivateKey{secret.New(seed[:]), PublicKey{[PublicKeySize]byte(packed)}}
}

// GenerateKey makes a key pair from 32 bytes of rand.
func GenerateKey(rand io.Reader) (PrivateKey, error) {
	var seed [SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return PrivateKey{}, fmt.Errorf("kem: randomness: %w", err)
	}
	return DeriveKey(seed), nil
}

// Public returns the public half.
func (k PrivateKey) Public() PublicKey { return k.public }

// Seed returns what [DeriveKey] makes the key from.
func (k PrivateKey) Seed() secret.Secret { return k.seed }

// Wipe overwrites the seed in every copy of the key.
func (k PrivateKey) Wipe() { k.seed.Wipe() }

// EncapsulateDeterministic makes a ciphertext for key and the shared secret in
// it from a 32-byte seed, which is expanded to X-Wing's 64 bytes of coins. The
// seed is secret and used for one key only: whoever has it, has the secret. The zero
// key is a programming error and panics.
func EncapsulateDeterministic(key PublicKey, seed [32]byte) (ct [CiphertextSize]byte, shared [SharedSize]byte) {
	if key == (PublicKey{}) {
		panic("kem: encapsulation to no key")
	}
	var coins [xwing.EncapsulationSeedSize]byte
	for half := range 2 {
		part := session.KDF(seed[:], labelCoins, []byte{byte(half)})
		copy(coins[32*half:], part[:])
	}
	var unpacked xwing.PublicKey
	if err := unpacked.Unpack(key.packed[:]); err != nil {
		panic("kem: " + err.Error()) // every other key passed this check
	}
	unpacked.EncapsulateTo(ct[:], shared[:], coins[:])
	clear(coins[:])
	return ct, shared
}

// Encapsulate is [EncapsulateDeterministic] with 32 bytes of rand as the seed; the
// zero key gives [ErrKey].
func Encapsulate(key PublicKey, rand io.Reader) (ct [CiphertextSize]byte, shared [SharedSize]byte, err error) {
	if key == (PublicKey{}) {
		return ct, shared, ErrKey
	}
	var seed [32]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return ct, shared, fmt.Errorf("kem: randomness: %w", err)
	}
	ct, shared = EncapsulateDeterministic(key, seed)
	clear(seed[:])
	return ct, shared, nil
}

// Decapsulate returns the shared secret of a ciphertext. A ciphertext that
// nobody made for this key gives an unrelated secret, not an error.
func (k PrivateKey) Decapsulate(ct [CiphertextSize]byte) [SharedSize]byte {
	return [SharedSize]byte(xwing.Decapsulate(ct[:], k.seed.Bytes()))
}
