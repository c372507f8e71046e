package coordinator

import (
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
	"github.com/tacit-space/tacit/engine/store"
)

// obey takes revocations from newer copies of the bundle, until the role ends.
func (c *coordinator) obey() {
	for {
		select {
		case b := <-c.Updates:
			c.revoke(b)
		case <-c.life.Done():
			return
		}
	}
}

// revoke stores which keys are revoked, cuts their connections, and ends what they have to do with. A
// coordinator whose own key is revoked ends.
func (c *coordinator) revoke(b *charter.Bundle) {
	revoked := b.Revoked()
	crashpoint.Here(crashpoint.CoordinatorRevokeBefore)
	err := c.store.Revoke(revoked)
	switch {
	case charter.ErrUnrevoked.Is(err):
		c.Log.Warn("space.json does not count", obs.Err(err))
		return
	case err != nil:
		c.fail(err)
		return
	}
	crashpoint.Here(crashpoint.CoordinatorRevokeAfter)
	c.revoked.Store(&revoked)
	if err := c.space.Serves(c.space.TheCoordinator().ID, revoked); err != nil {
		c.fail(err)
		return
	}
	for _, m := range c.space.Members {
		if c.barred(m.ID) != nil {
			c.Log.Warn("key is revoked", "member", m.ID)
			c.registry.Revoke(m.ID)
			c.hub.Cut(m.ID)
		}
	}
	c.mu.Lock()
	var live []*job
	for _, j := range c.jobs {
		live = append(live, j)
	}
	c.mu.Unlock()
	for _, j := range live {
		j.post(c.life, j.obeyRevocations)
	}
}

// barred returns the fault of a member whose key is revoked, nil for all others.
func (c *coordinator) barred(member string) *fault.Fault {
	revoked := c.revoked.Load()
	if revoked == nil {
		return nil
	}
	return c.space.Barred(member, *revoked)
}

// obeyRevocations ends a job whose analyst's key is revoked, and takes owners out of it whose keys are.
func (j *job) obeyRevocations() {
	if why := j.c.barred(j.Analyst); why != nil && !j.over {
		j.end(store.Failed, why)
		return
	}
	for _, m := range j.manifest.Roster {
		if why := j.c.barred(m.ID); why != nil && j.decisions[m.ID].Verdict != store.Withdrawn {
			j.withdraw(m.ID, store.Reason(envelope.ReasonOf(why)))
		}
	}
}
