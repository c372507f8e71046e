package secagg

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// takeShares is R1: a packet for everyone of U1, each signed. What is in the boxes
// only their holders can check.
func (s *Server) takeShares(from session.Party, body []byte) error {
	m, err := unmarshal(body, kindShares, func(r *wire.Reader) *shares { return decodeShares(r, from, s.N()) })
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	if !slices.Equal(m.to, s.roster.u1) {
		return blame(from, "packets for %d workers that are not U1, which has %d", len(m.to), len(s.roster.u1))
	}
	err = s.par.Each(len(m.to), func(i int) error {
		return m.packets[m.to[i]].check(s.attempt, s.view.u1, from, m.to[i])
	})
	if err != nil {
		return err
	}
	s.shares[from] = m
	return nil
}

// closeShare fixes U2 and begins R2.
func (s *Server) closeShare() []session.Effect {
	u2 := s.present(session.KeysOf(s.shares))
	if s.fewer(u2) {
		return s.tooFew(u2, s.MinContributors)
	}
	s.u2, s.view.u2 = u2, s.u2Hash(s.view.u1, u2)
	s.sum = ring.NewVector(s.Width, s.Length)
	s.phase = PhaseInput
	effects := []session.Effect{session.Wait{Phase: s.phase}}
	for _, v := range u2 {
		m := &packets{to: v, u2: u2, packets: map[session.Party]*packet{}}
		for _, u := range u2 {
			m.packets[u] = s.shares[u].packets[v]
		}
		effects = append(effects, s.send(v, m))
	}
	return effects
}
