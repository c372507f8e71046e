package secagg

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
)

// dealt is what a worker keeps of R1.
type dealt struct {
	roster *roster
	u1Hash [32]byte
	pairs  map[session.Party][kem.SharedSize]byte // s_uv for v > u
	own    heldShares                             // what it would have sent to itself
}

// takeRoster is R1.
func (w *Worker) takeRoster(body []byte) ([]session.Effect, error) {
	m, err := unmarshal(body, kindRoster, w.decodeRoster)
	if err != nil {
		return nil, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	if err := w.checkRoster(m); err != nil {
		return nil, err
	}
	d, out, err := w.deal(m)
	if err != nil {
		return nil, err
	}
	w.dealt = d
	w.taken(body, kindPackets)
	return []session.Effect{w.toCoordinator(out)}, nil
}

// checkRoster: enough members, each with its own signature, and this worker
// as it advertised itself.
func (w *Worker) checkRoster(m *roster) error {
	switch {
	case w.without.tooFew(w.attempt, m.u1):
		return blame(session.Coordinator, "%d advertisements, wanted at least %d", len(m.u1), w.MinContributors)
	case !m.u1.Has(w.self) || *m.ads[w.self] != *w.fresh.ad:
		return blame(session.Coordinator, "the own advertisement is not in the roster")
	case slices.ContainsFunc(m.u1, w.barred.Has):
		return blame(session.Coordinator, "the roster has a worker that is barred")
	}
	return w.par.Each(len(m.u1), func(i int) error {
		u := m.u1[i]
		if err := m.ads[u].check(w.attempt, u); err != nil {
			return blame(session.Coordinator, "advertisement of worker %d is not valid", u)
		}
		return nil
	})
}

// deal shares r_u and b_u among the roster, and encapsulates to every later
// worker of U1. It reads 128(t−1) bytes for the shares and a fixed number for
// every box.
func (w *Worker) deal(m *roster) (*dealt, *shares, error) {
	pair, err := w.split(w.fresh.pair.Bytes())
	if err != nil {
		return nil, nil, err
	}
	self, err := w.split(w.fresh.self.Bytes())
	if err != nil {
		return nil, nil, err
	}
	d := &dealt{roster: m, u1Hash: m.hash(w.attempt), pairs: map[session.Party][kem.SharedSize]byte{}}
	out := &shares{from: w.self, to: m.u1, packets: map[session.Party]*packet{}}
	for _, v := range m.u1 {
		s := heldShares{pair: pair[v-1].Value, self: self[v-1].Value}
		if v == w.self {
			d.own = s
		}
		if out.packets[v], err = w.seal(d, v, s); err != nil {
			return nil, nil, err
		}
	}
	return d, out, nil
}

func (w *Worker) split(scalar []byte) ([]share.Share, error) {
	return share.Split(share.Scalar(scalar), w.Threshold, w.N(), w.rand)
}

// seal makes the packet for v, and notes s_uv if this worker encapsulates.
func (w *Worker) seal(d *dealt, v session.Party, s heldShares) (*packet, error) {
	p := &packet{
		commitPair: w.commitShare(pairKind, s.pair[:], w.self, v),
		commitSelf: w.commitShare(selfKind, s.self[:], w.self, v),
	}
	content := append(append([]byte(nil), s.pair[:]...), s.self[:]...)
	if w.self < v {
		ct, shared, err := w.encapsulate(w.fresh.pair.Bytes(), w.self, v, d.roster.ads[v].maskKey[:])
		if err != nil {
			return nil, err
		}
		proof := w.confirmation(shared[:], w.self, v)
		p.ct, d.pairs[v], content = ct[:], shared, append(content, proof[:]...)
	}
	if v != w.self {
		key, err := kem.ParsePublicKey(d.roster.ads[v].channelKey[:])
		if err != nil {
			return nil, err
		}
		if p.box, err = kem.Seal(key, w.boxInfo(w.self, v), p.ct, content, w.rand); err != nil {
			return nil, err
		}
	}
	clear(content)
	p.sig = w.sign(signShare, p.statement(w.attempt, d.u1Hash, w.self, v))
	return p, nil
}

// encapsulate makes (ct_uv, s_uv) for u < v from r_u alone, so that the
// coordinator can make them again if u drops out.
func (a attempt) encapsulate(pair []byte, u, v session.Party, maskKey []byte) (
	ct [kem.CiphertextSize]byte, shared [kem.SharedSize]byte, err error,
) {
	key, err := kem.ParsePublicKey(maskKey)
	if err != nil {
		return ct, shared, err
	}
	ct, shared = kem.EncapsulateDeterministic(key, a.Key(pair, labelEncaps, session.PartyBytes(u), session.PartyBytes(v)))
	return ct, shared, nil
}
