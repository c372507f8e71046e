package transport

import (
	"os"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// TestFromBundle: the keys of a bundle's identities are who its charter says, over
// a connection with real identities.
func TestFromBundle(t *testing.T) {
	text, err := os.ReadFile("../charter/testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := charter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, publics := map[string]*identity.Identity{}, map[string]identity.Public{}
	yaml := string(text)
	for i, m := range c.Members {
		keys[m.ID] = identity.FromSeed([32]byte{byte(i), 1})
		publics[m.ID] = keys[m.ID].Public()
		yaml = strings.Replace(yaml, m.Key, publics[m.ID].Fingerprint(), 1)
	}
	bundle, err := charter.NewBundle([]byte(yaml), publics)
	if err != nil {
		t.Fatal(err)
	}
	dir := FromBundle(bundle)
	for _, m := range c.Members {
		got, ok := dir.Member(publics[m.ID].Ed25519())
		if !ok || got.ID != m.ID || len(got.Roles) != len(m.Roles) {
			t.Errorf("the key of %s is %+v, %v", m.ID, got, ok)
		}
	}
	if _, ok := dir.Member(publicOf("stranger")); ok {
		t.Error("a stranger's key is a member's")
	}
	if _, ok := dir.Member(nil); ok {
		t.Error("no key is a member's")
	}
	if dir.Charter() != bundle.Hash() {
		t.Error("the directory has another charter hash than its bundle")
	}
	coordinator := bundle.Charter().TheCoordinator().ID
	owner := bundle.Charter().WithRole(charter.Owner)[0].ID
	w := newWorld(t, 0, func(cfg *ServerConfig) { cfg.Identity, cfg.Directory = keys[coordinator], dir })
	cfg := w.client("")
	cfg.Identity, cfg.Directory = keys[owner], dir
	startWorker(t, cfg)
	w.box.untilEvent(t, "connected "+owner+" fresh", 1)
}
