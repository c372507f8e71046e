package guard

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// PrepareConfig is what a party brings to making a key set ahead of any question.
type PrepareConfig struct {
	Terms
	Parallel session.Parallel

	// Of a worker.
	Self     session.Party
	Identity *identity.Identity
	Rand     io.Reader // crypto/rand.Reader

	// Of the coordinator.
	Participants []session.Party

	without defences // by tests only
}

// Check reports what is wrong with the numbers of the terms.
func (t *Terms) Check() error {
	if len(t.Roster) < t.Least || t.Least < 3 {
		return fmt.Errorf("guard: a key set of %d workers, at least %d, and those at least 3", len(t.Roster), t.Least)
	}
	return nil
}

// Preparer is a worker's role in making a key set ahead: a [session.Machine]. It persists
// the finished [KeySet.Marshal] once, says that it is ready, and is done. A process that
// restarts before that has lost its part, and nothing else.
type Preparer struct {
	keygen *keygen
	next   kind
	seen   map[kind][32]byte
}

// NewPreparer starts a worker.
func NewPreparer(cfg PrepareConfig) (*Preparer, error) {
	if err := cfg.Terms.Check(); err != nil {
		return nil, err
	}
	if cfg.Rand == nil || cfg.Identity == nil || cfg.Self < 1 || int(cfg.Self) > len(cfg.Roster) ||
		!cfg.Roster[cfg.Self-1].Key.Equal(cfg.Identity.Public()) {
		return nil, errors.New("guard: a worker needs randomness and the identity of its position")
	}
	k, err := newKeygen(cfg.Terms, cfg.Self, cfg.Identity, cfg.Rand, cfg.Parallel, &cfg.without)
	if err != nil {
		return nil, err
	}
	return &Preparer{keygen: k, next: kindHellos, seen: map[kind][32]byte{}}, nil
}

// Step takes Start and the coordinator's messages; Gone of the coordinator and any
// Deadline end it.
func (p *Preparer) Step(ev session.Event) ([]session.Effect, error) {
	if p.next == 0 {
		return nil, session.ErrEnded
	}
	switch ev := ev.(type) {
	case session.Start:
		return say(p.keygen.greeting.message()), nil
	case session.Message:
		return p.receive(ev)
	case session.Deadline:
		return p.abort(session.ErrGone), nil
	case session.Gone:
		if ev.Party == session.Coordinator {
			return p.abort(session.ErrGone), nil
		}
		return nil, nil
	}
	return nil, session.ErrEvent
}

func (p *Preparer) receive(m session.Message) ([]session.Effect, error) {
	k := kindOf(m.Body)
	digest := session.Hash("tacit/guard/v1/seen", m.Body)
	old, taken := p.seen[k]
	switch {
	case m.From != session.Coordinator:
		return nil, session.ErrUnknownSender
	case k > keyExchange+offClaims || !slices.Contains(order, k):
		return nil, blame(session.Coordinator, "message of kind %#x", uint8(k))
	case taken && old != digest:
		return nil, blame(session.Coordinator, "second and different message of kind %#x", uint8(k))
	case taken:
		return nil, nil
	case k > p.next:
		return nil, session.ErrEarly
	}
	effects, err := p.take(k, m.Body)
	if disagrees(err) {
		return p.abort(err), nil
	}
	if err != nil {
		return nil, err
	}
	p.seen[k] = digest
	if p.next != 0 {
		p.next = order[slices.Index(order, k)+1]
	}
	return effects, nil
}

func (p *Preparer) take(k kind, body []byte) ([]session.Effect, error) {
	if k == keyExchange+offClaims {
		keys, err := p.keygen.takeClaims(body)
		if err != nil {
			return nil, err
		}
		p.next = 0
		ready := begin(kindReady)
		ready.Fixed(keys.ID[:])
		state := session.Persist{State: keys.Marshal()}
		return append(append([]session.Effect{state}, say(ready.Data())...), session.Done{}), nil
	}
	answer, err := p.keygen.take(k, body)
	if err != nil || answer == nil {
		return nil, err
	}
	return say(answer), nil
}

func (p *Preparer) abort(err error) []session.Effect {
	p.keygen.wipe()
	p.next = 0
	return session.End(err)
}

// Format prints the position only.
func (p *Preparer) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[preparing worker %d]", p.keygen.self)
}

// PrepareServer is the coordinator's role in making a key set ahead: a [session.Machine]. When
// every worker has stored its part, it persists [PublicKeys.Marshal] and is done.
type PrepareServer struct {
	rounds *keyRounds // nil after the end
	keys   *PublicKeys
	ready  map[session.Party]bool
}

// phase is the one that the clock runs for.
func (s *PrepareServer) phase() session.Phase {
	if s.keys != nil {
		return PhaseReady
	}
	return s.rounds.phase
}

// NewPrepareServer starts the coordinator.
func NewPrepareServer(cfg PrepareConfig) (*PrepareServer, error) {
	if err := cfg.Terms.Check(); err != nil {
		return nil, err
	}
	p := session.Parties(slices.Clone(cfg.Participants))
	slices.Sort(p)
	if !p.Valid(len(cfg.Roster)) || len(p) < cfg.Least {
		return nil, fmt.Errorf("%w: %d workers for a key set, wanted at least %d", session.ErrTooFew, len(p), cfg.Least)
	}
	rounds, err := newKeyRounds(cfg.Terms, p, cfg.Parallel)
	if err != nil {
		return nil, err
	}
	return &PrepareServer{rounds: rounds, ready: map[session.Party]bool{}}, nil
}

// Step takes Start, the workers' messages, Deadline and Gone.
func (s *PrepareServer) Step(ev session.Event) ([]session.Effect, error) {
	if s.rounds == nil {
		return nil, session.ErrEnded
	}
	switch ev := ev.(type) {
	case session.Start:
		return []session.Effect{session.Wait{Phase: PhaseHello}}, nil
	case session.Message:
		return s.receive(ev)
	case session.Deadline:
		if ev.Phase != s.phase() {
			return nil, nil
		}
		return s.tooFew(), nil
	case session.Gone:
		if !s.rounds.parties.Has(ev.Party) {
			return nil, nil
		}
		return s.tooFew(), nil
	}
	return nil, session.ErrEvent
}

// tooFew ends the making: a key set needs every worker.
func (s *PrepareServer) tooFew() []session.Effect {
	err := fmt.Errorf("%w: not all of %d spoke in phase %d", session.ErrTooFew, len(s.rounds.parties), s.phase())
	s.rounds = nil
	return session.End(err)
}

func (s *PrepareServer) receive(m session.Message) ([]session.Effect, error) {
	if kindOf(m.Body) == kindReady {
		return s.takeReady(m)
	}
	effects, keys, err := s.rounds.receive(m)
	switch {
	case s.rounds.failed:
		s.rounds = nil
	case keys != nil:
		s.keys = keys
		effects = append([]session.Effect{session.Wait{Phase: PhaseReady}}, effects...)
	}
	return effects, err
}

// takeReady: the worker has stored its part of this very key set.
func (s *PrepareServer) takeReady(m session.Message) ([]session.Effect, error) {
	switch {
	case !s.rounds.parties.Has(m.From):
		return nil, session.ErrUnknownSender
	case s.keys == nil:
		return nil, session.ErrEarly
	}
	id, err := decode(m.From, m.Body, kindReady, func(r *wire.Reader) (KeyID, error) { return fixed32(r), nil })
	if err != nil {
		return nil, err
	}
	if id != s.keys.ID {
		return nil, blame(m.From, "is ready with another key set")
	}
	s.ready[m.From] = true
	if len(s.ready) < len(s.rounds.parties) {
		return nil, nil
	}
	s.rounds = nil
	return []session.Effect{session.Persist{State: s.keys.Marshal()}, session.Done{}}, nil
}

// Format prints nothing of the keys.
func (s *PrepareServer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[preparing server]") }
