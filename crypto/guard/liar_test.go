package guard

import (
	"math/rand/v2"
	"slices"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
)

// liar changes some of a worker's messages into others that are well formed and signed by
// it. It says the same lie again when it is asked again.
type liar struct {
	s    *schedule
	r    *rand.Rand
	p    session.Party
	told map[kind][]byte
}

func newLiar(s *schedule, p session.Party) *liar {
	return &liar{s: s, r: s.r, p: p, told: map[kind][]byte{}}
}

func (l *liar) lie(body []byte) []byte {
	k := kindOf(body)
	if l.told[k] == nil {
		l.told[k] = body
		if l.r.IntN(6) == 0 {
			l.told[k] = l.change(k, body)
		}
	}
	return l.told[k]
}

func (l *liar) worker() *Worker { return l.s.net.Machine(l.p).(*Worker) }

// change returns a lie in the place of body.
func (l *liar) change(k kind, body []byte) []byte {
	w := l.worker()
	switch {
	case k == kindHello:
		h := *w.keygen.greeting.hello
		h.commit[3] ^= 1
		h.sig = sign(w.id, signHello, w.keygen.circle.hello(l.p, &h))
		out := begin(kindHello)
		h.encode(out)
		return out.Data()
	case k == inputExchange+offCommitment:
		return l.commitment(w.shares)
	case k == inputExchange+offClaim:
		return l.claim(w.shares)
	case k == kindOpening:
		return l.opening(w, body)
	case w.keygen != nil && w.keygen.exchange != nil && k == keyExchange+offCommitment:
		return l.commitment(w.keygen.exchange)
	case w.keygen != nil && w.keygen.exchange != nil && k == keyExchange+offClaim:
		return l.claim(w.keygen.exchange)
	}
	return body
}

func (l *liar) commitment(x *exchanger) []byte {
	c := *x.commitment
	c.digest[5] ^= 1
	c.sig = sign(x.id, x.label("sign commitment"), x.committed(l.p, &c))
	out := begin(x.base + offCommitment)
	c.encode(out)
	return out.Data()
}

func (l *liar) claim(x *exchanger) []byte {
	c := *x.beliefs.own
	c.fingerprint, c.tail = slices.Clone(c.fingerprint), slices.Clone(c.tail)
	if len(c.tail) > 0 && l.r.IntN(2) == 0 {
		c.tail[7] ^= 1
	} else {
		c.fingerprint[l.r.IntN(len(c.fingerprint))] ^= 1
	}
	c.sig = sign(x.id, x.label("sign claim"), x.claimed(x.beliefs.challenge, l.p, &c))
	out := begin(x.base + offClaim)
	c.encode(out)
	return out.Data()
}

// opening changes a word or the tag, and signs that.
func (l *liar) opening(w *Worker, body []byte) []byte {
	server, ok := l.s.net.Machine(session.Coordinator).(*Server)
	if !ok || server.settled == nil {
		return body
	}
	o, err := w.release.decodeOpening(l.p, slices.Clone(body))
	must(l.s.t, err)
	if l.r.IntN(2) == 0 {
		o.words[8*l.r.IntN(len(o.words)/8)+l.r.IntN(8)] ^= 1
	} else {
		o.tag = o.tag.Add(ring.F127FromUint64(1))
	}
	e := &evidence{ct: server.settled.cts[l.p], digest: w.release.vectorDigest(o)}
	o.sig = sign(w.id, signOpening, w.release.opened(w.held.beliefs.challenge, server.settled.baseHash, l.p, e))
	return o.message()
}
