package secagg

import (
	"github.com/tacit-space/tacit/crypto/session"
)

// takeAdvertisement is R0.
func (s *Server) takeAdvertisement(from session.Party, body []byte) error {
	m, err := unmarshal(body, kindAdvertisement, decodeAdvertisement)
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	if err := m.check(s.attempt, from); err != nil {
		return err
	}
	s.ads[from] = m
	return nil
}

// closeAdvertise fixes U1 and begins R1.
func (s *Server) closeAdvertise() []session.Effect {
	u1 := s.present(session.KeysOf(s.ads))
	if s.fewer(u1) {
		return s.tooFew(u1, s.MinContributors)
	}
	s.roster = &roster{u1: u1, ads: s.ads}
	s.view.u1 = s.roster.hash(s.attempt)
	s.phase = PhaseShare
	body := marshal(s.roster)
	effects := []session.Effect{session.Wait{Phase: s.phase}}
	for _, u := range u1 {
		effects = append(effects, session.Send{To: u, Body: body})
	}
	return effects
}
