package charter

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
)

// TestEdits: each text amends the charter, and changes what it should and nothing else.
func TestEdits(t *testing.T) {
	s := newSpace(t)
	b := s.active(t)
	fresh := key(80)
	for round := range 2 { // of the first version, and of an amended one
		rotated, err := b.Rotated("west", fresh.Public().Fingerprint())
		if err != nil {
			t.Fatal(err)
		}
		joined, err := b.Joined(Member{ID: "east", Organisation: "East Hospital", Key: fresh.Public().Fingerprint(), Roles: []Role{Owner}})
		if err != nil {
			t.Fatal(err)
		}
		left, err := b.Left("institute")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(rotated), "# A space of three") {
			t.Error("comments are lost")
		}
		for name, c := range map[string]struct {
			text    []byte
			joining string
			want    string
		}{
			"rotated": {rotated, "west", "members.west.key changed"},
			"joined":  {joined, "east", "members.east changed|tables.patients.owners changed"},
			"left":    {left, "", "members.institute stricter"},
		} {
			joining := map[string]identity.Public{}
			if c.joining != "" {
				joining[c.joining] = fresh.Public()
			}
			next, err := b.Amend(c.text, joining)
			if err != nil {
				t.Fatalf("%d, %s: %v", round, name, err)
			}
			var got []string
			for _, change := range Diff(b.Charter(), next.Charter()) {
				got = append(got, change.Path+" "+string(change.Effect))
			}
			if g := strings.Join(got, "|"); g != c.want {
				t.Errorf("%d, %s: %s, want %s", round, name, g, c.want)
			}
		}
		if round == 0 {
			b = amend(t, b, nil, "max_rows: 1_000_000", "max_rows: 2_000_000")
			for _, k := range s.keys {
				b = sign(t, b, k)
			}
		}
	}
	_, err := b.Rotated("eve", "")
	wants(t, "rotated", err, ErrNoMember.Code)
	_, err = b.Left("eve")
	wants(t, "left", err, ErrNoMember.Code)
	_, err = b.Joined(Member{ID: "west"})
	wants(t, "joined", err, ErrNoMember.Code)
}
