package guard

import "github.com/tacit-space/tacit/crypto/session"

// keyRounds are the coordinator's rounds of making a key set.
type keyRounds struct {
	*keyServer
	phase  session.Phase
	failed bool // an Abort was among the effects
	seen   map[kind]map[session.Party][32]byte
}

func newKeyRounds(t Terms, parties session.Parties, par session.Parallel) (*keyRounds, error) {
	k, err := newKeyServer(t, parties, par)
	return &keyRounds{keyServer: k, phase: PhaseHello, seen: map[kind]map[session.Party][32]byte{}}, err
}

// keyPhases says in which phase a kind of message comes.
var keyPhases = map[kind]session.Phase{
	kindHello: PhaseHello, kindReveal: PhaseReveal,
	keyExchange + offCommitment: PhaseKeyCommit, keyExchange + offShare: PhaseKeyShare, keyExchange + offClaim: PhaseKeyCheck,
}

// receive takes a worker's message; the last one gives the key set.
func (k *keyRounds) receive(m session.Message) ([]session.Effect, *PublicKeys, error) {
	of := kindOf(m.Body)
	phase, ok := keyPhases[of]
	switch {
	case !k.parties.Has(m.From):
		return nil, nil, session.ErrUnknownSender
	case !ok:
		return nil, nil, blame(m.From, "message of kind %#x", uint8(of))
	}
	again, err := note(k.seen, of, m)
	if again || err != nil {
		return nil, nil, err
	}
	if err := due(phase, k.phase); err != nil {
		return nil, nil, err
	}
	effects, err := k.take(of, m)
	if err != nil {
		return nil, nil, err
	}
	k.seen[of][m.From] = messageID(m.Body)
	if len(k.seen[of]) < len(k.parties) {
		return effects, nil, nil
	}
	more, keys := k.close()
	return append(effects, more...), keys, nil
}

// note reports whether the very message was taken before; a different one is blamed.
func note(seen map[kind]map[session.Party][32]byte, k kind, m session.Message) (again bool, err error) {
	if seen[k] == nil {
		seen[k] = map[session.Party][32]byte{}
	}
	old, taken := seen[k][m.From]
	if taken && old != messageID(m.Body) {
		return false, blame(m.From, "second and different message of kind %#x", uint8(k))
	}
	return taken, nil
}

func due(phase, now session.Phase) error {
	switch {
	case phase < now:
		return session.ErrLate
	case phase > now:
		return session.ErrEarly
	}
	return nil
}

func (k *keyRounds) take(of kind, m session.Message) ([]session.Effect, error) {
	switch of {
	case kindHello:
		return nil, k.takeHello(m.From, m.Body)
	case kindReveal:
		return nil, k.takeReveal(m.From, m.Body)
	case keyExchange + offCommitment:
		return nil, k.exchange.takeCommitment(m.From, m.Body)
	case keyExchange + offShare:
		return audit(k.exchange, m.From, m.Body)
	}
	return nil, k.exchange.takeClaim(m.From, m.Body)
}

// audit takes a share and passes it on to the worker that audits it.
func audit(x *collector, from session.Party, body []byte) ([]session.Effect, error) {
	forward, err := x.takeShare(from, body)
	if err != nil {
		return nil, err
	}
	return []session.Effect{session.Send{To: x.auditor(from), Body: forward}}, nil
}

// close ends the phase that everybody has spoken in.
func (k *keyRounds) close() ([]session.Effect, *PublicKeys) {
	switch k.phase {
	case PhaseHello:
		return k.enter(PhaseReveal, k.closeHellos()), nil
	case PhaseReveal:
		k.phase = PhaseKeyCommit
		effects := []session.Effect{session.Wait{Phase: k.phase}}
		bodies := k.closeReveals()
		for _, u := range k.parties {
			effects = append(effects, session.Send{To: u, Body: bodies[u]})
		}
		return effects, nil
	case PhaseKeyCommit:
		return k.enter(PhaseKeyShare, k.exchange.closeCommitments()), nil
	case PhaseKeyShare:
		k.exchange.closeShares()
		return k.enter(PhaseKeyCheck, k.exchange.aggregated(nil)), nil
	}
	body, keys := k.closeClaims()
	effects := toAll(k.parties, body)
	if !k.exchange.agree() {
		k.failed = true
		return append(effects, session.End(errClaims)...), nil
	}
	return effects, keys
}

// enter begins a phase and sends a message to all.
func (k *keyRounds) enter(phase session.Phase, body []byte) []session.Effect {
	k.phase = phase
	return append([]session.Effect{session.Wait{Phase: phase}}, toAll(k.parties, body)...)
}

func toAll(parties session.Parties, body []byte) []session.Effect {
	effects := make([]session.Effect, len(parties))
	for i, u := range parties {
		effects[i] = session.Send{To: u, Body: body}
	}
	return effects
}
