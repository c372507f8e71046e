package sign

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/sign/mldsa/mldsa65"

	"github.com/tacit-space/tacit/crypto/session"
)

// Sizes in bytes.
const (
	SeedSize            = 32
	SignatureSize       = ed25519.SignatureSize
	HybridSignatureSize = ed25519.SignatureSize + mldsa65.SignatureSize
	PublicKeySize       = ed25519.PublicKeySize + mldsa65.PublicKeySize
)

// ErrKey says that bytes are not a public key.
var ErrKey = errors.New("sign: not a public key")

const (
	labelEd25519 = "tacit/sign/v1/ed25519"
	labelMLDSA   = "tacit/sign/v1/ml-dsa-65"
)

// PublicKey verifies signatures. It is immutable. The zero value verifies nothing.
type PublicKey struct {
	packed [PublicKeySize]byte
	mldsa  *mldsa65.PublicKey
}

// ParsePublicKey reads a public key of exactly [PublicKeySize] bytes: the Ed25519 key,
// then the ML-DSA-65 key. It returns [ErrKey] for another length and for an Ed25519 key that
// is not the canonical encoding of a point of prime order. (Every ML-DSA key of the
// right length is canonical: its coefficients take 10 bits each.)
func ParsePublicKey(b []byte) (PublicKey, error) {
	if len(b) != PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: %d bytes, wants %d", ErrKey, len(b), PublicKeySize)
	}
	if !soundPoint(b[:ed25519.PublicKeySize]) {
		return PublicKey{}, fmt.Errorf("%w: Ed25519 half", ErrKey)
	}
	k := PublicKey{packed: [PublicKeySize]byte(b), mldsa: new(mldsa65.PublicKey)}
	k.mldsa.Unpack((*[mldsa65.PublicKeySize]byte)(b[ed25519.PublicKeySize:]))
	if !bytes.Equal(k.mldsa.Bytes(), b[ed25519.PublicKeySize:]) {
		return PublicKey{}, fmt.Errorf("%w: ML-DSA half", ErrKey)
	}
	return k, nil
}

// Bytes returns the one encoding of the key.
func (k PublicKey) Bytes() [PublicKeySize]byte { return k.packed }

// Ed25519 returns the Ed25519 half, as TLS certificates show it.
func (k PublicKey) Ed25519() ed25519.PublicKey {
	return bytes.Clone(k.packed[:ed25519.PublicKeySize])
}

// Verify reports whether sig is a [PrivateKey.Sign] signature.
func (k PublicKey) Verify(label string, msg, sig []byte) bool {
	if k.mldsa == nil || len(sig) != SignatureSize {
		return false
	}
	return ed25519.Verify(k.packed[:ed25519.PublicKeySize], digest(label, msg, "session"), sig)
}

// VerifyHybrid reports whether sig is a [PrivateKey.SignHybrid] signature: both
// halves must hold.
func (k PublicKey) VerifyHybrid(label string, msg, sig []byte) bool {
	if k.mldsa == nil || len(sig) != HybridSignatureSize {
		return false
	}
	d := digest(label, msg, "hybrid")
	return ed25519.Verify(k.packed[:ed25519.PublicKeySize], d, sig[:SignatureSize]) &&
		mldsa65.Verify(k.mldsa, d, context(label), sig[SignatureSize:])
}

// PrivateKey signs. It does not print.
type PrivateKey struct {
	get func() (ed25519.PrivateKey, *mldsa65.PrivateKey)
}

// DeriveKey makes the key pairs of a 32-byte seed, which must be uniformly random.
func DeriveKey(seed [SeedSize]byte) PrivateKey {
	edSeed := session.KDF(seed[:], labelEd25519)
	mlSeed := session.KDF(seed[:], labelMLDSA)
	ed := ed25519.NewKeyFromSeed(edSeed[:])
	_, ml := mldsa65.NewKeyFromSeed(&mlSeed)
	return PrivateKey{func() (ed25519.PrivateKey, *mldsa65.PrivateKey) { return ed, ml }}
}

// Public returns the public half.
func (k PrivateKey) Public() PublicKey {
	ed, ml := k.get()
	pk := PublicKey{mldsa: ml.Public().(*mldsa65.PublicKey)}
	copy(pk.packed[:], ed.Public().(ed25519.PublicKey))
	copy(pk.packed[ed25519.PublicKeySize:], pk.mldsa.Bytes())
	return pk
}

// Ed25519 returns a copy of the Ed25519 key, for TLS.
func (k PrivateKey) Ed25519() ed25519.PrivateKey {
	ed, _ := k.get()
	return bytes.Clone(ed)
}

// Sign signs with Ed25519: [SignatureSize] bytes.
func (k PrivateKey) Sign(label string, msg []byte) []byte {
	ed, _ := k.get()
	return ed25519.Sign(ed, digest(label, msg, "session"))
}

// SignHybrid signs with Ed25519 and ML-DSA-65: [HybridSignatureSize] bytes.
func (k PrivateKey) SignHybrid(label string, msg []byte) []byte {
	ed, ml := k.get()
	d := digest(label, msg, "hybrid")
	sig := make([]byte, HybridSignatureSize)
	copy(sig, ed25519.Sign(ed, d))
	if err := mldsa65.SignTo(ml, d, context(label), false, sig[SignatureSize:]); err != nil {
		panic("sign: " + err.Error()) // only for a context above 255 bytes
	}
	return sig
}

// digest is what is signed; kind keeps the Ed25519 half of a hybrid signature
// from passing as a session signature.
func digest(label string, msg []byte, kind string) []byte {
	d := session.Hash("tacit/sign/v1/"+kind, []byte(label), msg)
	return d[:]
}

// context is the label as ML-DSA's context string, hashed as it may be long.
func context(label string) []byte {
	h := session.Hash("tacit/sign/v1/context", []byte(label))
	return h[:]
}
