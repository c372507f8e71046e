package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// serverState is what the server persists: from U3 on the masked sum and what is
// needed to unmask it, at the end the result.
type serverState struct {
	hash   [32]byte
	number uint32
	phase  session.Phase // PhaseAgree, PhaseOpen or phaseDone
	server *Server
}

func (*serverState) kind() kind { return kindServerState }

func (m *serverState) encode(w *wire.Writer) {
	s := m.server
	w.Fixed(m.hash[:])
	w.U32(m.number)
	w.U8(uint8(m.phase))
	if m.phase == phaseDone {
		w.Bytes(s.result)
		return
	}
	s.settled.encode(w)
	for _, u := range s.settled.consensus.u3 {
		s.evidence[u].encode(w)
	}
	tag := s.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(s.sum.Append(make([]byte, 0, s.vectorBytes())))
}

func (s *Server) persist() session.Effect {
	m := &serverState{hash: s.ManifestHash(), number: s.Number, phase: s.phase, server: s}
	return session.Persist{State: marshal(m)}
}

// RestoreServer continues from a persisted state. Its Step(Start) returns what has
// to be said again. It returns [session.ErrState] if the state is damaged or of another
// job or attempt.
func RestoreServer(cfg ServerConfig, state []byte) (*Server, error) {
	s, err := NewServer(cfg)
	if err != nil {
		return nil, err
	}
	m, err := unmarshal(state, kindServerState, func(r *wire.Reader) *serverState { return s.decodeState(r) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	if m.hash != s.ManifestHash() || m.number != s.Number {
		return nil, session.ErrState
	}
	if s.settled != nil && (s.phase == PhaseOpen) != (s.settled.cert != nil) {
		return nil, session.ErrState
	}
	return s, nil
}

// decodeState reads a state into s.
func (s *Server) decodeState(r *wire.Reader) *serverState {
	m := &serverState{hash: fixed32(r), number: r.U32(), phase: session.Phase(r.U8()), server: s}
	s.phase, s.restored = m.phase, true
	switch m.phase {
	case phaseDone:
		s.result = r.Bytes(s.maxResult())
		return m
	case PhaseAgree, PhaseOpen:
	default:
		r.Fail(fmt.Errorf("phase %d", m.phase))
		return m
	}
	s.settled = decodeSettled(r, s.N())
	s.u2, s.view = s.settled.u2, s.settled.consensus.view
	for _, u := range s.settled.consensus.u3 {
		s.evidence[u] = decodeEvidence(r)
	}
	s.tag = readField(r)
	words := r.Fixed(s.vectorBytes())
	if r.Err() != nil {
		return m
	}
	var err error
	s.sum, err = ring.Decode(s.Width, s.Length, words)
	r.Fail(err)
	for u, sig := range s.settled.agreements {
		s.note(kindAgreement, u, messageID(kindAgreement, marshal(&agreement{sig: sig})))
	}
	for u, o := range s.settled.openings {
		s.note(kindOpening, u, messageID(kindOpening, marshal(o)))
	}
	return m
}

// maxResult bounds a result in bytes.
func (s *Server) maxResult() int { return s.vectorBytes() + (s.N()+1)*4096 }
