package enginetest

import (
	"github.com/tacit-space/tacit/engine/ledger"
	"github.com/tacit-space/tacit/engine/store"
)

// Ledger returns the verified ledger of a member, whether its role runs or not.
func (s *Space) Ledger(id string) *ledger.Verified {
	s.T.Helper()
	record, err := store.ReadLedger(s.Store(id))
	s.must(err)
	v, err := record.Export().Verify(ledger.In(s.Bundle), ledger.Options{})
	s.must(err)
	return v
}

// LedgersAgree compares the ledgers of all members, and returns what they say of the
// question's job, by member.
func (s *Space) LedgersAgree(job store.JobID) map[string][]ledger.Entry {
	s.T.Helper()
	about := map[string][]ledger.Entry{}
	var all []*ledger.Verified
	for _, id := range append([]string{CoordinatorID, AnalystID}, s.Owners...) {
		v := s.Ledger(id)
		all = append(all, v)
		for _, e := range v.Entries {
			if e.Job == job {
				about[id] = append(about[id], e)
			}
		}
	}
	for _, f := range ledger.Compare(all, nil, ledger.In(s.Bundle)) {
		if f.Grave {
			s.T.Errorf("the ledgers disagree: %s", f.Text)
		}
	}
	return about
}
