package kem

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cloudflare/circl/kem/xwing"
)

// The standard library's HPKE is another implementation of the same suite, with
// X-Wing of its own. It opens what we seal, and we open what it seals.
func TestBoxesAgainstTheStandardLibrary(t *testing.T) {
	key := DeriveKey([32]byte{7})
	theirs, err := hpke.MLKEM768X25519().NewPrivateKey(key.Seed().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public().Bytes()
	if !bytes.Equal(theirs.PublicKey().Bytes(), public[:]) {
		t.Fatal("one seed, two public keys")
	}
	info, aad := []byte("info"), []byte("aad")
	kdf, aead := hpke.HKDFSHA256(), hpke.AES256GCM()

	box, err := Seal(key.Public(), info, aad, []byte("ours"), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := hpke.NewRecipient(box[:CiphertextSize], theirs, kdf, aead, info)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := recipient.Open(aad, box[CiphertextSize:]); err != nil || string(content) != "ours" {
		t.Errorf("they open %q, %v", content, err)
	}

	enc, sender, err := hpke.NewSender(theirs.PublicKey(), kdf, aead, info)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sender.Seal(aad, []byte("theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := key.Open(info, aad, append(enc, sealed...)); err != nil || string(content) != "theirs" {
		t.Errorf("we open %q, %v", content, err)
	}
}

// SHAKE128 over the text of spec/test-vectors.txt (three vectors) in
// github.com/dconnolly/draft-connolly-cfrg-xwing-kem, as circl v1.6.5 has it in
// kem/xwing/xwing_test.go. Seeds and coins are SHAKE128 of the empty string.
const vectorsDigest = "1bcd0057d861d6b866239936cadcaeee1ec0164dedc181c386e9e54fe46156fe"

func TestDraftVectors(t *testing.T) {
	source, text := sha3.NewSHAKE128(), new(strings.Builder)
	for range 3 {
		var seed [SeedSize]byte
		_, _ = source.Read(seed[:])
		var coins [64]byte
		_, _ = source.Read(coins[:])
		key := DeriveKey(seed)
		public := key.Public().Bytes()
		shared, ct, err := xwing.Encapsulate(public[:], coins[:])
		if err != nil {
			t.Fatal(err)
		}
		got := key.Decapsulate([CiphertextSize]byte(ct))
		field(text, "seed", seed[:])
		field(text, "sk", key.Seed().Bytes())
		field(text, "pk", public[:])
		field(text, "eseed", coins[:])
		field(text, "ct", ct)
		field(text, "ss", got[:])
		text.WriteByte('\n')
		if !bytes.Equal(shared, got[:]) {
			t.Error("the two sides differ")
		}
	}
	sum := sha3.SumSHAKE128([]byte(text.String()), 32)
	if got := hex.EncodeToString(sum); got != vectorsDigest {
		t.Errorf("transcript %s, want %s", got, vectorsDigest)
	}
}

// field writes a value as the draft's file does: on one line if it fits in 74
// columns, else folded at 72 digits.
func field(w *strings.Builder, name string, value []byte) {
	digits := hex.EncodeToString(value)
	if len(name)+len(digits)+5 < 74 {
		fmt.Fprintf(w, "%s     %s\n", name, digits)
		return
	}
	fmt.Fprintf(w, "%s\n", name)
	for len(digits) > 0 {
		n := min(len(digits), 72)
		fmt.Fprintf(w, "  %s\n", digits[:n])
		digits = digits[n:]
	}
}

// The X25519 encodings of low order and the reducible ones, as 32 bytes
// little-endian (cr.yp.to/ecdh.html, "contributory behaviour").
func TestWeakX25519Keys(t *testing.T) {
	good := DeriveKey([32]byte{1}).Public().Bytes()
	weak := map[string]string{
		"0":              "0000000000000000000000000000000000000000000000000000000000000000",
		"1":              "0100000000000000000000000000000000000000000000000000000000000000",
		"order 8, first": "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"order 8, other": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"p-1":            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p":              "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p+1":            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"p+9, base":      "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"9+2^255, base":  "0900000000000000000000000000000000000000000000000000000000000080",
		"2^256-1":        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
	for name, digits := range weak {
		bad := good
		copy(bad[PublicKeySize-32:], unhex(t, digits))
		if _, err := ParsePublicKey(bad[:]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, digits := range map[string]string{
		"base point":         "0900000000000000000000000000000000000000000000000000000000000000",
		"p-2, on the twist":  "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"7f at the end only": "09000000000000000000000000000000000000000000000000000000000000 7f",
	} {
		fine := good
		copy(fine[PublicKeySize-32:], unhex(t, strings.ReplaceAll(digits, " ", "")))
		if _, err := ParsePublicKey(fine[:]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsEncryptedToNoKey(t *testing.T) {
	if _, err := Seal(PublicKey{}, nil, nil, nil, rand.NewChaCha8([32]byte{1})); err == nil {
		t.Error("sealed")
	}
	if _, _, err := Encapsulate(PublicKey{}, rand.NewChaCha8([32]byte{1})); err == nil {
		t.Error("encapsulated")
	}
	defer func() {
		if recover() == nil {
			t.Error("encapsulated from a seed")
		}
	}()
	EncapsulateDeterministic(PublicKey{}, [32]byte{1})
}

// Randomness is an argument: the same stream gives the same box, and a short one an
// error.
func TestRandomnessIsAnArgument(t *testing.T) {
	public := DeriveKey([32]byte{1}).Public()
	stream := bytes.Repeat([]byte{5}, 64)
	first, err := Seal(public, nil, nil, []byte("x"), bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	second, _ := Seal(public, nil, nil, []byte("x"), bytes.NewReader(stream))
	if !bytes.Equal(first, second) {
		t.Error("sealing has other randomness")
	}
	if _, err := Seal(public, nil, nil, nil, bytes.NewReader(stream[:63])); err == nil {
		t.Error("sealed with 63 random bytes")
	}
	if _, err := GenerateKey(bytes.NewReader(stream[:31])); err == nil {
		t.Error("a key of 31 random bytes")
	}
	if _, _, err := Encapsulate(public, bytes.NewReader(stream[:31])); err == nil {
		t.Error("a secret of 31 random bytes")
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	public := DeriveKey([32]byte{1}).Public().Bytes()
	for b.Loop() {
		if _, err := ParsePublicKey(public[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealAndOpen(b *testing.B) {
	key := DeriveKey([32]byte{1})
	for b.Loop() {
		box, _ := Seal(key.Public(), nil, nil, make([]byte, 80), rand.NewChaCha8([32]byte{1}))
		if _, err := key.Open(nil, nil, box); err != nil {
			b.Fatal(err)
		}
	}
}
