package policy

import (
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// TooManyRounds is a round beyond what the charter allows.
var TooManyRounds = fault.Declare("TACIT-W171", "too many rounds",
	"A model has been fitted for more rounds than the charter allows for the table.",
	"Ask for a model that needs fewer rounds: fewer or scaled terms, no rare levels.")

// checkStudy bounds the number of the round. What rounds have to share is checked by who keeps them.
func checkStudy(ch *charter.Charter, r *Request) error {
	s := r.Job.Study
	if s == nil {
		return nil
	}
	if most := ch.Table(r.Job.Plan.Table).Rounds(); int(s.Round) > most {
		return TooManyRounds.New("round %d, the charter allows %d", s.Round, most)
	}
	return nil
}
