package guard

import (
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

func (s *Server) takeCommitment(from session.Party, body []byte) ([]session.Effect, error) {
	return nil, s.inputs.takeCommitment(from, body)
}

func (s *Server) endCommitments() []session.Effect {
	return s.enter(PhaseInputShare, s.inputs.closeCommitments())
}

func (s *Server) takeShare(from session.Party, body []byte) ([]session.Effect, error) {
	return audit(s.inputs, from, body)
}

// endShares sends the sums. Workers that do not evaluate get the outputs with them.
func (s *Server) endShares() []session.Effect {
	s.inputs.closeShares()
	evaluators := s.release.evaluators()
	if len(evaluators) < len(s.parties) {
		s.evaluate()
	}
	s.phase = PhaseConfirm
	effects := []session.Effect{session.Wait{Phase: s.phase}}
	short := s.inputs.aggregated(nil)
	var long []byte
	for _, u := range s.parties {
		body := short
		if !evaluators.Has(u) {
			if long == nil {
				long = s.inputs.aggregated(s.outputs.encoded)
			}
			body = long
		}
		effects = append(effects, session.Send{To: u, Body: body})
	}
	return effects
}

// evaluated is what the coordinator computes from the sums.
type evaluated struct {
	encoded []byte
	hash    [32]byte
	base    ring.Vector
}

func (s *Server) evaluate() {
	outs := s.release.evaluate(s.inputs.sum, s.keys, s.par)
	encoded := s.release.encodeOutputs(outs)
	s.outputs = &evaluated{encoded: encoded, hash: s.release.outputHash(encoded), base: s.release.base(outs, s.par)}
}

// takeClaim compares the outputs with the coordinator's own, which are computed while the
// workers compute theirs.
func (s *Server) takeClaim(from session.Party, body []byte) ([]session.Effect, error) {
	if err := s.inputs.takeClaim(from, body); err != nil {
		return nil, err
	}
	if s.outputs == nil {
		s.evaluate()
	}
	if !equal(s.inputs.claims[from].tail, s.outputs.hash[:]) {
		return s.abort(blame(from, "claims other outputs than the coordinator's")), nil
	}
	return nil, nil
}

// endClaims persists what the opening needs before anybody may release.
func (s *Server) endClaims() []session.Effect {
	body, _ := s.inputs.closeClaims()
	if !s.inputs.agree() {
		return append(toAll(s.parties, body), s.abort(errClaims)...)
	}
	d := &settled{
		parties: s.parties, keyID: s.keys.ID, challenge: s.inputs.challenge, claims: body, base: s.outputs.base,
		cts: map[session.Party][kem.CiphertextSize]byte{},
	}
	for _, u := range s.parties {
		d.cts[u] = [kem.CiphertextSize]byte(s.inputs.commitments[u].extra)
	}
	d.prepare(s.release)
	s.settled = d
	s.keys, s.inputs, s.outputs = nil, nil, nil
	s.phase = PhaseOpen
	return append([]session.Effect{s.persist()}, s.requestOpenings()...)
}

func (s *Server) requestOpenings() []session.Effect { return s.enter(PhaseOpen, s.settled.claims) }

// takeOpening adds the opening to the running sum: the server holds one vector, however
// many workers there are.
func (s *Server) takeOpening(from session.Party, body []byte) ([]session.Effect, error) {
	d := s.settled
	o, err := s.release.decodeOpening(from, body)
	if err != nil {
		return nil, err
	}
	e := &evidence{ct: d.cts[from], digest: s.release.vectorDigest(o), sig: o.sig}
	if err := s.release.checkEvidence(d.challenge, d.baseHash, from, e); err != nil {
		return nil, err
	}
	y, err := ring.Decode(ring.Width64, s.release.vectorLength(), o.words)
	if err == nil {
		err = d.sum.Add(y)
	}
	if err != nil {
		return nil, &session.BlameError{Party: from, Err: err}
	}
	d.tag = d.tag.Add(o.tag)
	d.evidence[from] = e
	return nil, nil
}

// endOpenings hands the result over.
func (s *Server) endOpenings() []session.Effect {
	s.result = s.settled.result(s.Number)
	s.phase = phaseDone
	return append([]session.Effect{s.persist()}, s.sendResult()...)
}

func (s *Server) sendResult() []session.Effect {
	body := s.result
	s.end()
	return []session.Effect{session.Send{To: session.Analyst, Body: body}, session.Done{}}
}
