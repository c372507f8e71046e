package worker

import (
	"errors"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/store"
)

// NotTheNextRound is a round that does not follow from one that was released here.
var NotTheNextRound = fault.Declare("TACIT-W172", "not the next round of a study",
	"A job says that it is a later round of a model, and this owner did not take part in the round before, or has stopped everything since, or it is about something else, by somebody else, or the round was released already.",
	"Ask again from the first round. If that happened, somebody tries to ask without the owners' decision.")

// round is the job as one round of a study, nil if it is in none.
func (j *job) round() *store.Round {
	s := j.request.Job.Study
	if s == nil {
		return nil
	}
	form, err := j.request.Job.Form()
	if err != nil {
		form = [32]byte{} // a job that was decoded encodes
	}
	return &store.Round{
		Study: s.ID, Analyst: j.manifest.Analyst.ID, Form: form, Number: int(s.Round), Expires: time.Unix(j.manifest.Expiry, 0),
	}
}

// studyFault is what everybody is told of a round that does not follow.
func studyFault(err error) error {
	if errors.Is(err, store.ErrRound) {
		return NotTheNextRound.New("the job is not the next round of a study that this owner accepted")
	}
	return err
}
