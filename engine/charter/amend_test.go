package charter

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
)

// active is the space's first version, signed by everybody.
func (s *space) active(t testing.TB) *Bundle {
	t.Helper()
	return s.signed(t, "hub", "north", "south", "west", "institute")
}

// quorum lets some members amend.
func (s *space) quorum(n int) {
	s.text = bytes.Replace(s.text, []byte("{rule: unanimous}"), fmt.Appendf(nil, "{rule: quorum, quorum: %d}", n), 1)
}

// edit returns a text with the next version number and other changes.
func edit(t testing.TB, text []byte, changes ...string) []byte {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	changes = append(changes, fmt.Sprintf("version: %d\n", c.Version), fmt.Sprintf("version: %d\n", c.Version+1))
	out := string(text)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(out, changes[i]) {
			t.Fatalf("%q is not in the text", changes[i])
		}
		out = strings.Replace(out, changes[i], changes[i+1], 1)
	}
	return []byte(out)
}

func amend(t testing.TB, b *Bundle, joining map[string]identity.Public, changes ...string) *Bundle {
	t.Helper()
	text := []byte(b.Text())
	if c := b.Charter(); c.Previous != "" {
		changes = append(changes, fmt.Sprintf("\nprevious: %q", c.Previous), "")
	}
	next, err := b.Amend(edit(t, text, changes...), joining)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// sign adds signatures and reads the bundle back from its file.
func sign(t testing.TB, b *Bundle, keys ...*identity.Identity) *Bundle {
	t.Helper()
	for _, k := range keys {
		if _, err := b.Sign(k); err != nil {
			t.Fatal(err)
		}
	}
	again, err := ParseBundle(b.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func wants(t *testing.T, name string, err error, code string) {
	t.Helper()
	if got := faultCode(err); got != code {
		t.Errorf("%s: got %v, want %q", name, err, code)
	}
}

// TestAmendUnanimous: everybody has to sign, and the chain is in the file.
func TestAmendUnanimous(t *testing.T) {
	s := newSpace(t)
	first := s.active(t)
	next := amend(t, first, nil, "max_rows: 1_000_000", "max_rows: 2_000_000")
	if hash := first.Hash(); next.Charter().Previous != hex.EncodeToString(hash[:]) || next.Charter().Version != 2 {
		t.Fatalf("previous %q, version %d", next.Charter().Previous, next.Charter().Version)
	}
	next = sign(t, next, s.keys["hub"], s.keys["north"], s.keys["south"], s.keys["west"])
	wants(t, "four of five", next.Active(), ErrNotActive.Code)
	next = sign(t, next, s.keys["institute"])
	wants(t, "all", next.Active(), "")
	third := sign(t, amend(t, next, nil, "max_rows: 2_000_000", "max_rows: 3_000_000"),
		s.keys["hub"], s.keys["north"], s.keys["south"], s.keys["west"], s.keys["institute"])
	wants(t, "third", third.Active(), "")
	editions := third.Editions()
	if len(editions) != 3 || editions[0].Hash != first.Hash() || editions[2].Version != 3 {
		t.Errorf("editions %v", editions)
	}
	if e, ok := third.Edition(next.Hash()); !ok || e.Version != 2 || third.At(next.Hash()).Active() != nil {
		t.Error("version 2 is lost")
	}
	if _, ok := third.Edition([32]byte{}); ok || third.At([32]byte{}) != nil {
		t.Error("a version that never was")
	}
}

// TestAmendQuorum: a removed member need not agree, a new one has to.
func TestAmendQuorum(t *testing.T) {
	s := newSpace(t)
	s.quorum(4)
	first := s.active(t)
	east := key(50)
	institute := s.keys["institute"].Public().Fingerprint()
	joins := amend(t, first, map[string]identity.Public{"east": east.Public()},
		"  - {id: institute,", "  - {id: east, organisation: East, key: "+east.Public().Fingerprint()+", roles: [analyst]}\n  - {id: institute,")
	joins = sign(t, joins, s.keys["hub"], s.keys["north"], s.keys["west"], s.keys["south"])
	wants(t, "the new member is missing", joins.Active(), ErrNotActive.Code)
	if err := joins.Active(); !strings.Contains(err.Error(), "new keys by east") {
		t.Error(err)
	}
	joins = sign(t, joins, east)
	wants(t, "with the new member", joins.Active(), "")

	line := lineOf(t, joins.Text(), "id: institute,")
	leaves := amend(t, joins, nil, line, "")
	wants(t, "removed without its word", sign(t, leaves, s.keys["hub"], s.keys["north"], s.keys["south"], east).Active(), "")
	own := sign(t, amend(t, joins, nil, line, ""), s.keys["hub"], s.keys["north"], s.keys["south"], s.keys["institute"])
	wants(t, "removed with its word", own.Active(), "")
	if own.signatures[3].key != institute {
		t.Errorf("the member who leaves signs as %q", own.signatures[3].key)
	}
	wants(t, "merged", own.Merge(leaves), "")
}

func lineOf(t testing.TB, text, part string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	t.Fatalf("no line with %q", part)
	return ""
}

// TestRotateKey: the old key agrees, the new one shows that it is there; afterwards the old one
// is nobody's.
func TestRotateKey(t *testing.T) {
	s := newSpace(t)
	first := s.active(t)
	old, fresh := s.keys["west"], key(51)
	next := amend(t, first, map[string]identity.Public{"west": fresh.Public()}, old.Public().Fingerprint(), fresh.Public().Fingerprint())
	next = sign(t, next, s.keys["hub"], s.keys["north"], s.keys["south"], s.keys["institute"], old)
	wants(t, "without the new key", next.Active(), ErrNotActive.Code)
	status, err := next.Verify()
	if err != nil || !slices.Equal(status.Joining, []string{"west"}) || len(status.Missing) != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	next = sign(t, next, fresh)
	wants(t, "with both keys", next.Active(), "")
	if next.Holder(old.Public()) != nil || next.Holder(fresh.Public()).ID != "west" || !next.IdentityIn(1, "west").Equal(old.Public()) {
		t.Error("wrong holder")
	}

	third := amend(t, next, nil, "max_rows: 1_000_000", "max_rows: 3_000_000")
	if _, err := third.Sign(old); !ErrSigner.Is(err) {
		t.Errorf("a key that was rotated out signs: %v", err)
	}
}

// TestRename: who goes by another id with the same key signs once, for both.
func TestRename(t *testing.T) {
	s := newSpace(t)
	next := amend(t, s.active(t), map[string]identity.Public{"oeste": s.keys["west"].Public()}, "id: west", "id: oeste")
	for _, k := range s.keys {
		next = sign(t, next, k)
	}
	wants(t, "renamed", next.Active(), "")
}

// TestCoup: an amendment that is signed only by the members that it makes itself. It succeeds if a
// version is judged by its own members, as a first one is.
func TestCoup(t *testing.T) {
	for _, without := range []bool{false, true} {
		s := newSpace(t)
		s.quorum(3)
		b := s.active(t)
		b.without.approval = without
		sybils := map[string]identity.Public{}
		keys := []*identity.Identity{s.keys["west"]}
		lines := ""
		for i := range 5 {
			k := key(byte(60 + i))
			id := fmt.Sprintf("sybil%d", i)
			sybils[id], keys = k.Public(), append(keys, k)
			lines += fmt.Sprintf("  - {id: %s, organisation: Sybil, key: %s, roles: [analyst]}\n", id, k.Public().Fingerprint())
		}
		next := amend(t, b, sybils, "quorum: 3", "quorum: 6", "  - {id: institute,", lines+"  - {id: institute,")
		for _, k := range keys {
			if _, err := next.Sign(k); err != nil {
				t.Fatal(err)
			}
		}
		if err := next.Active(); (err == nil) != without {
			t.Errorf("without the defence %v: %v", without, err)
		}
	}
}

// TestNoConsent: members who agree among themselves put the name of somebody who does not take part into
// the charter.
func TestNoConsent(t *testing.T) {
	for _, without := range []bool{false, true} {
		s := newSpace(t)
		b := s.active(t)
		b.without.consent = without
		stranger := key(70).Public()
		next := amend(t, b, map[string]identity.Public{"stranger": stranger},
			"  - {id: institute,", "  - {id: stranger, organisation: Stranger, key: "+stranger.Fingerprint()+", roles: [owner]}\n  - {id: institute,")
		for _, k := range s.keys {
			if _, err := next.Sign(k); err != nil {
				t.Fatal(err)
			}
		}
		if err := next.Active(); (err == nil) != without {
			t.Errorf("without the defence %v: %v", without, err)
		}
	}
}

// TestHistoryForged: what an attacker can do to the file of an amended space.
func TestHistoryForged(t *testing.T) {
	s := newSpace(t)
	all := []*identity.Identity{s.keys["hub"], s.keys["north"], s.keys["south"], s.keys["west"], s.keys["institute"]}
	first := s.active(t)
	next := sign(t, amend(t, first, nil, "max_rows: 1_000_000", "max_rows: 2_000_000"), all...)
	third := sign(t, amend(t, next, nil, "max_rows: 2_000_000", "max_rows: 3_000_000"), all...)
	file := string(third.Marshal())
	hash := func(b *Bundle) string { h := b.Hash(); return hex.EncodeToString(h[:]) }
	swap := func(old, with string) string {
		if !strings.Contains(file, old) {
			t.Fatalf("%.40q is not in the file", old)
		}
		return strings.Replace(file, old, with, -1)
	}
	value := func(b *Bundle, i int) string { return base64.StdEncoding.EncodeToString(b.signatures[i].value) }
	other := sign(t, amend(t, first, nil, "max_rows: 1_000_000", "max_rows: 9_000_000"), all...)
	short := *third
	short.earlier = third.earlier[1:]
	gap := *third
	gap.earlier = third.earlier[:1]
	fork := *third
	fork.earlier = []*version{first.version, other.version}
	bare := *third
	bare.earlier = nil
	pending := amend(t, first, nil, "max_rows: 1_000_000", "max_rows: 2_000_000")
	unsigned := *third
	unsigned.earlier = []*version{first.version, pending.version}
	cases := map[string]struct {
		file string
		want string
	}{
		"untouched":                     {file, ""},
		"an earlier text changed":       {swap("max_rows: 2_000_000", "max_rows: 2_000_001"), ErrChain.Code},
		"the first text changed":        {swap("max_rows: 1_000_000", "max_rows: 1_000_001"), ErrChain.Code},
		"the newest text changed":       {swap("max_rows: 3_000_000", "max_rows: 3_000_001"), ErrChanged.Code},
		"link changed":                  {swap(`previous: \"`+hash(next), `previous: \"`+hash(first)), ErrChain.Code},
		"signature of another version":  {swap(value(third, 0), value(next, 0)), ErrSignature.Code},
		"signature and hash moved":      {strings.NewReplacer(value(third, 0), value(next, 0), `"charter": "`+hash(third)+`"`, `"charter": "`+hash(next)+`"`).Replace(file), ErrChanged.Code},
		"first version cut off":         {string(short.Marshal()), ErrChain.Code},
		"version in between cut out":    {string(gap.Marshal()), ErrChain.Code},
		"all earlier ones cut off":      {string(bare.Marshal()), ErrChain.Code},
		"another second version":        {string(fork.Marshal()), ErrChain.Code},
		"second version never active":   {string(unsigned.Marshal()), ErrChain.Code},
		"key named that is the same":    {swap(`"member": "hub",`+"\n"+`      "charter": "`+hash(third), `"member": "hub",`+"\n"+`      "key": "`+s.keys["hub"].Public().Fingerprint()+`",`+"\n"+`      "charter": "`+hash(third)), ErrSigner.Code},
		"earlier ones as an empty list": {strings.Replace(string(first.Marshal()), `"signatures": [`, `"earlier": [], "signatures": [`, 1), ErrBundle.Code},
		"unknown key in an earlier one": {swap(`"earlier": [`+"\n"+`    {`, `"earlier": [`+"\n"+`    {"extra": 1,`), ErrBundle.Code},
	}
	for name, c := range cases {
		b, err := ParseBundle([]byte(c.file))
		if err == nil {
			err = b.Active()
		}
		wants(t, name, err, c.want)
	}
	fork.without.link = true
	if err := fork.checkLinks(); err != nil || fork.Active() != nil {
		t.Errorf("without links, another history passes: %v, %v", err, fork.Active())
	}
}

// TestAmendRefuses: texts that are no amendment.
func TestAmendRefuses(t *testing.T) {
	s := newSpace(t)
	first := s.active(t)
	text := string(s.text)
	hash := first.Hash()
	right := fmt.Sprintf("version: 2\nprevious: %q", hex.EncodeToString(hash[:]))
	for name, c := range map[string]struct{ text, want string }{
		"the same version":   {text, ErrAmendment.Code},
		"version left out":   {strings.Replace(text, "version: 1", "version: 3", 1), ErrAmendment.Code},
		"another space":      {strings.NewReplacer("version: 1", "version: 2", "space: lung-study", "space: lungs").Replace(text), ErrAmendment.Code},
		"another previous":   {strings.Replace(text, "version: 1", "version: 2\nprevious: "+`"`+strings.Repeat("0", 64)+`"`, 1), ErrAmendment.Code},
		"previous no hash":   {strings.Replace(text, "version: 1", "version: 2\nprevious: ABC", 1), ErrInvalid.Code},
		"first with one":     {strings.Replace(text, "version: 1", "version: 1\nprevious: "+`"`+strings.Repeat("0", 64)+`"`, 1), ErrInvalid.Code},
		"a key that is new":  {strings.NewReplacer("version: 1", "version: 2", s.keys["hub"].Public().Fingerprint(), key(9).Public().Fingerprint()).Replace(text), ErrIdentity.Code},
		"without a previous": {strings.Replace(text, "version: 1", "version: 2 # second", 1), ""},
		"with it":            {strings.Replace(text, "version: 1", right, 1), ""},
		"CRLF":               {strings.ReplaceAll(strings.Replace(text, "version: 1", "version: 2", 1), "\n", "\r\n"), ""},
	} {
		next, err := first.Amend([]byte(c.text), nil)
		wants(t, name, err, c.want)
		if err == nil && next.Charter().Previous != hex.EncodeToString(hash[:]) {
			t.Errorf("%s: amends %q", name, next.Charter().Previous)
		}
	}
	_, err := s.signed(t, "hub").Amend([]byte(text), nil)
	wants(t, "not active", err, ErrNotActive.Code)
	_, err = NewBundle([]byte(strings.Replace(text, "version: 1", right, 1)), s.publics())
	wants(t, "proposed as a first version", err, ErrChain.Code)
}

// BenchmarkReadVersions reads and verifies a bundle of 32 versions of five members.
func BenchmarkReadVersions(b *testing.B) {
	s := newSpace(b)
	bundle := s.active(b)
	const versions = 32
	for i := 1; i < versions; i++ {
		bundle = amend(b, bundle, nil, fmt.Sprintf("max_rows: %d_000_000", i), fmt.Sprintf("max_rows: %d_000_000", i+1))
		for _, k := range s.keys {
			if _, err := bundle.Sign(k); err != nil {
				b.Fatal(err)
			}
		}
	}
	data := bundle.Marshal()
	b.ReportMetric(float64(len(data))/versions, "B/version")
	for b.Loop() {
		again, err := ParseBundle(data)
		if err != nil {
			b.Fatal(err)
		}
		if err := again.Active(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)/versions, "ms/version")
}
