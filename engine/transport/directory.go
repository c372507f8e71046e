package transport

import (
	"crypto/ed25519"

	"github.com/tacit-space/tacit/engine/charter"
)

// directory is a [Directory] of one charter. It does not change.
type directory struct {
	hash        [32]byte
	versions    []charter.Pin // that the charter amends, and itself
	coordinator ed25519.PublicKey
	members     map[[ed25519.PublicKeySize]byte]Member
}

// FromBundle makes the directory of a space from its bundle.
func FromBundle(b *charter.Bundle) Directory {
	d := newDirectory(b.Charter(), func(id string) ed25519.PublicKey { return b.Identity(id).Ed25519() })
	d.versions = b.Pins()
	return d
}

// newDirectory joins a charter with the keys of its members.
func newDirectory(c *charter.Charter, key func(id string) ed25519.PublicKey) *directory {
	d := &directory{hash: c.Hash(), versions: []charter.Pin{{Version: c.Version, Hash: c.Hash()}}, members: map[[ed25519.PublicKeySize]byte]Member{}}
	for _, m := range c.Members {
		if k := key(m.ID); len(k) == ed25519.PublicKeySize {
			d.members[[ed25519.PublicKeySize]byte(k)] = Member{ID: m.ID, Roles: m.Roles}
		}
	}
	if m := c.TheCoordinator(); m != nil {
		d.coordinator = key(m.ID)
	}
	return d
}

// Member implements [Directory].
func (d *directory) Member(key ed25519.PublicKey) (Member, bool) {
	if len(key) != ed25519.PublicKeySize {
		return Member{}, false
	}
	m, ok := d.members[[ed25519.PublicKeySize]byte(key)]
	return m, ok
}

// Coordinator implements [Directory].
func (d *directory) Coordinator() ed25519.PublicKey { return d.coordinator }

// Charter implements [Directory].
func (d *directory) Charter() [32]byte { return d.hash }

// Name implements [Directory].
func (d *directory) Name(hash [32]byte) string { return charter.NameIn(d.versions, hash) }
