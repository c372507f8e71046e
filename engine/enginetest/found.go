package enginetest

import (
	"crypto/rand"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/charter"
)

// found makes the members' identities and a charter that all of them signed.
func (s *Space) found() {
	s.T.Helper()
	c := &charter.Charter{
		Format: charter.Format, Space: "loopback", Version: 1,
		Amend:  charter.Amend{Rule: charter.Unanimous},
		Rules:  charter.Rules{MinContributors: s.opts.MinContributors, ToleratedCorruption: s.opts.Corruptions, Verification: s.opts.Verification},
		Tables: s.opts.tables(),
	}
	if s.opts.Rules != nil {
		s.opts.Rules(&c.Rules)
	}
	public := map[string]identity.Public{}
	add := func(id string, role charter.Role) {
		who, err := identity.Generate(rand.Reader)
		s.must(err)
		s.identities[id], public[id] = who, who.Public()
		c.Members = append(c.Members, charter.Member{
			ID: id, Organisation: "Organisation of " + id, Key: who.Public().Fingerprint(), Roles: []charter.Role{role},
		})
	}
	add(CoordinatorID, charter.Coordinator)
	add(AnalystID, charter.Analyst)
	add(OtherAnalystID, charter.Analyst)
	for _, id := range s.Owners {
		add(id, charter.Owner)
	}
	for i := range c.Members {
		if s.opts.Member != nil {
			s.opts.Member(&c.Members[i])
		}
	}
	var err error
	s.Bundle, err = charter.NewBundle(c.YAML(), public)
	s.must(err)
	for _, who := range s.identities {
		_, err := s.Bundle.Sign(who)
		s.must(err)
	}
}
