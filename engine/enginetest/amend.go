package enginetest

import (
	"crypto/rand"
	"fmt"
	"os"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/worker"
)

// Amend makes the next version of the charter, which everybody signs: those who are in the version
// before with the keys that they have there. Roles that start from now on have it.
func (s *Space) Amend(change func(*charter.Charter)) { s.amend(change, nil) }

// amend takes members with a new key, by their ids. Their stores are sealed again.
func (s *Space) amend(change func(*charter.Charter), joining map[string]*identity.Identity) {
	s.T.Helper()
	c, err := charter.Parse([]byte(s.Bundle.Text()))
	s.must(err)
	c.Version, c.Previous = c.Version+1, ""
	public := map[string]identity.Public{}
	for id, who := range joining {
		public[id] = who.Public()
	}
	change(c)
	next, err := s.Bundle.Amend(c.YAML(), public)
	s.must(err)
	for _, who := range s.identities {
		_, err := next.Sign(who)
		s.must(err)
	}
	for id, who := range joining {
		_, err := next.Sign(who)
		s.must(err)
		s.reseal(id, who)
		s.identities[id] = who
	}
	s.must(next.Active())
	s.Bundle, err = charter.ParseBundle(next.Marshal()) // as it is in the file
	s.must(err)
}

// reseal seals the store of a member, if it has one, with its new key.
func (s *Space) reseal(id string, who *identity.Identity) {
	s.T.Helper()
	role, label := ledger.Worker, worker.StoreLabel
	if id == AnalystID || id == OtherAnalystID {
		role, label = ledger.Analyst, analyst.StoreLabel
	}
	if _, err := os.Stat(s.Store(id)); err != nil || s.identities[id] == nil || id == CoordinatorID {
		return
	}
	s.must(store.Reseal(s.Store(id), role, s.identities[id].StoreKey(label), who.StoreKey(label)))
}

func (s *Space) generate() *identity.Identity {
	s.T.Helper()
	who, err := identity.Generate(rand.Reader)
	s.must(err)
	return who
}

// RotateKey gives a member, whose role does not run, another key, in an amendment.
func (s *Space) RotateKey(id string) {
	s.T.Helper()
	who := s.generate()
	s.amend(func(c *charter.Charter) { c.Member(id).Key = who.Public().Fingerprint() }, map[string]*identity.Identity{id: who})
}

// AddOwner makes one more owner, with rows of its own, in an amendment, and returns its id.
func (s *Space) AddOwner() string {
	s.T.Helper()
	who, id := s.generate(), fmt.Sprintf("owner%d", len(s.Owners)+1)
	s.amend(func(c *charter.Charter) {
		c.Members = append(c.Members, charter.Member{
			ID: id, Organisation: "Organisation of " + id, Key: who.Public().Fingerprint(), Roles: []charter.Role{charter.Owner},
		})
		c.Tables[0].Owners = nil
	}, map[string]*identity.Identity{id: who})
	s.Rows[id], s.Gates[id] = s.opts.makeRows(uint64(len(s.Owners)), len(s.Owners)), &Gate{}
	s.Owners = append(s.Owners, id)
	s.mapTable(id)
	return id
}

// RemoveOwner removes the last owner, in an amendment.
func (s *Space) RemoveOwner() {
	s.T.Helper()
	id := s.Owners[len(s.Owners)-1]
	s.Amend(func(c *charter.Charter) {
		c.Members = c.Members[:len(c.Members)-1]
		c.Tables[0].Owners = nil
	})
	s.Owners = s.Owners[:len(s.Owners)-1]
	delete(s.identities, id)
}

// StopAll stops the coordinator and all workers that run.
func (s *Space) StopAll() {
	s.T.Helper()
	s.StopCoordinator()
	for _, id := range s.Owners {
		if s.workers[id] != nil {
			s.StopWorker(id)
		}
	}
}
