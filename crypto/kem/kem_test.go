package kem

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/cloudflare/circl/kem/xwing"
)

// draft-connolly-cfrg-xwing-kem-06, appendix C, first vector: the shared secret
// depends on every byte of the key and the ciphertext.
func TestDraftVector(t *testing.T) {
	seed := unhex(t, "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
	coins := unhex(t, "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"+
		"35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2")
	want := unhex(t, "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384")

	key := DeriveKey([32]byte(seed))
	public := key.Public().Bytes()
	shared, ct, err := xwing.Encapsulate(public[:], coins)
	if err != nil || !bytes.Equal(shared, want) {
		t.Fatalf("encapsulated %x, %v", shared, err)
	}
	if got := key.Decapsulate([CiphertextSize]byte(ct)); !bytes.Equal(got[:], want) {
		t.Fatalf("decapsulated %x", got)
	}
}

func TestDeterministicEncapsulation(t *testing.T) {
	key, other := DeriveKey([32]byte{1}), DeriveKey([32]byte{2})
	ct, shared := EncapsulateDeterministic(key.Public(), [32]byte{3})
	again, sharedAgain := EncapsulateDeterministic(key.Public(), [32]byte{3})
	if ct != again || shared != sharedAgain {
		t.Error("the same seed gives another ciphertext")
	}
	if key.Decapsulate(ct) != shared {
		t.Error("the holder of the key does not get the secret")
	}
	if other.Decapsulate(ct) == shared {
		t.Error("another key gets the secret")
	}
	if ct2, s2 := EncapsulateDeterministic(key.Public(), [32]byte{4}); ct2 == ct || s2 == shared {
		t.Error("another seed gives the same ciphertext")
	}
	bad := ct
	bad[0] ^= 1
	if key.Decapsulate(bad) == shared {
		t.Error("a changed ciphertext gives the same secret")
	}
}

func TestRefusedKeys(t *testing.T) {
	good := DeriveKey([32]byte{1}).Public().Bytes()
	wide := good
	wide[0], wide[1] = 0xFF, 0xFF
	for name, b := range map[string][]byte{"empty": nil, "short": good[:len(good)-1], "long": append(good[:], 0), "coefficient above q": wide[:]} {
		if _, err := ParsePublicKey(b); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusedBoxes(t *testing.T) {
	key := DeriveKey([32]byte{1})
	box, err := Seal(key.Public(), []byte("info"), []byte("aad"), []byte("content"), rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := key.Open([]byte("info"), []byte("aad"), box); err != nil || string(content) != "content" {
		t.Fatalf("%q, %v", content, err)
	}
	for _, at := range []int{0, CiphertextSize - 1, CiphertextSize, len(box) - 1} {
		bad := bytes.Clone(box)
		bad[at] ^= 1
		if _, err := key.Open([]byte("info"), []byte("aad"), bad); !errors.Is(err, ErrBox) {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	if _, err := DeriveKey([32]byte{2}).Open([]byte("info"), []byte("aad"), box); !errors.Is(err, ErrBox) {
		t.Errorf("another key: %v", err)
	}
}

func FuzzParsePublicKey(f *testing.F) {
	good := DeriveKey([32]byte{1}).Public().Bytes()
	f.Add(good[:])
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := ParsePublicKey(b)
		if err != nil {
			return
		}
		if again := key.Bytes(); !bytes.Equal(again[:], b) {
			t.Fatal("two encodings of one key")
		}
		EncapsulateDeterministic(key, [32]byte{1})
	})
}

func FuzzOpen(f *testing.F) {
	key := DeriveKey([32]byte{1})
	box, _ := Seal(key.Public(), nil, nil, []byte("x"), rand.NewChaCha8([32]byte{1}))
	f.Add(box)
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = key.Open(nil, nil, b) })
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkDeriveKey(b *testing.B) {
	for b.Loop() {
		DeriveKey([32]byte{1})
	}
}

func BenchmarkEncapsulate(b *testing.B) {
	public := DeriveKey([32]byte{1}).Public()
	for b.Loop() {
		EncapsulateDeterministic(public, [32]byte{3})
	}
}

func BenchmarkDecapsulate(b *testing.B) {
	key := DeriveKey([32]byte{1})
	ct, _ := EncapsulateDeterministic(key.Public(), [32]byte{3})
	for b.Loop() {
		key.Decapsulate(ct)
	}
}
