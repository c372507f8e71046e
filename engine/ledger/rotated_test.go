package ledger

import (
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// rotated is a world in which north has another key since version 2 of the charter.
func rotated() (w *world, old *identity.Identity) {
	w = newWorld()
	old, w.ids["north"] = w.ids["north"], identity.FromSeed([32]byte{77})
	w.Former = func(member string) []identity.Public {
		if member == "north" {
			return []identity.Public{old.Public()}
		}
		return nil
	}
	w.key = func(version int, member string) identity.Public {
		if member == "north" && version == 1 {
			return old.Public()
		}
		return w.Identity(member)
	}
	return w, old
}

// TestRotatedKey: a ledger goes on under another key. What was signed before still verifies; the old key
// signs nothing that names the new version.
func TestRotatedKey(t *testing.T) {
	w, old := rotated()
	l := w.log(t, "north", Worker)
	fresh := l.keeper.Identity
	l.keeper.Identity = old
	l.add(served(1, "north")...)
	before := l.last()
	if _, err := l.export().Verify(w.Space, Options{}); err != nil {
		t.Fatal(err)
	}
	l.keeper.Identity = fresh
	l.add(Entry{Kind: Charter, Digest: [32]byte{10}, Version: 2})
	v, err := l.export().Verify(w.Space, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Extends(before); err != nil {
		t.Error(err)
	}
	l.keeper.Identity = old
	l.add(served(2, "north")...)
	_, err = l.export().Verify(w.Space, Options{})
	want(t, err, Forged)
	_, err = l.export().Verify(w.Space, Options{without: defences{key: true}})
	pass(t, err)

	stranger := w.keeper("south")
	stranger.Member = "north"
	l.keeper = stranger
	l.add(served(3, "north")...)
	_, err = l.export().Verify(w.Space, Options{without: defences{key: true}})
	want(t, err, Forged)
}

// TestPutBackTheCharter: an older version of the charter, which was active, and another history.
func TestPutBackTheCharter(t *testing.T) {
	k := newWorld().keeper("north")
	k.Charter, k.Version = [32]byte{2}, 2
	k.Earlier = []charter.Pin{{Version: 1, Hash: [32]byte{1}}}
	for name, c := range map[string]struct {
		served charter.Pin
		code   string
	}{
		"the same":    {charter.Pin{Version: 2, Hash: [32]byte{2}}, ""},
		"amended":     {charter.Pin{Version: 1, Hash: [32]byte{1}}, ""},
		"rolled back": {charter.Pin{Version: 3, Hash: [32]byte{3}}, charter.ErrRollback.Code},
		"fork":        {charter.Pin{Version: 2, Hash: [32]byte{9}}, charter.ErrFork.Code},
		"fork before": {charter.Pin{Version: 1, Hash: [32]byte{9}}, charter.ErrFork.Code},
	} {
		err := k.Continues(c.served)
		if c.code == "" {
			pass(t, err)
			continue
		}
		if err == nil || err.Error()[:len(c.code)] != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		attacked := k
		attacked.without.pin = true
		pass(t, attacked.Continues(c.served))
	}
}
