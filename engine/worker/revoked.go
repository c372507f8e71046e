package worker

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/obs"
)

// obey takes revocations from newer copies of the bundle, until the role ends.
func (w *worker) obey() {
	for {
		select {
		case b := <-w.Updates:
			w.revoke(b)
		case <-w.life.Done():
			return
		}
	}
}

// revoke stores which keys are revoked, and then ends what they have to do with. A worker whose own key or
// whose coordinator's is revoked ends.
func (w *worker) revoke(b *charter.Bundle) {
	revoked := b.Revoked()
	crashpoint.Here(crashpoint.WorkerRevokeBefore)
	err := w.store.Revoke(revoked)
	switch {
	case charter.ErrUnrevoked.Is(err):
		w.Log.Warn("space.json does not count", obs.Err(err))
		return
	case err != nil:
		w.fail(err)
		return
	}
	crashpoint.Here(crashpoint.WorkerRevokeAfter)
	w.revoked.Store(&revoked)
	if err := w.space.Serves(w.Self, revoked); err != nil {
		w.fail(err)
		return
	}
	for _, r := range revoked {
		w.Log.Warn("key is revoked", "member", r.Member, "version", r.Version)
	}
	for _, j := range w.live() {
		j.post(w.life, j.obeyRevocation)
	}
	w.lookAgain() // at what waits for a person
}

// barred returns the fault of a member whose key is revoked, nil for all others.
func (w *worker) barred(member string) *fault.Fault {
	revoked := w.revoked.Load()
	if revoked == nil {
		return nil
	}
	return w.space.Barred(member, *revoked)
}

// checkRevoked refuses what a revoked key has signed.
func (w *worker) checkRevoked(j *job) error {
	if why := w.barred(j.manifest.Analyst.ID); why != nil {
		return why
	}
	return nil
}

// obeyRevocation ends the job if its analyst's key is revoked.
func (j *job) obeyRevocation() {
	why := j.w.barred(j.manifest.Analyst.ID)
	switch {
	case why == nil || j.over:
	case j.accepted:
		j.withdraw(why)
	default:
		j.over = true
		j.stopValidation()
		j.leavesInbox()
		j.w.decline(j, why)
	}
}

// barredParties are the owners of the job with whom nothing is begun.
func (j *job) barredParties() session.Parties {
	var parties session.Parties
	for i, m := range j.manifest.Roster {
		if j.w.barred(m.ID) != nil {
			parties = append(parties, session.Party(i+1))
		}
	}
	slices.Sort(parties)
	return parties
}
