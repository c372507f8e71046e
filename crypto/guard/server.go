package guard

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/session"
)

// ServerConfig is what the coordinator brings to one attempt.
type ServerConfig struct {
	Submission   *job.Submission
	Attempt      uint32
	Participants []session.Party // workers that take part, in any order; at least n_min
	Keys         *PublicKeys     // made ahead by exactly these workers; nil: a key set is made first
	Parallel     session.Parallel

	without defences // by tests only
}

// Server is the coordinator's role in one attempt: a [session.Machine].
//
// Every worker has to stay: a round ends when all have spoken, and a Deadline or Gone ends
// the attempt, which may be repeated with fresh keys. Once the claims of all agree, workers
// may release; from then on the state is persisted, and whoever is missing can come back.
type Server struct {
	job.Attempt
	shape   *checked
	parties session.Parties
	par     session.Parallel
	without defences

	restored bool
	started  bool
	ended    bool
	phase    session.Phase
	seen     map[kind]map[session.Party][32]byte // digests of the messages that were taken

	keygen  *keyRounds // until there is a key set
	keys    *PublicKeys
	release *release
	inputs  *collector // of the input shares
	outputs *evaluated // from the first claim on
	settled *settled   // from the last claim on
	result  []byte     // at the end
}

// NewServer starts the coordinator on an attempt.
func NewServer(cfg ServerConfig) (*Server, error) {
	s, err := newServer(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Keys == nil {
		s.phase = PhaseHello
		if s.keygen, err = newKeyRounds(attemptTerms(s.Attempt, s.shape.Set), s.parties, s.par); err != nil {
			return nil, err
		}
		return s, nil
	}
	if !slices.Equal(cfg.Keys.Parties, s.parties) {
		return nil, fmt.Errorf("guard: key set %x is of the workers %v, wanted %v", cfg.Keys.ID[:4], cfg.Keys.Parties, s.parties)
	}
	if err := cfg.Keys.useUp(s.Roster, s.shape.Set); err != nil {
		return nil, err
	}
	s.phase = PhaseInput
	s.useKeys(cfg.Keys)
	return s, nil
}

func newServer(cfg ServerConfig) (*Server, error) {
	if cfg.Submission == nil {
		return nil, errors.New("guard: a server needs a submission")
	}
	m := cfg.Submission.Manifest
	shape, err := shapeOf(m)
	if err != nil {
		return nil, err
	}
	p := session.Parties(slices.Clone(cfg.Participants))
	slices.Sort(p)
	switch {
	case !p.Valid(len(m.Roster)):
		return nil, fmt.Errorf("guard: participants: %w", session.ErrOrder)
	case len(p) < m.MinContributors && !cfg.without.minContributors:
		return nil, fmt.Errorf("%w: %d participants, wanted at least %d", session.ErrTooFew, len(p), m.MinContributors)
	}
	return &Server{
		Attempt: job.NewAttempt(m, cfg.Attempt), shape: shape, parties: p, par: cfg.Parallel, without: cfg.without,
		seen: map[kind]map[session.Party][32]byte{},
	}, nil
}

func (s *Server) useKeys(k *PublicKeys) {
	s.keys = k
	s.release = newRelease(s.Attempt, s.shape, k)
	s.inputs = newCollector(s.release.inputExchange(), s.par)
}

// Step takes Start, the workers' messages, Deadline and Gone. The machine takes
// Body of a message over: it is not changed afterwards.
func (s *Server) Step(ev session.Event) ([]session.Effect, error) {
	if s.ended {
		return nil, session.ErrEnded
	}
	if _, first := ev.(session.Start); first != !s.started {
		return nil, session.ErrEvent
	}
	switch ev := ev.(type) {
	case session.Start:
		s.started = true
		return s.start(), nil
	case session.Message:
		return s.receive(ev)
	case session.Deadline:
		if ev.Phase != s.phase {
			return nil, nil
		}
		return s.tooFew(), nil
	case session.Gone:
		if s.settled != nil || !s.parties.Has(ev.Party) {
			return nil, nil
		}
		return s.abort(fmt.Errorf("%w: worker %d is gone in phase %d, and all have to stay", session.ErrTooFew, ev.Party, s.phase)), nil
	}
	return nil, session.ErrEvent
}

// start announces the first wait or, after a restart, says again what may have got
// lost.
func (s *Server) start() []session.Effect {
	switch s.phase {
	case PhaseOpen:
		return s.requestOpenings()
	case phaseDone:
		return s.sendResult()
	}
	return []session.Effect{session.Wait{Phase: s.phase}}
}

// round is what the server knows of a kind of message.
type round struct {
	phase session.Phase
	take  func(s *Server, from session.Party, body []byte) ([]session.Effect, error) // unchanged on error
	end   func(s *Server) []session.Effect                                           // when all have spoken
}

var rounds = map[kind]round{
	inputExchange + offCommitment: {PhaseInput, (*Server).takeCommitment, (*Server).endCommitments},
	inputExchange + offShare:      {PhaseInputShare, (*Server).takeShare, (*Server).endShares},
	inputExchange + offClaim:      {PhaseConfirm, (*Server).takeClaim, (*Server).endClaims},
	kindOpening:                   {PhaseOpen, (*Server).takeOpening, (*Server).endOpenings},
}

// receive takes a worker's message. One that was taken before is ignored, or answered if
// the worker may have lost the answer; a different second one is blamed.
func (s *Server) receive(m session.Message) ([]session.Effect, error) {
	k := kindOf(m.Body)
	if _, ok := keyPhases[k]; ok {
		return s.receiveKeys(m)
	}
	r, ok := rounds[k]
	switch {
	case !s.parties.Has(m.From):
		return nil, session.ErrUnknownSender
	case !ok:
		return nil, blame(m.From, "message of kind %#x", uint8(k))
	}
	again, err := note(s.seen, k, m)
	if err != nil {
		return nil, err
	}
	if again || r.phase < s.phase && s.restored {
		return s.again(k, m.From), nil
	}
	if err := due(r.phase, s.phase); err != nil {
		return nil, err
	}
	effects, err := r.take(s, m.From, m.Body)
	if err != nil || s.ended {
		return effects, err
	}
	s.seen[k][m.From] = messageID(m.Body)
	if len(s.seen[k]) == len(s.parties) {
		effects = append(effects, r.end(s)...)
	}
	return effects, nil
}

// receiveKeys passes a message on to the making of the key set.
func (s *Server) receiveKeys(m session.Message) ([]session.Effect, error) {
	switch {
	case !s.parties.Has(m.From):
		return nil, session.ErrUnknownSender
	case s.keygen == nil && s.restored:
		return nil, nil // a repetition, as far as a restored server can tell
	case s.keygen == nil:
		return nil, session.ErrLate
	}
	effects, keys, err := s.keygen.receive(m)
	s.phase = s.keygen.phase
	switch {
	case s.keygen.failed:
		s.end()
	case keys != nil:
		s.keygen = nil
		s.useKeys(keys)
		s.phase = PhaseInput
		effects = append([]session.Effect{session.Wait{Phase: PhaseInput}}, effects...)
	}
	return effects, err
}

// again answers a worker that restarted and claims once more: it waits for the claims.
func (s *Server) again(k kind, to session.Party) []session.Effect {
	if k == inputExchange+offClaim && s.phase == PhaseOpen {
		return []session.Effect{session.Send{To: to, Body: s.settled.claims}}
	}
	return nil
}

// idPrefix is how much of a message tells it from others of its sender: everything but
// long shares and vectors, which what comes before them fixes.
const idPrefix = 2048

func messageID(body []byte) [32]byte {
	length := []byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), byte(len(body) >> 24)}
	return session.Hash("tacit/guard/v1/seen", length, body[:min(len(body), idPrefix)])
}

// enter begins a phase and sends a message to all.
func (s *Server) enter(phase session.Phase, body []byte) []session.Effect {
	s.phase = phase
	return append([]session.Effect{session.Wait{Phase: phase}}, toAll(s.parties, body)...)
}

// tooFew ends the attempt because somebody did not speak in time. If workers may have
// released, what they said is kept: only this attempt can be taken up again.
func (s *Server) tooFew() []session.Effect {
	return s.abort(fmt.Errorf("%w: not all of %d spoke in phase %d", session.ErrTooFew, len(s.parties), s.phase))
}

// abort ends the attempt and lets go of its memory.
func (s *Server) abort(err error) []session.Effect {
	s.end()
	return session.End(err)
}

func (s *Server) end() {
	s.ended = true
	s.keygen, s.keys, s.inputs, s.outputs, s.settled, s.result = nil, nil, nil, nil, nil, nil
}

// Format prints the attempt and phase only.
func (s *Server) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[guarded server of attempt %d in phase %d]", s.Number, s.phase)
}
