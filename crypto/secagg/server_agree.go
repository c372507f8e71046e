package secagg

import (
	"github.com/tacit-space/tacit/crypto/session"
)

// takeAgreement is R3.
func (s *Server) takeAgreement(from session.Party, body []byte) error {
	m, err := unmarshal(body, kindAgreement, decodeAgreement)
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	if err := s.settled.consensus.check(s.attempt, from, m.sig); err != nil {
		return err
	}
	s.settled.agreements[from] = m.sig
	return nil
}

// closeAgree makes the certificate of the first t signatures, persists it, and
// begins R4.
func (s *Server) closeAgree() []session.Effect {
	signers := session.KeysOf(s.settled.agreements)
	if len(signers) < s.Threshold {
		return s.stall(signers)
	}
	signers = signers[:s.Threshold]
	cert := &certificate{signers: signers, sigs: map[session.Party]signature{}}
	for _, u := range signers {
		cert.sigs[u] = s.settled.agreements[u]
	}
	s.settled.cert = cert
	s.phase = PhaseOpen
	effects := append([]session.Effect{s.persist()}, s.requestOpenings()...)
	if len(s.settled.openings) >= s.Threshold { // they came again after a restart
		return append(effects, s.closeOpen()...)
	}
	return effects
}

// stall ends an attempt that has not enough answers, and keeps those it has:
// workers may have released, so that only this attempt can be taken up again.
func (s *Server) stall(spoken session.Parties) []session.Effect {
	state := s.persist()
	return append([]session.Effect{state}, s.tooFew(spoken, s.Threshold)...)
}

// requestOpenings sends the certificate to those of U3 who have not opened.
func (s *Server) requestOpenings() []session.Effect {
	effects := []session.Effect{session.Wait{Phase: PhaseOpen}}
	for _, u := range s.settled.consensus.u3 {
		if s.settled.openings[u] == nil {
			effects = append(effects, s.send(u, s.settled.cert))
		}
	}
	return effects
}

// answer returns what a worker may have lost: one that restarted signs U3 again
// and waits for the certificate.
func (s *Server) answer(k kind, to session.Party) []session.Effect {
	if k == kindAgreement && s.phase == PhaseOpen {
		return []session.Effect{s.send(to, s.settled.cert)}
	}
	return nil
}
