package plan

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Study makes a job one round of a statistic that is computed by rounds. Owners decide about the first
// round, and with it about all: the others differ in the coefficients of the model only, see [Job.Form].
type Study struct {
	ID    [32]byte // of all its rounds, chosen by the analyst at random
	Round uint16   // from 1
}

// MaxRounds is the largest number of a round, whatever the charter allows.
const MaxRounds = 50

// Later reports whether the job is a later round of a study.
func (j *Job) Later() bool { return j.Study != nil && j.Study.Round > 1 }

// Form identifies what the rounds of a study share: everything of the job but the number of the round,
// the coefficients and when it was made.
func (j *Job) Form() ([32]byte, error) {
	form := *j
	form.Plan = *j.Plan.Fixed()
	form.Created = 0
	if j.Study != nil {
		form.Study = &Study{ID: j.Study.ID, Round: 1}
	}
	body, err := form.Marshal()
	return session.Hash("study form", body), err
}

// putStudy ends the encoding of a job with a part that jobs outside of studies do not have.
func putStudy(w *wire.Writer, s *Study) {
	if s == nil {
		return
	}
	w.Fixed(s.ID[:])
	w.U16(s.Round)
}

func (d decoder) study() *Study {
	if d.Err() != nil || d.Len() == 0 {
		return nil
	}
	return &Study{ID: [32]byte(d.Fixed(32)), Round: d.U16()}
}

// studied checks that models are asked in studies, and nothing else is.
func (j *Job) studied() error {
	switch {
	case (j.Plan.Model != nil) != (j.Study != nil):
		return errors.New("a model outside of a study, or a study without a model")
	case j.Study != nil && (j.Study.Round < 1 || j.Study.Round > MaxRounds):
		return errors.New("a round that is 0 or too many")
	}
	return nil
}
