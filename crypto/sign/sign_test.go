package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"github.com/cloudflare/circl/sign/mldsa/mldsa65"

	"github.com/tacit-space/tacit/crypto/session"
)

var message = []byte("message")

func TestSignatures(t *testing.T) {
	key := DeriveKey([32]byte{1})
	public, err := ParsePublicKey(slicesOf(key.Public().Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	sig, hybrid := key.Sign("l", message), key.SignHybrid("l", message)
	if len(sig) != SignatureSize || len(hybrid) != HybridSignatureSize {
		t.Fatalf("%d and %d bytes", len(sig), len(hybrid))
	}
	if !public.Verify("l", message, sig) || !public.VerifyHybrid("l", message, hybrid) {
		t.Fatal("a good signature is refused")
	}
	other := DeriveKey([32]byte{2})
	half := slices.Concat(hybrid[:64], other.SignHybrid("l", message)[64:])
	otherHalf := slices.Concat(other.SignHybrid("l", message)[:64], hybrid[64:])
	for name, accepted := range map[string]bool{
		"other label":                  public.Verify("m", message, sig),
		"label grown by the message":   public.Verify("lm", message[1:], sig),
		"other message":                public.Verify("l", message[1:], sig),
		"other key":                    other.Public().Verify("l", message, sig),
		"hybrid half as session":       public.Verify("l", message, hybrid[:64]),
		"session as hybrid half":       public.VerifyHybrid("l", message, slices.Concat(sig, hybrid[64:])),
		"hybrid, other label":          public.VerifyHybrid("m", message, hybrid),
		"hybrid, foreign ML-DSA half":  public.VerifyHybrid("l", message, half),
		"hybrid, foreign Ed25519 half": public.VerifyHybrid("l", message, otherHalf),
		"long":                         public.Verify("l", message, append(slices.Clone(sig), 0)),
		"hybrid, long":                 public.VerifyHybrid("l", message, append(slices.Clone(hybrid), 0)),
		"hybrid, Ed25519 alone":        public.VerifyHybrid("l", message, sig),
		"no signature":                 public.Verify("l", message, nil),
		"no key":                       PublicKey{}.Verify("l", message, sig),
		"no key, hybrid":               PublicKey{}.VerifyHybrid("l", message, hybrid),
	} {
		if accepted {
			t.Errorf("%s: accepted", name)
		}
	}
	for at := 0; at < len(hybrid); at += 97 {
		bad := slices.Clone(hybrid)
		bad[at] ^= 0x10
		if public.VerifyHybrid("l", message, bad) {
			t.Errorf("byte %d changed: accepted", at)
		}
	}
}

// S + l is the same S modulo the group order (RFC 8032, section 8.4, malleability).
func TestSecondSignatureOfAMessage(t *testing.T) {
	key := DeriveKey([32]byte{1})
	sig := key.Sign("l", message)
	order, _ := hex.DecodeString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range 32 {
		sum := int(sig[32+i]) + int(order[i]) + carry
		sig[32+i], carry = byte(sum), sum>>8
	}
	if key.Public().Verify("l", message, sig) {
		t.Error("a second signature is accepted")
	}
}

// RFC 8032, section 7.1, TEST 2: the curve under the signatures is Ed25519.
func TestRFC8032(t *testing.T) {
	seed := unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	public := unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
	want := unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
	key := ed25519.NewKeyFromSeed(seed)
	if !bytes.Equal(key.Public().(ed25519.PublicKey), public) || !bytes.Equal(ed25519.Sign(key, []byte{0x72}), want) {
		t.Error("not the RFC's signature")
	}
	if !soundPoint(public) {
		t.Error("the RFC's key is refused")
	}
}

// The construction, spelled out with the libraries: whoever reads this can
// write another implementation.
func TestConstruction(t *testing.T) {
	seed := [32]byte{9}
	edSeed := session.KDF(seed[:], "tacit/sign/v1/ed25519")
	mlSeed := session.KDF(seed[:], "tacit/sign/v1/ml-dsa-65")
	ed := ed25519.NewKeyFromSeed(edSeed[:])
	mlPublic, _ := mldsa65.NewKeyFromSeed(&mlSeed)
	key := DeriveKey(seed)

	digest := session.Hash("tacit/sign/v1/session", []byte("l"), message)
	if !bytes.Equal(ed25519.Sign(ed, digest[:]), key.Sign("l", message)) {
		t.Error("session signature")
	}
	digest = session.Hash("tacit/sign/v1/hybrid", []byte("l"), message)
	context := session.Hash("tacit/sign/v1/context", []byte("l"))
	hybrid := key.SignHybrid("l", message)
	if !bytes.Equal(ed25519.Sign(ed, digest[:]), hybrid[:64]) {
		t.Error("Ed25519 half")
	}
	if !mldsa65.Verify(mlPublic, digest[:], context[:], hybrid[64:]) {
		t.Error("ML-DSA half")
	}
	if !bytes.Equal(hybrid, key.SignHybrid("l", message)) {
		t.Error("signing is not deterministic")
	}
}

// What these bytes are must not change by accident: members have signed with them.
func TestKnownAnswer(t *testing.T) {
	key := DeriveKey([32]byte{1})
	public := key.Public().Bytes()
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"public key":        {public[:], "217b0dfcaf0f331d"},
		"session signature": {key.Sign("label", message), "1782a0e1d0822ac7"},
		"hybrid signature":  {key.SignHybrid("label", message), "9814ffe9fc5a0c21"},
	} {
		if sum := sha256.Sum256(c.b); hex.EncodeToString(sum[:8]) != c.want {
			t.Errorf("%s: %x, want %s", name, sum[:8], c.want)
		}
	}
}

func TestRefusedKeys(t *testing.T) {
	good := DeriveKey([32]byte{1}).Public().Bytes()
	point, err := new(edwards25519.Point).SetBytes(good[:32])
	if err != nil {
		t.Fatal(err)
	}
	order8, err := new(edwards25519.Point).SetBytes(unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
	if err != nil {
		t.Fatal(err)
	}
	mixed := new(edwards25519.Point).Add(point, order8)
	cases := map[string][]byte{
		"identity":                  unhex("0100000000000000000000000000000000000000000000000000000000000000"),
		"order 2":                   unhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"order 4":                   make([]byte, 32),
		"order 8":                   order8.Bytes(),
		"point of mixed order":      mixed.Bytes(),
		"identity, y = p+1":         unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"identity with the sign -0": unhex("0100000000000000000000000000000000000000000000000000000000000080"),
		"y = p+3, not reduced":      unhex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		"not on the curve":          unhex("0200000000000000000000000000000000000000000000000000000000000000"),
	}
	for name, ed := range cases {
		b := slices.Concat(ed, good[32:])
		if _, err := ParsePublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{"none": nil, "short": good[:len(good)-1], "long": append(slices.Clone(good[:]), 0)} {
		if _, err := ParsePublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Why small order is refused: under the identity as key, R = S·B = 0 is a signature of
// every message for the standard library.
func TestSmallOrderKeyVerifiesEverything(t *testing.T) {
	identity := unhex("0100000000000000000000000000000000000000000000000000000000000000")
	forged := make([]byte, 64)
	forged[0] = 1 // R the identity, S = 0
	if !ed25519.Verify(identity, message, forged) || !ed25519.Verify(identity, []byte("anything"), forged) {
		t.Error("the reason is gone: soundPoint may be too")
	}
	if soundPoint(identity) {
		t.Error("accepted here too")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	key := DeriveKey([32]byte{1})
	outer := struct {
		A PrivateKey
		b *PrivateKey
	}{key, &key}
	seed := hex.EncodeToString(key.Ed25519().Seed())
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
		text := fmt.Sprintf(verb, outer)
		if strings.Contains(text, seed[:16]) || len(text) > 1000 {
			t.Errorf("%s prints the key", verb)
		}
	}
	key.Ed25519()[0] ^= 1
	if hex.EncodeToString(key.Ed25519().Seed()) != seed {
		t.Error("the key can be changed through its copy")
	}
}

func FuzzParsePublicKey(f *testing.F) {
	f.Add(slicesOf(DeriveKey([32]byte{1}).Public().Bytes()))
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := ParsePublicKey(b)
		if err != nil {
			return
		}
		if !bytes.Equal(slicesOf(key.Bytes()), b) {
			t.Fatal("two encodings of one key")
		}
		key.VerifyHybrid("l", message, make([]byte, HybridSignatureSize))
	})
}

func FuzzVerify(f *testing.F) {
	key := DeriveKey([32]byte{1})
	good := key.SignHybrid("l", message)
	f.Add(good)
	f.Fuzz(func(t *testing.T, sig []byte) {
		if key.Public().VerifyHybrid("l", message, sig) && !bytes.Equal(sig, good) {
			t.Fatal("a second signature of the message")
		}
	})
}

func slicesOf(b [PublicKeySize]byte) []byte { return b[:] }

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func BenchmarkSign(b *testing.B) {
	key := DeriveKey([32]byte{1})
	for b.Loop() {
		key.Sign("l", message)
	}
}

func BenchmarkVerify(b *testing.B) {
	key := DeriveKey([32]byte{1})
	public, sig := key.Public(), key.Sign("l", message)
	for b.Loop() {
		public.Verify("l", message, sig)
	}
}

func BenchmarkSignHybrid(b *testing.B) {
	key := DeriveKey([32]byte{1})
	for b.Loop() {
		key.SignHybrid("l", message)
	}
}

func BenchmarkVerifyHybrid(b *testing.B) {
	key := DeriveKey([32]byte{1})
	public, sig := key.Public(), key.SignHybrid("l", message)
	for b.Loop() {
		public.VerifyHybrid("l", message, sig)
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	enc := DeriveKey([32]byte{1}).Public().Bytes()
	for b.Loop() {
		_, _ = ParsePublicKey(enc[:])
	}
}
