package charter

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/fault"
)

// space is a charter whose members have real keys, made from fixed seeds.
type space struct {
	text []byte
	keys map[string]*identity.Identity
}

func (s *space) publics() map[string]identity.Public {
	out := map[string]identity.Public{}
	for id, key := range s.keys {
		out[id] = key.Public()
	}
	return out
}

func (s *space) bundle(t testing.TB) *Bundle {
	t.Helper()
	b, err := NewBundle(s.text, s.publics())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *space) signed(t testing.TB, members ...string) *Bundle {
	t.Helper()
	b := s.bundle(t)
	for _, m := range members {
		if got, err := b.Sign(s.keys[m]); err != nil || got != m {
			t.Fatalf("%s signs as %q: %v", m, got, err)
		}
	}
	return b
}

func base(p identity.Public) string { return base64.StdEncoding.EncodeToString(p.Marshal()) }

func hexHash(b *Bundle) string { return hex.EncodeToString(b.hash[:]) }

func faultCode(err error) string { return fault.Code(err) }

func key(n byte) *identity.Identity { return identity.FromSeed([32]byte{0: n}) }

func newSpace(t testing.TB) *space {
	t.Helper()
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &space{keys: map[string]*identity.Identity{}}
	text := string(hospitals(t))
	for i, m := range c.Members {
		s.keys[m.ID] = key(byte(i + 1))
		text = strings.Replace(text, m.Key, s.keys[m.ID].Public().Fingerprint(), 1)
	}
	s.text = []byte(text)
	return s
}

func TestBundleReadsBack(t *testing.T) {
	s := newSpace(t)
	b := s.signed(t, "west", "hub")
	file := filepath.Join(t.TempDir(), "space.json")
	for range 2 { // the second time it replaces
		if err := b.WriteFile(file); err != nil {
			t.Fatal(err)
		}
	}
	again, err := ReadBundle(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Marshal(), b.Marshal()) || again.Hash() != b.Hash() || again.Text() != string(s.text) {
		t.Error("another bundle")
	}
	if !again.Identity("west").Equal(s.keys["west"].Public()) || again.Identity("eve").Equal(identity.Public{}) {
		t.Error("wrong identity")
	}
	if again.Holder(s.keys["west"].Public()).ID != "west" || again.Holder(key(99).Public()) != nil {
		t.Error("wrong holder")
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left behind", len(left))
	}
}

func TestSignatures(t *testing.T) {
	s := newSpace(t)
	b := s.bundle(t)
	if err := b.Active(); !ErrNotActive.Is(err) {
		t.Errorf("without signatures: %v", err)
	}
	all := []string{"west", "hub", "institute", "south", "north"}
	for _, m := range append(all, "west") { // west signs twice, which changes nothing
		if _, err := b.Sign(s.keys[m]); err != nil {
			t.Fatal(err)
		}
	}
	status, err := b.Verify()
	if err != nil || !status.Active() || status.Needed != 5 || len(status.Missing) != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	if want := []string{"hub", "north", "south", "west", "institute"}; !slices.Equal(status.Signed, want) {
		t.Errorf("signed by %v, want %v", status.Signed, want)
	}
	if err := b.Active(); err != nil {
		t.Error(err)
	}
	if _, err := b.Sign(key(99)); !ErrSigner.Is(err) {
		t.Errorf("a stranger signs: %v", err)
	}
}

func TestQuorum(t *testing.T) {
	s := newSpace(t)
	s.text = bytes.Replace(s.text, []byte("{rule: unanimous}"), []byte("{rule: quorum, quorum: 3}"), 1)
	if err := s.signed(t, "hub", "north").Active(); !ErrNotActive.Is(err) || !strings.Contains(err.Error(), "south, west, institute") {
		t.Errorf("two of three: %v", err)
	}
	if err := s.signed(t, "hub", "north", "west").Active(); err != nil {
		t.Errorf("three of three: %v", err)
	}
}

func TestMerge(t *testing.T) {
	s := newSpace(t)
	a, b := s.signed(t, "hub", "north"), s.signed(t, "north", "west")
	if err := a.Merge(b); err != nil {
		t.Fatal(err)
	}
	status, err := a.Verify()
	if err != nil || len(status.Signed) != 3 {
		t.Errorf("%+v, %v", status, err)
	}
	s.text = bytes.Replace(s.text, []byte("version: 1"), []byte("version: 2"), 1)
	if err := a.Merge(s.signed(t, "south")); !ErrOtherSpace.Is(err) {
		t.Errorf("another version: %v", err)
	}
}

// TestTampering: whoever carries the bundle cannot change what was signed.
func TestTampering(t *testing.T) {
	s := newSpace(t)
	file := string(s.signed(t, "hub", "north").Marshal())
	eve := key(66).Public()
	swap := func(old, with string) string {
		if !strings.Contains(file, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.ReplaceAll(file, old, with)
	}
	hub, north := s.keys["hub"].Public(), s.keys["north"].Public()
	cases := map[string]struct {
		file string
		want string
	}{
		"more cells":             {swap(`purposes:`, `max_cells: 1000000\n  purposes:`), ErrChanged.Code},
		"more rows":              {swap(`max_rows: 1_000_000`, `max_rows: 1_000_001`), ErrChanged.Code},
		"hash swapped":           {swap(hexHash(s.bundle(t)), strings.Repeat("00", 32)), ErrSignature.Code},
		"member of a signature":  {swap(`"member": "hub",`+"\n"+`      "charter"`, `"member": "west",`+"\n"+`      "charter"`), ErrSignature.Code},
		"unknown signer":         {swap(`"member": "hub",`+"\n"+`      "charter"`, `"member": "eve",`+"\n"+`      "charter"`), ErrSigner.Code},
		"signed twice":           {swap(`"member": "hub",`+"\n"+`      "charter"`, `"member": "north",`+"\n"+`      "charter"`), ErrSignature.Code},
		"another key":            {swap(base(hub), base(eve)), ErrIdentity.Code},
		"two keys exchanged":     {strings.NewReplacer(base(hub), base(north), base(north), base(hub)).Replace(file), ErrIdentity.Code},
		"fingerprint in charter": {strings.NewReplacer(base(hub), base(eve), hub.Fingerprint(), eve.Fingerprint()).Replace(file), ErrSignature.Code},
		"comment only":           {swap(`# A space of three`, `# A space of 3`), ""},
		"white space":            {swap("\n", "\n   "), ""},
	}
	for name, c := range cases {
		b, err := ParseBundle([]byte(c.file))
		if err == nil {
			_, err = b.Verify()
		}
		if got := faultCode(err); got != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestDuplicateSignature(t *testing.T) {
	s := newSpace(t)
	b := s.signed(t, "hub")
	b.signatures = append(b.signatures, b.signatures[0])
	again, err := ParseBundle(b.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Verify(); !ErrSigner.Is(err) {
		t.Errorf("got %v", err)
	}
	if _, err := again.Sign(s.keys["north"]); !ErrSigner.Is(err) {
		t.Errorf("signing a spoiled bundle: %v", err)
	}
}

// TestSignatureIsForCharters: a signature that a member made for something else
// says nothing about a charter.
func TestSignatureIsForCharters(t *testing.T) {
	s := newSpace(t)
	b := s.bundle(t)
	b.add(signature{member: "hub", hash: b.hash, value: s.keys["hub"].SignHybrid("tacit/other/v1", b.hash[:])})
	if _, err := b.Verify(); !ErrSignature.Is(err) {
		t.Errorf("got %v", err)
	}
}

func TestMalformedBundles(t *testing.T) {
	s := newSpace(t)
	file := string(s.signed(t, "hub").Marshal())
	swap := func(old, with string) string { return strings.Replace(file, old, with, 1) }
	for name, text := range map[string]string{
		"nothing":         "",
		"null":            "null",
		"list":            "[]",
		"empty":           "{}",
		"format":          swap("space/v1", "space/v2"),
		"unknown key":     swap(`"charter"`, `"extra": 1, "charter"`),
		"case of key":     swap(`"charter"`, `"Charter"`),
		"repeated key":    swap(`"charter"`, `"tacit": "space/v1", "charter"`),
		"missing key":     swap(`"tacit": "space/v1",`, ""),
		"second value":    file + "{}",
		"cut":             file[:len(file)/2],
		"not UTF-8":       swap("A space", "A \xff space"),
		"base64":          swap(`"key": "`, `"key": "*`),
		"base64 bits":     swap(`"signature": "`, `"signature": "\n`),
		"short identity":  swap(base(s.keys["hub"].Public()), "AAAA"),
		"no hash":         swap(hexHash(s.bundle(t)), "00"),
		"upper-case hash": swap(hexHash(s.bundle(t)), strings.ToUpper(hexHash(s.bundle(t)))),
		"too long":        strings.Repeat(" ", MaxBundle+1),
		"identity twice":  swap(`"identities": [`, `"identities": [{"member": "hub", "key": "`+base(s.keys["hub"].Public())+`"},`),
	} {
		if _, err := ParseBundle([]byte(text)); !ErrBundle.Is(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := ParseBundle([]byte(swap("space: lung-study", "space: Lung"))); !ErrInvalid.Is(err) {
		t.Errorf("invalid charter: %v", err)
	}
	if _, err := ReadBundle(filepath.Join(t.TempDir(), "none")); !ErrFile.Is(err) {
		t.Errorf("no file: %v", err)
	}
	if err := s.bundle(t).WriteFile(filepath.Join(t.TempDir(), "no", "folder")); !ErrFile.Is(err) {
		t.Errorf("no folder: %v", err)
	}
}

func TestIdentitiesMustFit(t *testing.T) {
	s := newSpace(t)
	s.keys["eve"] = key(77)
	s.keys["hub"] = key(78)
	delete(s.keys, "west")
	_, err := NewBundle(s.text, s.publics())
	if !ErrIdentity.Is(err) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"eve: no such member", "hub: fingerprint is not", "west: missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not reported: %s in %v", want, err)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	s := newSpace(f)
	f.Add(s.signed(f, "hub", "west").Marshal())
	f.Add([]byte(`{"tacit":"space/v1","charter":"","identities":[],"signatures":[]}`))
	f.Add(revoke(f, s.active(f), "south", s.keys["south"]).Marshal())
	f.Add(amend(f, s.active(f), nil, "max_rows: 1_000_000", "max_rows: 2_000_000").Marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBundle(data)
		if err != nil {
			if faultCode(err) == "" {
				t.Fatal(err)
			}
			return
		}
		if _, err := b.Verify(); err != nil && faultCode(err) == "" {
			t.Fatal(err)
		}
		if again, err := ParseBundle(b.Marshal()); err != nil || !bytes.Equal(again.Marshal(), b.Marshal()) {
			t.Fatalf("does not read back: %v", err)
		}
	})
}
