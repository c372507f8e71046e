package ledger

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// Space is what a reader of ledgers has to know of the space: whom it trusts to be who.
type Space struct {
	ID       string
	Identity func(member string) identity.Public // nobody's for others
	HasRole  func(member string, role Role) bool
	Owners   func(table string) []string // member ids
}

// In is the space of a verified bundle.
func In(b *charter.Bundle) *Space {
	ch := b.Charter()
	return &Space{
		ID: ch.Space, Identity: b.Identity,
		HasRole: func(member string, role Role) bool { return ch.HasRole(member, charterRoles[role]) },
		Owners: func(table string) []string {
			var ids []string
			for _, m := range ch.OwnersOf(table) {
				ids = append(ids, m.ID)
			}
			return slices.Clip(ids)
		},
	}
}

var charterRoles = map[Role]charter.Role{
	Worker: charter.Owner, Coordinator: charter.Coordinator, Analyst: charter.Analyst,
}
