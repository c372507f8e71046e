package transport

import (
	"crypto/ed25519"
	"slices"
	"sync/atomic"

	"github.com/tacit-space/tacit/engine/charter"
)

// Registry is a [Directory] of one charter. It changes only by revocations.
type Registry struct {
	hash        [32]byte
	versions    []charter.Pin // that the charter amends, and itself
	coordinator ed25519.PublicKey
	members     map[[ed25519.PublicKeySize]byte]Member
	head        string // member id of the coordinator

	revoked atomic.Pointer[[]string] // member ids
}

// FromBundle makes the directory of a space from its bundle.
func FromBundle(b *charter.Bundle) *Registry {
	d := newDirectory(b.Charter(), func(id string) ed25519.PublicKey { return b.Identity(id).Ed25519() })
	d.versions = b.Pins()
	var revoked []string
	for _, m := range b.Charter().Members {
		if b.Barred(m.ID) != nil {
			revoked = append(revoked, m.ID)
		}
	}
	d.Revoke(revoked...)
	return d
}

// newDirectory joins a charter with the keys of its members.
func newDirectory(c *charter.Charter, key func(id string) ed25519.PublicKey) *Registry {
	d := &Registry{hash: c.Hash(), versions: []charter.Pin{{Version: c.Version, Hash: c.Hash()}}, members: map[[ed25519.PublicKeySize]byte]Member{}}
	for _, m := range c.Members {
		if k := key(m.ID); len(k) == ed25519.PublicKeySize {
			d.members[[ed25519.PublicKeySize]byte(k)] = Member{ID: m.ID, Roles: m.Roles}
		}
	}
	if m := c.TheCoordinator(); m != nil {
		d.coordinator, d.head = key(m.ID), m.ID
	}
	return d
}

// Revoke makes the keys of members those of nobody, besides those that were revoked before.
func (d *Registry) Revoke(members ...string) {
	for {
		old := d.revoked.Load()
		all := members
		if old != nil {
			all = slices.Concat(*old, members)
		}
		if d.revoked.CompareAndSwap(old, &all) {
			return
		}
	}
}

// Revoked implements [Directory].
func (d *Registry) Revoked(member string) bool {
	revoked := d.revoked.Load()
	return revoked != nil && slices.Contains(*revoked, member)
}

// Member implements [Directory].
func (d *Registry) Member(key ed25519.PublicKey) (Member, bool) {
	if len(key) != ed25519.PublicKeySize {
		return Member{}, false
	}
	m, ok := d.members[[ed25519.PublicKeySize]byte(key)]
	return m, ok && !d.Revoked(m.ID)
}

// Coordinator implements [Directory].
func (d *Registry) Coordinator() ed25519.PublicKey {
	if d.Revoked(d.head) {
		return nil
	}
	return d.coordinator
}

// Charter implements [Directory].
func (d *Registry) Charter() [32]byte { return d.hash }

// Name implements [Directory].
func (d *Registry) Name(hash [32]byte) string { return charter.NameIn(d.versions, hash) }
