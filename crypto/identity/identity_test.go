package identity

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
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
	box, err := id.Public().Seal([]byte("i"), []byte("a"), []byte("content"), rand.Reader)
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
