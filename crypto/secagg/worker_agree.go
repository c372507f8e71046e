package secagg

import (
	"github.com/tacit-space/tacit/crypto/session"
)

// agreed is what a worker keeps from R3 on, and all that it persists: what it
// signed, and of every member of U2 the one share that this lets it open. The
// other share is gone.
type agreed struct {
	consensus consensus
	opening   *opening
}

// takeSurvivors is R3: persist, then sign U3, once.
func (w *Worker) takeSurvivors(body []byte) ([]session.Effect, error) {
	m, err := unmarshal(body, kindSurvivors, w.decodeSurvivors)
	if err != nil {
		return nil, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	if err := w.checkSurvivors(m.u3); err != nil {
		return nil, err
	}
	w.agreed = w.agree(consensus{view: w.held.view, u3: m.u3})
	if !w.without.oneAnswer {
		w.forgetShares()
	}
	w.taken(body, kindCertificate)
	return append([]session.Effect{session.Persist{State: w.state()}}, w.sendAgreement()...), nil
}

// checkSurvivors: u ∈ U3 ⊆ U2 and |U3| >= n_min.
func (w *Worker) checkSurvivors(u3 session.Parties) error {
	switch {
	case w.without.tooFew(w.attempt, u3):
		return blame(session.Coordinator, "%d survivors, wanted at least %d", len(u3), w.MinContributors)
	case !u3.Has(w.self):
		return blame(session.Coordinator, "this worker sent its input and is not among the survivors")
	case !u3.Within(w.held.u2):
		return blame(session.Coordinator, "survivors that dealt no shares")
	}
	return nil
}

// agree picks the shares that U3 lets it open: of b_v for v ∈ U3, of r_v for
// v ∈ U2∖U3.
func (w *Worker) agree(c consensus) *agreed {
	o := &opening{of: w.held.u2, shares: map[session.Party][shareSize]byte{}}
	for _, v := range w.held.u2 {
		if c.shareKind(v) == selfKind {
			o.shares[v] = w.held.shares[v].self
		} else {
			o.shares[v] = w.held.shares[v].pair
		}
	}
	o.sig = w.sign(signOpen, o.statement(w.attempt, w.self, c))
	return &agreed{consensus: c, opening: o}
}

func (w *Worker) sendAgreement() []session.Effect {
	sig := w.sign(signAgree, w.agreed.consensus.statement(w.attempt))
	return []session.Effect{w.toCoordinator(&agreement{sig: sig})}
}
