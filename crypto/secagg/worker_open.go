package secagg

import "github.com/tacit-space/tacit/crypto/session"

// takeCertificate is R4: release the job, once, then open.
func (w *Worker) takeCertificate(body []byte) ([]session.Effect, error) {
	m, err := unmarshal(body, kindCertificate, w.decodeCertificate)
	if err != nil {
		return nil, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	if err := m.check(w.attempt, w.agreed.consensus); err != nil && !w.without.certificate {
		return nil, err
	}
	w.taken(body, kindNothing)
	effects := []session.Effect{session.Persist{State: w.state()}}
	return append(append(effects, w.sendOpening()...), session.Done{}), nil
}

// sendOpening releases and sends. A release that is recorded already, under the
// same digest, is no second one.
func (w *Worker) sendOpening() []session.Effect {
	send := w.toCoordinator(w.agreed.opening)
	if w.without.releaseOnce {
		return []session.Effect{send}
	}
	return []session.Effect{session.Release{Digest: w.agreed.consensus.release(w.attempt)}, send}
}
