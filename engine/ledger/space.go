package ledger

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// Space is what a reader of ledgers has to know of the space: whom it trusts to be who.
type Space struct {
	ID       string
	Identity func(member string) identity.Public   // nobody's for others
	Former   func(member string) []identity.Public // keys that a member had and has no more; may be nil
	HasRole  func(member string, role Role) bool
	Owners   func(table string) []string // member ids

	key func(version int, member string) identity.Public // that a member had in a version; may be nil
}

// keysOf returns the keys that a member has or had.
func (s *Space) keysOf(member string) []identity.Public {
	keys := []identity.Public{s.Identity(member)}
	if s.Former != nil {
		keys = append(keys, s.Former(member)...)
	}
	return keys
}

// In is the space of a verified bundle, with the members that it had in earlier versions.
func In(b *charter.Bundle) *Space {
	ch := b.Charter()
	return &Space{
		ID: ch.Space, Identity: b.Identity,
		Former: func(member string) []identity.Public { return formerKeys(b, member) },
		HasRole: func(member string, role Role) bool {
			return slices.ContainsFunc(b.Editions(), func(e charter.Edition) bool { return e.Charter.HasRole(member, charterRoles[role]) })
		},
		Owners: func(table string) []string {
			var ids []string
			for _, m := range ch.OwnersOf(table) {
				ids = append(ids, m.ID)
			}
			return slices.Clip(ids)
		},
		key: b.IdentityIn,
	}
}

var charterRoles = map[Role]charter.Role{
	Worker: charter.Owner, Coordinator: charter.Coordinator, Analyst: charter.Analyst,
}
