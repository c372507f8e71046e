package secagg

import (
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// takeInput is R2. The masked input goes into the running sum at once: the
// server holds one vector, however many workers there are.
func (s *Server) takeInput(from session.Party, body []byte) error {
	m, err := unmarshal(body, kindInput, func(r *wire.Reader) *maskedInput { return decodeInput(r, s.attempt) })
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	if m.view != s.view {
		return blame(from, "masked input for another U1 or U2")
	}
	if err := m.evidence.check(s.attempt, from, m.view); err != nil {
		return err
	}
	y, err := ring.Decode(s.Width, s.Length, m.words)
	if err == nil {
		err = s.sum.Add(y)
	}
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	s.tag = s.tag.Add(m.tag)
	evidence := m.evidence // a copy: m holds on to the whole message
	s.evidence[from] = &evidence
	return nil
}

// closeInput fixes U3, and persists it before anybody hears of it: R3.
func (s *Server) closeInput() []session.Effect {
	u3 := session.KeysOf(s.evidence)
	if s.fewer(u3) {
		return s.tooFew(u3, s.MinContributors)
	}
	s.settled = s.settle(u3)
	s.ads, s.roster, s.shares = nil, nil, nil
	s.phase = PhaseAgree
	return append([]session.Effect{s.persist()}, s.announce()...)
}

// announce tells U3 who is in the sum.
func (s *Server) announce() []session.Effect {
	u3 := s.settled.consensus.u3
	body := marshal(&survivors{u3: u3})
	effects := []session.Effect{session.Wait{Phase: PhaseAgree}}
	for _, u := range u3 {
		effects = append(effects, session.Send{To: u, Body: body})
	}
	return effects
}
