package enginetest

import (
	"time"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/engine/approval"
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// Waiting returns what waits for a person at an owner, whether its worker runs or not.
func (s *Space) Waiting(owner string) []store.Parked {
	s.T.Helper()
	inbox, err := store.OpenInbox(s.Store(owner))
	s.must(err)
	defer inbox.Close()
	waiting, err := inbox.Waiting()
	s.must(err)
	return waiting
}

// Answer says something to the one question that waits at an owner, as a command beside its worker would.
// The answer is changed before it is signed.
func (s *Space) Answer(owner string, who *identity.Identity, d approval.Decision, change ...func(*approval.Answer)) {
	s.T.Helper()
	waiting := s.Waiting(owner)
	if len(waiting) != 1 {
		s.T.Fatalf("%d questions wait at %s, want one", len(waiting), owner)
	}
	p := waiting[0]
	grounds, err := approval.ParseGrounds(p.Grounds)
	s.must(err)
	a := approval.Answer{
		Space: s.Bundle.Charter().Space, Owner: owner, Job: p.ID, Manifest: p.Manifest, Shown: grounds.Hash(),
		Decision: d, Time: time.Now().Unix(),
	}
	for _, f := range change {
		f(&a)
	}
	body, err := approval.Sign(a, who)
	s.must(err)
	inbox, err := store.OpenInbox(s.Store(owner))
	s.must(err)
	defer inbox.Close()
	s.must(inbox.Answer(p.ID, body))
}

// Join opens the store of an owner beside its worker.
func (s *Space) Join(owner string) *store.Worker {
	s.T.Helper()
	w, err := store.JoinWorker(s.Store(owner), s.identities[owner].StoreKey(worker.StoreLabel), ledger.KeeperOf(s.Bundle, s.identities[owner]))
	s.must(err)
	s.T.Cleanup(func() { w.Close() })
	return w
}

// Parked matches the event that a job waits for a person at an owner.
func Parked(owner string) func(transport.Progress) bool {
	return func(p transport.Progress) bool { return p.Event == "parked" && p.Member == owner }
}
