package secagg

import (
	"errors"
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// ServerConfig is what the coordinator brings to one attempt.
type ServerConfig struct {
	Submission   *job.Submission
	Attempt      uint32
	Participants []session.Party  // workers that take part, in any order; at least n_min
	Parallel     session.Parallel // nil: one block after the other

	without defences // by tests only
}

// Server is the coordinator's role in one attempt: a [session.Machine].
//
// A round ends when everybody who can still speak has spoken, or at its
// Deadline, with whoever spoke if they are enough; R3 and R4 end with the t-th
// answer. A wrong message is refused with a [session.BlameError] of its sender, who may as well
// have been silent.
//
// Before U3 is announced a restart loses the attempt, and nothing is lost: no
// worker has released. From then on the state is persisted at every step, and when
// a round fails too, so that a restored server goes on with the answers that it has.
type Server struct {
	attempt
	participants session.Parties
	par          session.Parallel
	without      defences

	restored bool
	started  bool
	ended    bool
	phase    session.Phase
	gone     map[session.Party]bool
	seen     map[kind]map[session.Party][32]byte // digests of the messages that were taken

	ads    map[session.Party]*advertisement // R0
	roster *roster                          // U1
	view   view                             // U1, and U2 from R2 on
	shares map[session.Party]*shares        // R1
	u2     session.Parties

	sum      ring.Vector // R2: Σ y_u of those who arrived, later S
	tag      ring.F127
	evidence map[session.Party]*evidence // U3

	settled *settled // from R3 on
	result  []byte   // at the end
}

// phaseDone follows the last phase of the clock.
const phaseDone = PhaseOpen + 1

// NewServer starts the coordinator on an attempt.
func NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Submission == nil {
		return nil, errors.New("secagg: a server needs a submission")
	}
	m := cfg.Submission.Manifest
	p := session.Parties(slices.Clone(cfg.Participants))
	slices.Sort(p)
	switch {
	case len(m.Guard) > 0:
		return nil, errGuarded
	case !p.Valid(len(m.Roster)):
		return nil, fmt.Errorf("secagg: participants: %w", session.ErrOrder)
	case len(p) < m.MinContributors && !cfg.without.minContributors:
		return nil, fmt.Errorf("%w: %d participants, wanted at least %d", session.ErrTooFew, len(p), m.MinContributors)
	}
	return &Server{
		attempt: newAttempt(m, cfg.Attempt), participants: p, par: cfg.Parallel, without: cfg.without,
		gone:     map[session.Party]bool{},
		seen:     map[kind]map[session.Party][32]byte{},
		ads:      map[session.Party]*advertisement{},
		shares:   map[session.Party]*shares{},
		evidence: map[session.Party]*evidence{},
	}, nil
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
		return s.closePhase(), nil
	case session.Gone:
		s.gone[ev.Party] = true
		return s.advance(), nil
	}
	return nil, session.ErrEvent
}

// start announces the first wait or, after a restart, says again what may have
// got lost.
func (s *Server) start() []session.Effect {
	switch s.phase {
	case PhaseAgree:
		return s.announce()
	case PhaseOpen:
		return append(s.announce(), s.requestOpenings()...)
	case phaseDone:
		return s.sendResult()
	}
	return []session.Effect{session.Wait{Phase: s.phase}}
}

// round is what the server knows of a kind of message.
type round struct {
	phase session.Phase
	take  func(s *Server, from session.Party, body []byte) error // unchanged on error
}

var rounds = map[kind]round{
	kindAdvertisement: {PhaseAdvertise, (*Server).takeAdvertisement},
	kindShares:        {PhaseShare, (*Server).takeShares},
	kindInput:         {PhaseInput, (*Server).takeInput},
	kindAgreement:     {PhaseAgree, (*Server).takeAgreement},
	kindOpening:       {PhaseOpen, (*Server).takeOpening},
}

// receive takes a worker's message. One that was taken before is ignored, or
// answered if the worker may have lost the answer; a different second one is
// blamed.
func (s *Server) receive(m session.Message) ([]session.Effect, error) {
	k := kindOf(m.Body)
	r, ok := rounds[k]
	switch {
	case !s.participants.Has(m.From):
		return nil, session.ErrUnknownSender
	case !ok:
		return nil, blame(m.From, "message of kind %#x", uint8(k))
	}
	id := messageID(k, m.Body)
	if old, taken := s.seen[k][m.From]; taken {
		if old != id {
			return nil, blame(m.From, "second and different message of kind %#x", uint8(k))
		}
		return s.answer(k, m.From), nil
	}
	if err := s.due(k, r.phase, m.From); err != nil {
		if s.restored && errors.Is(err, session.ErrLate) {
			return nil, nil // a repetition, as far as a restored server can tell
		}
		return nil, err
	}
	if err := r.take(s, m.From, m.Body); err != nil {
		return nil, err
	}
	s.note(k, m.From, id)
	return append(s.answer(k, m.From), s.advance()...), nil
}

// messageID tells two messages apart. The vector of an input counts by the
// signature that covers it.
func messageID(k kind, body []byte) [32]byte {
	if k == kindInput {
		body = body[:min(len(body), inputHeaderSize)]
	}
	return session.Hash("tacit/secagg/v1/seen", body)
}

func (s *Server) note(k kind, from session.Party, id [32]byte) {
	if s.seen[k] == nil {
		s.seen[k] = map[session.Party][32]byte{}
	}
	s.seen[k][from] = id
}

// due reports whether a message of that phase may come now from that worker.
// From U3 on nothing that is asked of a worker depends on the others: after a
// restart of the server, openings may come again before the agreements are
// complete, and agreements of slow workers after.
func (s *Server) due(k kind, phase session.Phase, from session.Party) error {
	settled := s.phase >= PhaseAgree && phase >= PhaseAgree
	switch {
	case k == kindInput && s.without.lateRefusal:
		return nil
	case phase < s.phase && !settled:
		return session.ErrLate
	case phase > s.phase && !settled:
		return session.ErrEarly
	case s.gone[from] || !s.expected().Has(from):
		return session.ErrUnknownSender
	}
	return nil
}

// expected returns who speaks in this phase.
func (s *Server) expected() session.Parties {
	switch s.phase {
	case PhaseAdvertise:
		return s.participants
	case PhaseShare:
		return s.roster.u1
	case PhaseInput:
		return s.u2
	}
	return s.settled.consensus.u3
}

// spoken returns who has spoken in this phase.
func (s *Server) spoken() session.Parties {
	switch s.phase {
	case PhaseAdvertise:
		return session.KeysOf(s.ads)
	case PhaseShare:
		return session.KeysOf(s.shares)
	case PhaseInput:
		return session.KeysOf(s.evidence)
	case PhaseAgree:
		return session.KeysOf(s.settled.agreements)
	}
	return session.KeysOf(s.settled.openings)
}

// present drops those who are gone.
func (s *Server) present(p session.Parties) session.Parties {
	return slices.DeleteFunc(slices.Clone(p), func(x session.Party) bool { return s.gone[x] })
}

// advance closes the phase when its answers are complete.
func (s *Server) advance() []session.Effect {
	spoken := s.spoken()
	enough := s.phase >= PhaseAgree && len(spoken) >= s.Threshold
	if enough || s.present(s.expected()).Within(spoken) {
		return s.closePhase()
	}
	return nil
}

// closePhase goes on with whoever spoke.
func (s *Server) closePhase() []session.Effect {
	switch s.phase {
	case PhaseAdvertise:
		return s.closeAdvertise()
	case PhaseShare:
		return s.closeShare()
	case PhaseInput:
		return s.closeInput()
	case PhaseAgree:
		return s.closeAgree()
	}
	return s.closeOpen()
}

// fewer reports whether a set is too small to go on with.
func (s *Server) fewer(p session.Parties) bool { return s.without.tooFew(s.attempt, p) }

// abort ends the attempt and lets go of its memory.
func (s *Server) abort(err error) []session.Effect {
	s.end()
	return session.End(err)
}

// tooFew ends the attempt for lack of workers.
func (s *Server) tooFew(p session.Parties, want int) []session.Effect {
	return s.abort(fmt.Errorf("%w: %d of %d in phase %d, wanted at least %d",
		session.ErrTooFew, len(p), len(s.expected()), s.phase, want))
}

func (s *Server) end() {
	s.ended = true
	s.ads, s.roster, s.shares, s.evidence, s.settled = nil, nil, nil, nil, nil
	s.sum, s.result = ring.Vector{}, nil
}

func (s *Server) send(to session.Party, m message) session.Effect {
	return session.Send{To: to, Body: marshal(m)}
}

// Format prints the attempt and phase only.
func (s *Server) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[server of attempt %d in phase %d]", s.Number, s.phase)
}
