package identity

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/kem"
)

func TestKeysOfASeed(t *testing.T) {
	id := FromSeed([32]byte{1})
	again := FromSeed([32]byte(id.Seed().Bytes()))
	public, err := ParsePublic(again.Public().Marshal())
	if err != nil || !public.Equal(id.Public()) {
		t.Fatalf("the public identity does not round-trip: %v", err)
	}
	if fp := public.Fingerprint(); len(fp) != 55 || !strings.HasPrefix(fp, "tk1") {
		t.Errorf("fingerprint %q", fp)
	}
	if FromSeed([32]byte{2}).Public().Equal(public) {
		t.Error("two seeds, one identity")
	}
	if id.StoreKey("a") == id.StoreKey("b") {
		t.Error("two labels, one store key")
	}
}

// What a charter pins must not change by accident.
func TestKnownAnswer(t *testing.T) {
	id := FromSeed([32]byte{1})
	if got := id.Public().Fingerprint(); got != "tk1tbveorbupumtxo6wobzn5euiq7lnzwpub3knvdyfln6jui2ec2pq" {
		t.Errorf("fingerprint %s", got)
	}
	key := id.StoreKey("label")
	if got := hex.EncodeToString(key[:]); got != "2871476be88157c535f3fe71b763d416ce6670bdf6c5cf3c0163411b497ec7bf" {
		t.Errorf("store key %s", got)
	}
}

// Every byte of the encoding is in the fingerprint.
func TestFingerprintCoversEveryKey(t *testing.T) {
	a, b := FromSeed([32]byte{1}).Public().Marshal(), FromSeed([32]byte{2}).Public().Marshal()
	seen := map[string]bool{}
	for _, cut := range []int{0, 32, 32 + 1952, PublicSize} {
		mix, err := ParsePublic(slices.Concat(a[:cut], b[cut:]))
		if err != nil {
			t.Fatal(err)
		}
		seen[mix.Fingerprint()] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d fingerprints of 4 identities", len(seen))
	}
}

func TestNobody(t *testing.T) {
	var nobody Public
	if nobody.Equal(nobody) || nobody.Equal(FromSeed([32]byte{1}).Public()) || nobody.Fingerprint() != "" {
		t.Error("nobody is somebody")
	}
	if _, err := nobody.Seal(nil, nil, []byte("x"), rand.NewChaCha8([32]byte{1})); !errors.Is(err, kem.ErrKey) {
		t.Errorf("sealed to nobody: %v", err)
	}
	if _, err := ParsePublic(nobody.Marshal()); !errors.Is(err, ErrPublic) {
		t.Errorf("nobody is read back: %v", err)
	}
	if _, err := Generate(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("an identity of 31 random bytes")
	}
}

// Keys of one seed are independent: none is another, nor the seed itself.
func TestKeysDiffer(t *testing.T) {
	seed := [32]byte{1}
	id := FromSeed(seed)
	store := id.StoreKey("")
	all := [][]byte{seed[:], id.Ed25519().Seed(), id.box.Seed().Bytes(), store[:]}
	for i, a := range all {
		for _, b := range all[:i] {
			if bytes.Equal(a, b) {
				t.Errorf("key %d is another one too", i)
			}
		}
	}
}

func TestSignatures(t *testing.T) {
	id := FromSeed([32]byte{3})
	p, msg := id.Public(), []byte("message")
	if !p.Verify("l", msg, id.Sign("l", msg)) || !p.VerifyHybrid("l", msg, id.SignHybrid("l", msg)) {
		t.Fatal("a good signature is refused")
	}
	hybrid := id.SignHybrid("l", msg)
	for name, ok := range map[string]bool{
		"other label":        p.Verify("m", msg, id.Sign("l", msg)),
		"other message":      p.Verify("l", []byte("x"), id.Sign("l", msg)),
		"hybrid as session":  p.Verify("l", msg, hybrid[:64]),
		"hybrid other label": p.VerifyHybrid("m", msg, hybrid),
		"short":              p.VerifyHybrid("l", msg, hybrid[:len(hybrid)-1]),
		"empty":              p.Verify("l", msg, nil),
		"zero key":           Public{}.Verify("l", msg, id.Sign("l", msg)),
	} {
		if ok {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, at := range []int{0, 63, 64, len(hybrid) - 1} {
		bad := bytes.Clone(hybrid)
		bad[at] ^= 1
		if p.VerifyHybrid("l", msg, bad) {
			t.Errorf("hybrid with byte %d changed is accepted", at)
		}
	}
}

func TestBoxes(t *testing.T) {
	id := FromSeed([32]byte{4})
	box, err := id.Public().Seal([]byte("i"), []byte("a"), []byte("content"), rand.NewChaCha8([32]byte{1}))
	if err != nil || len(box) != len("content")+kem.BoxOverhead {
		t.Fatalf("box of %d bytes, %v", len(box), err)
	}
	content, err := id.Open([]byte("i"), []byte("a"), box)
	if err != nil || string(content) != "content" {
		t.Fatalf("%q, %v", content, err)
	}
	for _, try := range []struct{ info, aad string }{{"x", "a"}, {"i", "x"}} {
		if _, err := id.Open([]byte(try.info), []byte(try.aad), box); !errors.Is(err, kem.ErrBox) {
			t.Errorf("%v: %v", try, err)
		}
	}
	for _, n := range []int{0, 1, len(box) - 1} {
		if _, err := id.Open([]byte("i"), []byte("a"), box[:n]); !errors.Is(err, kem.ErrBox) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestRefusedPublics(t *testing.T) {
	good := FromSeed([32]byte{5}).Public().Marshal()
	cases := map[string][]byte{"short": good[:len(good)-1], "long": append(bytes.Clone(good), 0)}
	small := bytes.Clone(good)
	copy(small, make([]byte, 32)) // y = 0 has order 4
	cases["small order"] = small
	wide := bytes.Clone(good)
	for i := len(good) - 1216; i < len(good)-1216+3; i++ {
		wide[i] = 0xFF // a coefficient of ML-KEM's key above q
	}
	cases["ML-KEM coefficient"] = wide
	for name, b := range cases {
		if _, err := ParsePublic(b); !errors.Is(err, ErrPublic) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingPrintsTheSeed(t *testing.T) {
	id := FromSeed([32]byte(bytes.Repeat([]byte{0xAB}, 32)))
	outer := struct {
		A *Identity
		B Identity
	}{id, *id}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		text := fmt.Sprintf(verb, outer)
		if strings.Contains(strings.ToLower(text), "abab") || strings.Contains(text, "171 171") {
			t.Errorf("%s prints the seed", verb)
		}
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add(FromSeed([32]byte{6}).Public().Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePublic(b)
		if err == nil && !bytes.Equal(p.Marshal(), b) {
			t.Fatal("two encodings of one identity")
		}
	})
}

func BenchmarkParsePublic(b *testing.B) {
	enc := FromSeed([32]byte{1}).Public().Marshal()
	for b.Loop() {
		if _, err := ParsePublic(enc); err != nil {
			b.Fatal(err)
		}
	}
}
