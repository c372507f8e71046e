package store

import (
	"slices"

	"github.com/tacit-space/tacit/engine/ledger"
)

// StudyRound says that a question is a round of a study.
type StudyRound struct {
	Study  [32]byte
	Number int // from 1
}

// Rounds returns which questions were rounds of studies, as the ledger says, erased ones too.
func (a *Analyst) Rounds() (map[JobID]StudyRound, error) {
	rounds := map[JobID]StudyRound{}
	err := a.each("read the rounds of studies", "SELECT body FROM ledger ORDER BY seq", nil, func(scan func(...any) error) error {
		var body []byte
		if err := scan(&body); err != nil {
			return err
		}
		e, err := ledger.ParseEntry(body)
		if err == nil && e.Kind == ledger.Round {
			rounds[e.Job] = StudyRound{e.Digest, int(e.Attempt)}
		}
		return err
	})
	return rounds, err
}

// LaterRound returns the newest question of the study that job was a round of; false if job was none.
func (a *Analyst) LaterRound(job JobID) (JobID, bool, error) {
	rounds, err := a.Rounds()
	of, known := rounds[job]
	if err != nil || !known {
		return JobID{}, false, err
	}
	newest := job
	for _, id := range sorted(rounds) {
		if r := rounds[id]; r.Study == of.Study && r.Number > rounds[newest].Number {
			newest = id
		}
	}
	return newest, true, nil
}

// sorted returns the jobs in an order that does not change.
func sorted(rounds map[JobID]StudyRound) []JobID {
	ids := make([]JobID, 0, len(rounds))
	for id := range rounds {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y JobID) int { return slices.Compare(x[:], y[:]) })
	return ids
}
