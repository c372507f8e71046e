package guard

import (
	"errors"
	"fmt"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// settled is what the server needs from the claims on, and all that it persists but the
// result.
type settled struct {
	parties   session.Parties
	keyID     KeyID
	challenge [32]byte
	claims    []byte // the message to all
	base      ring.Vector
	cts       map[session.Party][kem.CiphertextSize]byte

	// Not persisted: workers open again, with the same bytes.
	baseHash [32]byte
	sum      ring.Vector
	tag      ring.F127
	evidence map[session.Party]*evidence
}

// prepare sets what is not persisted.
func (d *settled) prepare(r *release) {
	d.baseHash = r.baseHash(d.base)
	d.sum = ring.NewVector(ring.Width64, r.vectorLength())
	d.evidence = map[session.Party]*evidence{}
}

// result is the message to the analyst.
func (d *settled) result(number uint32) []byte {
	rec := receipt{number: number, keyID: d.keyID, challenge: d.challenge, base: d.baseHash, parties: d.parties, evidence: d.evidence}
	w := begin(kindResult)
	rec.encode(w)
	tag := d.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(d.base.Append(nil))
	w.Fixed(d.sum.Append(nil))
	return w.Data()
}

func (s *Server) persist() session.Effect {
	hash := s.ManifestHash()
	w := begin(kindServerState)
	w.Fixed(hash[:])
	w.U32(s.Number)
	w.Bool(s.phase == phaseDone)
	if s.phase == phaseDone {
		w.Bytes(s.result)
		return session.Persist{State: w.Data()}
	}
	d := s.settled
	d.parties.Encode(w)
	w.Fixed(d.keyID[:])
	w.Fixed(d.challenge[:])
	w.Bytes(d.claims)
	for _, u := range d.parties {
		ct := d.cts[u]
		w.Fixed(ct[:])
	}
	w.Fixed(d.base.Append(nil))
	return session.Persist{State: w.Data()}
}

// maxResult bounds stored results and claims in bytes.
const maxResult = 1 << 30

// RestoreServer continues from a persisted state. Participants and Keys of the
// configuration are not used. It returns [session.ErrState] if the state is damaged or of another job
// or attempt.
func RestoreServer(cfg ServerConfig, state []byte) (*Server, error) {
	if cfg.Submission == nil {
		return nil, errors.New("guard: a server needs a submission")
	}
	cfg.Participants = session.Everyone(len(cfg.Submission.Manifest.Roster))
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(state)
	if kind(r.U8()) != kindServerState || fixed32(r) != s.ManifestHash() || r.U32() != s.Number {
		return nil, session.ErrState
	}
	s.restored = true
	if r.Bool() {
		s.phase = phaseDone
		s.result = append([]byte(nil), r.Bytes(maxResult)...)
	} else {
		s.phase = PhaseOpen
		s.decodeSettled(r)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	return s, nil
}

// decodeParties reads the workers of the attempt, which are enough.
func (s *Server) decodeParties(r *wire.Reader) session.Parties {
	p := session.DecodeParties(r, s.N())
	if len(p) < s.MinContributors && !s.without.minContributors {
		r.Fail(session.ErrTooFew)
	}
	return p
}

func (s *Server) decodeSettled(r *wire.Reader) {
	d := &settled{
		parties: s.decodeParties(r), keyID: fixed32(r), challenge: fixed32(r),
		claims: append([]byte(nil), r.Bytes(maxResult)...), cts: map[session.Party][kem.CiphertextSize]byte{},
	}
	for _, u := range d.parties {
		d.cts[u] = [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize))
	}
	s.parties = d.parties
	s.release = newRelease(s.Attempt, s.shape, &PublicKeys{ID: d.keyID, Parties: d.parties})
	words := r.Fixed(8 * s.release.vectorLength())
	if r.Err() != nil {
		return
	}
	var err error
	if d.base, err = ring.Decode(ring.Width64, s.release.vectorLength(), words); err != nil {
		r.Fail(err)
		return
	}
	d.prepare(s.release)
	s.settled = d
}
