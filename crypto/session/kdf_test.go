package session

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The encoding, by hand: lengths are four bytes, little-endian.
func TestConstruction(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	info := "\x03\x00\x00\x00lab\x02\x00\x00\x00\x02\x00\x00\x00hi\x00\x00\x00\x00"
	want, err := hkdf.Key(sha256.New, secret, []byte("tacit/v1/kdf"), info, 32)
	if err != nil {
		t.Fatal(err)
	}
	if got := KDF(secret, "lab", []byte("hi"), nil); !bytes.Equal(got[:], want) {
		t.Errorf("KDF %x", got)
	}
	if got := Hash("lab", []byte("hi"), nil); got != sha256.Sum256([]byte("tacit/v1/hash"+info)) {
		t.Errorf("Hash %x", got)
	}
}

// RFC 5869, appendix A.1: the function under KDF is HKDF-SHA-256.
func TestRFC5869(t *testing.T) {
	salt, _ := hex.DecodeString("000102030405060708090a0b0c")
	info, _ := hex.DecodeString("f0f1f2f3f4f5f6f7f8f9")
	okm, err := hkdf.Key(sha256.New, bytes.Repeat([]byte{0x0b}, 22), salt, string(info), 42)
	if err != nil || hex.EncodeToString(okm) !=
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" {
		t.Errorf("%x, %v", okm, err)
	}
}

// Everything that is derived in the project hangs on these bytes. They were computed
// a second time with Python's hmac and hashlib.
func TestKnownAnswer(t *testing.T) {
	key := KDF([]byte("0123456789abcdef0123456789abcdef"), "label", []byte("a"), []byte("bc"))
	hash := Hash("label", []byte("a"), []byte("bc"))
	if got := hex.EncodeToString(key[:]); got != "df33e34cbdbd90af8cdf6bb5b93c102679bf35d29aadcf1dc219b5c68f7a1a10" {
		t.Errorf("KDF %s", got)
	}
	if got := hex.EncodeToString(hash[:]); got != "11e384d96b97ec53eaf5cc939a1211e786f44a60b53776714729f01b40e9851d" {
		t.Errorf("Hash %s", got)
	}
}

// No two different lists of label and parts are the same input.
func TestInputsAreUnambiguous(t *testing.T) {
	lists := [][]string{
		{""},
		{"", ""},
		{"", "", ""},
		{"a"},
		{"a", ""},
		{"", "a"},
		{"ab"},
		{"a", "b"},
		{"ab", "c"},
		{"a", "bc"},
		{"a", "b", "c"},
		{"abc"},
		{"a\x00"},
		{"a", "\x00"},
		{"a", "\x01\x00\x00\x00b"},
		{"a", "b", ""},
	}
	seen := map[[32]byte][]string{}
	for _, list := range lists {
		parts := make([][]byte, 0, len(list))
		for _, p := range list[1:] {
			parts = append(parts, []byte(p))
		}
		for _, out := range [][32]byte{Hash(list[0], parts...), KDF([]byte("secret"), list[0], parts...)} {
			if other, ok := seen[out]; ok {
				t.Errorf("%q and %q agree", list, other)
			}
			seen[out] = list
		}
	}
}

func TestSecretsMatter(t *testing.T) {
	if KDF([]byte("one"), "l") == KDF([]byte("two"), "l") {
		t.Error("two secrets, one key")
	}
}

func BenchmarkKDF(b *testing.B) {
	secret, part := make([]byte, 32), make([]byte, 64)
	for b.Loop() {
		KDF(secret, "label", part)
	}
}

func BenchmarkHash8MiB(b *testing.B) {
	part := make([]byte, 8<<20)
	b.SetBytes(8 << 20)
	for b.Loop() {
		Hash("label", part)
	}
}
