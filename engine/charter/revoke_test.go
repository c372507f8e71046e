package charter

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
)

// revoke adds signatures and reads the bundle back from its file.
func revoke(t testing.TB, b *Bundle, member string, by ...*identity.Identity) *Bundle {
	t.Helper()
	for _, k := range by {
		if _, err := b.Revoke(member, "key was stolen", k); err != nil {
			t.Fatal(err)
		}
	}
	again, err := ParseBundle(b.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func revokedMembers(b *Bundle) string {
	var out []string
	for _, r := range b.Revoked() {
		out = append(out, r.Member)
	}
	return strings.Join(out, ",")
}

// TestRevokeOwnKey: whoever has a key can make it worthless, alone and at once.
func TestRevokeOwnKey(t *testing.T) {
	s := newSpace(t)
	b := revoke(t, s.active(t), "south", s.keys["south"])
	wants(t, "active", b.Active(), "")
	if revokedMembers(b) != "south" || b.Barred("south") == nil || b.Barred("north") != nil || b.Barred("eve") != nil {
		t.Errorf("revoked %q", revokedMembers(b))
	}
}

// TestRevokeOfOthers: as many others as amend the charter; the one who is revoked is not asked.
func TestRevokeOfOthers(t *testing.T) {
	s := newSpace(t)
	s.quorum(3)
	b := revoke(t, s.active(t), "south", s.keys["hub"], s.keys["north"])
	if revokedMembers(b) != "" {
		t.Error("two of three are enough")
	}
	pending := b.Revocations()[0]
	if pending.Needed != 3 || !slices.Equal(pending.Signed, []string{"hub", "north"}) || !slices.Equal(pending.Missing, []string{"west", "institute"}) {
		t.Errorf("%+v", pending)
	}
	if b = revoke(t, b, "south", s.keys["west"]); revokedMembers(b) != "south" {
		t.Error("three of three are not enough")
	}
	s = newSpace(t) // unanimous
	b = revoke(t, s.active(t), "south", s.keys["hub"], s.keys["north"], s.keys["west"])
	if revokedMembers(b) != "" {
		t.Error("one is missing")
	}
	if b = revoke(t, b, "south", s.keys["institute"]); revokedMembers(b) != "south" {
		t.Error("all others are not enough")
	}
}

// TestRevokedHasNoVote: after a revocation the others amend the charter without that key, and cannot keep it.
func TestRevokedHasNoVote(t *testing.T) {
	s := newSpace(t)
	b := revoke(t, s.active(t), "south", s.keys["south"])
	if _, err := b.Amend(edit(t, s.text, "max_rows: 1_000_000", "max_rows: 2_000_000"), nil); !ErrAmendment.Is(err) {
		t.Errorf("the revoked key stays: %v", err)
	}
	old, fresh := s.keys["south"], key(90)
	next := amend(t, b, map[string]identity.Public{"south": fresh.Public()}, old.Public().Fingerprint(), fresh.Public().Fingerprint())
	next = sign(t, next, s.keys["hub"], s.keys["north"], s.keys["west"], fresh)
	wants(t, "one is missing", next.Active(), ErrNotActive.Code)
	wants(t, "the thief signs", sign(t, amendAgain(t, next), old).Active(), ErrNotActive.Code)
	next = sign(t, next, s.keys["institute"])
	wants(t, "without the lost key", next.Active(), "")
	if next.Barred("south") != nil || revokedMembers(next) != "south" {
		t.Error("the new key is revoked, or the old one is not")
	}
	if first := b.Hash(); next.At(first).Barred("south") == nil {
		t.Error("not revoked in version 1")
	}
}

// amendAgain is a copy.
func amendAgain(t testing.TB, b *Bundle) *Bundle {
	t.Helper()
	again, err := ParseBundle(b.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// TestRevocationsAreMerged: whatever the order, and also into an amendment that was made meanwhile.
func TestRevocationsAreMerged(t *testing.T) {
	s := newSpace(t)
	s.quorum(3)
	first := s.active(t)
	file := first.Marshal()
	read := func() *Bundle {
		b, err := ParseBundle(file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := revoke(t, read(), "south", s.keys["hub"])
	two := revoke(t, read(), "south", s.keys["north"], s.keys["west"])
	own := revoke(t, read(), "institute", s.keys["institute"])
	a, b := read(), read()
	for _, m := range []*Bundle{one, two, own} {
		wants(t, "merge", a.Merge(m), "")
	}
	for _, m := range []*Bundle{own, two, one, two} {
		wants(t, "merge", b.Merge(m), "")
	}
	if string(a.Marshal()) != string(b.Marshal()) || len(a.Revoked()) != 2 {
		t.Errorf("revoked %q and %q", revokedMembers(a), revokedMembers(b))
	}
	next := amend(t, read(), nil, "max_rows: 1_000_000", "max_rows: 2_000_000")
	next = sign(t, next, s.keys["hub"], s.keys["north"], s.keys["west"])
	wants(t, "into an amendment", next.Merge(own), "")
	if revokedMembers(next) != "institute" || next.Active() != nil {
		t.Errorf("revoked %q: %v", revokedMembers(next), next.Active())
	}
	wants(t, "an amendment into what it amends", read().Merge(next), ErrOtherSpace.Code)
}

// TestRevocationsForged: nobody can revoke others alone, or use a revocation for another member, key, version or
// space.
func TestRevocationsForged(t *testing.T) {
	s := newSpace(t)
	b := revoke(t, s.active(t), "south", s.keys["south"])
	file := string(b.Marshal())
	swap := func(pairs ...string) string {
		i := strings.Index(file, `"revocations"`)
		out := strings.NewReplacer(pairs...).Replace(file[i:])
		if out == file[i:] {
			t.Fatalf("%q is not in the file", pairs[0])
		}
		return file[:i] + out
	}
	south, west := s.keys["south"].Public().Fingerprint(), s.keys["west"].Public().Fingerprint()
	forged := base64.StdEncoding.EncodeToString(key(99).SignHybrid(revokeLabel, make([]byte, 32)))
	value := base64.StdEncoding.EncodeToString(b.revocations[0].signed[0].value)
	charterSignature := base64.StdEncoding.EncodeToString(b.signatures[2].value)
	h := b.Hash()
	for name, c := range map[string]struct{ file, want string }{
		"untouched":                {file, ""},
		"for another member":       {swap(`"member": "south",`+"\n"+`      "key": "`+south, `"member": "west",`+"\n"+`      "key": "`+west, `"member": "south",`+"\n"+`          "sig`, `"member": "west",`+"\n"+`          "sig`), ErrRevocation.Code},
		"with another's key":       {swap(south, west), ErrRevocation.Code},
		"another reason":           {swap("key was stolen", "key was sold"), ErrRevocation.Code},
		"another version":          {swap(hex.EncodeToString(h[:]), strings.Repeat("00", 32)), ErrRevocation.Code},
		"signature of nobody":      {swap(value, forged), ErrRevocation.Code},
		"signature of the charter": {swap(value, charterSignature), ErrRevocation.Code},
		"signed by another":        {swap(`"member": "south",`+"\n"+`          "sig`, `"member": "west",`+"\n"+`          "sig`), ErrRevocation.Code},
		"signed by a stranger":     {swap(`"member": "south",`+"\n"+`          "sig`, `"member": "eve",`+"\n"+`          "sig`), ErrRevocation.Code},
		"two lines":                {swap("key was stolen", `key was\nstolen`), ErrBundle.Code},
		"no reason":                {swap("key was stolen", ""), ErrBundle.Code},
		"unknown key":              {swap(`"reason"`, `"extra": 1, "reason"`), ErrBundle.Code},
		"empty list":               {strings.Replace(string(s.active(t).Marshal()), "\n}", ", \"revocations\": []\n}", 1), ErrBundle.Code},
	} {
		forged, err := ParseBundle([]byte(c.file))
		if err == nil {
			err = forged.Active()
		}
		wants(t, name, err, c.want)
	}
	// The attack without its defence: somebody has revoked west, in west's name.
	attack := amendAgain(t, s.active(t))
	attack.revocations = []*revocation{{member: "west", key: west, under: attack.hash, reason: "x", signed: []signature{{member: "west", value: []byte("forged")}}}}
	wants(t, "forged", attack.Active(), ErrRevocation.Code)
	attack.without.revocation = true
	if attack.Active() != nil || revokedMembers(attack) != "west" {
		t.Errorf("the attack fails without the defence too: %v", attack.Active())
	}

	other := newSpace(t)
	other.text = []byte(strings.Replace(string(other.text), "space: lung-study", "space: heart-study", 1))
	replayed := other.active(t)
	replayed.revocations = slices.Clone(b.revocations)
	copied := *b.revocations[0]
	copied.under = replayed.hash
	replayed.revocations[0] = &copied
	wants(t, "replayed in another space", replayed.Active(), ErrRevocation.Code)

	_, err := b.Revoke("eve", "x", s.keys["hub"])
	wants(t, "of nobody", err, ErrNoMember.Code)
	_, err = b.Revoke("west", "x", key(99))
	wants(t, "by nobody", err, ErrSigner.Code)
	_, err = b.Revoke("west", "", s.keys["hub"])
	wants(t, "without a reason", err, ErrRevocation.Code)
	_, err = s.signed(t, "hub").Revoke("west", "x", s.keys["hub"])
	wants(t, "not active", err, ErrNotActive.Code)
}
