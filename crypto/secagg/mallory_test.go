package secagg

import (
	"testing"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
	"github.com/tacit-space/tacit/crypto/wire"
)

// mallory is a coordinator that does as it likes, together with corrupt workers
// whose secrets it knows. It drives the workers' machines by hand, and it knows what
// a coordinator knows: every message.
type mallory struct {
	t       *testing.T
	w       *world
	a       attempt
	workers map[session.Party]*Worker
	ledger  map[session.Party][32]byte // durable releases of the honest drivers

	ads     map[session.Party]*advertisement
	shares  map[session.Party]*shares
	inputs  map[session.Party]*maskedInput
	opening map[session.Party][]*opening

	// Of corrupt workers, taken when they are made.
	secrets map[session.Party]spied
}

// spied is what a corrupt worker tells.
type spied struct {
	pair, self []byte
	channel    kem.PrivateKey
	analyst    prg.Key
}

func newMallory(t *testing.T, w *world, number uint32, corrupt session.Parties) *mallory {
	t.Helper()
	m := &mallory{
		t: t, w: w, a: newAttempt(w.manifest, number),
		workers: map[session.Party]*Worker{}, ledger: map[session.Party][32]byte{},
		ads: map[session.Party]*advertisement{}, shares: map[session.Party]*shares{},
		inputs: map[session.Party]*maskedInput{}, opening: map[session.Party][]*opening{},
		secrets: map[session.Party]spied{},
	}
	for _, p := range w.everyone() {
		m.workers[p] = w.worker(p, number)
		if corrupt.Has(p) {
			f := m.workers[p].fresh
			m.secrets[p] = spied{
				pair: clone(f.pair.Bytes()), self: clone(f.self.Bytes()),
				channel: kem.DeriveKey([kem.SeedSize]byte(f.channel.Seed().Bytes())), analyst: f.analyst.Key,
			}
		}
	}
	return m
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// step gives an event to a worker and keeps what it says, as a driver would: a
// second release under another digest ends it.
func (m *mallory) step(p session.Party, ev session.Event) error {
	effects, err := m.workers[p].Step(ev)
	if err != nil {
		return err
	}
	for _, e := range effects {
		switch e := e.(type) {
		case session.Release:
			if old, ok := m.ledger[p]; ok && old != e.Digest {
				return session.ErrEnded
			}
			m.ledger[p] = e.Digest
		case session.Abort:
			return e.Err
		case session.Send:
			m.hear(p, e.Body)
		}
	}
	return nil
}

func (m *mallory) hear(p session.Party, body []byte) {
	m.t.Helper()
	r := wire.NewReader(body[1:])
	switch kindOf(body) {
	case kindAdvertisement:
		m.ads[p] = decodeAdvertisement(r)
	case kindShares:
		m.shares[p] = decodeShares(r, p, m.a.N())
	case kindInput:
		m.inputs[p] = decodeInput(r, m.a)
	case kindOpening:
		m.opening[p] = append(m.opening[p], decodeOpening(r, m.a.N()))
	}
	must(m.t, r.Err())
}

// say sends a message to a worker and returns its objection.
func (m *mallory) say(p session.Party, msg message) error {
	return m.step(p, session.Message{From: session.Coordinator, Body: marshal(msg)})
}

// collect runs R0 to R2 with everybody of u1 and u2, honestly, and returns the
// first objection.
func (m *mallory) collect(u1, u2 session.Parties) error {
	for _, p := range u1 {
		must(m.t, m.step(p, session.Start{}))
		must(m.t, m.step(p, Input{m.w.inputs[p].Clone()}))
	}
	for _, p := range u1 {
		if err := m.say(p, &roster{u1: u1, ads: m.ads}); err != nil {
			return err
		}
	}
	for _, p := range u2 {
		if err := m.say(p, m.packetsFor(p, u2)); err != nil {
			return err
		}
	}
	return nil
}

func (m *mallory) packetsFor(v session.Party, u2 session.Parties) *packets {
	out := &packets{to: v, u2: u2, packets: map[session.Party]*packet{}}
	for _, u := range u2 {
		out.packets[u] = m.shares[u].packets[v]
	}
	return out
}

// certify lets the workers of U3 sign it and returns t of the signatures.
func (m *mallory) certify(signers, u3 session.Parties) (*certificate, error) {
	cert := &certificate{sigs: map[session.Party]signature{}}
	for _, p := range signers {
		effects, err := m.workers[p].Step(session.Message{Body: marshal(&survivors{u3: u3})})
		if err != nil {
			return nil, err
		}
		for _, e := range effects {
			if s, ok := e.(session.Send); ok && len(cert.signers) < m.a.Threshold {
				cert.signers = append(cert.signers, p)
				cert.sigs[p] = signature(s.Body[1:])
			}
		}
	}
	return cert, nil
}

// shareOf returns u's secret of one kind as the coalition learns it: known if u is
// corrupt, else recovered from what was opened and what corrupt workers hold.
func (m *mallory) secretOf(u session.Party, kind string) []byte {
	if s, ok := m.secrets[u]; ok {
		if kind == pairKind {
			return s.pair
		}
		return s.self
	}
	byHolder := map[session.Party]share.Scalar{}
	for holder := range m.secrets {
		byHolder[holder] = m.boxed(u, holder, kind)
	}
	for holder, openings := range m.opening {
		for _, o := range openings {
			s := o.shares[u]
			if m.a.commitShare(kind, s[:], u, holder) == m.committed(u, holder, kind) {
				byHolder[holder] = share.Scalar(s)
			}
		}
	}
	holders := session.KeysOf(byHolder)
	if len(holders) < m.a.Threshold {
		return nil
	}
	var shares []share.Share
	for _, h := range holders[:m.a.Threshold] {
		shares = append(shares, share.Share{ID: uint16(h), Value: byHolder[h]})
	}
	secret, err := share.Recover(m.a.Threshold, shares)
	must(m.t, err)
	return secret[:]
}

func (m *mallory) committed(u, holder session.Party, kind string) [32]byte {
	p := m.shares[u].packets[holder]
	if kind == pairKind {
		return p.commitPair
	}
	return p.commitSelf
}

// boxed opens a box with a corrupt holder's channel key.
func (m *mallory) boxed(u, holder session.Party, kind string) share.Scalar {
	p := m.shares[u].packets[holder]
	content, err := m.secrets[holder].channel.Open(m.a.boxInfo(u, holder), p.ct, p.box)
	must(m.t, err)
	if kind == pairKind {
		return share.Scalar(content[:shareSize])
	}
	return share.Scalar(content[shareSize : 2*shareSize])
}

// shared returns s_uv from the pair secret of either side.
func (m *mallory) shared(pair []byte, of, other session.Party) []byte {
	if of < other {
		_, s, err := m.a.encapsulate(pair, of, other, m.ads[other].maskKey[:])
		must(m.t, err)
		return s[:]
	}
	key := m.a.maskKeyOf(pair, of)
	s := key.Decapsulate([kem.CiphertextSize]byte(m.shares[other].packets[of].ct))
	return s[:]
}

// strip takes off y_u everything but the analyst's mask, with the secrets that it
// knows or is handed: of every partner v its pair secret (or else u's own), and u's
// self secret. ok says whether it had all of them.
func (m *mallory) strip(u session.Party, u2 session.Parties, pairs map[session.Party][]byte, self []byte) (ring.Vector, bool) {
	var masks []mask.Mask
	if self != nil {
		masks = append(masks, mask.Mask{Key: m.w.without.keyOf(m.a.selfMask(self, u)), Sub: true})
	} else if !m.w.without.selfMask {
		return ring.Vector{}, false
	}
	for _, v := range u2 {
		if v == u {
			continue
		}
		var s []byte
		switch {
		case pairs[v] != nil:
			s = m.shared(pairs[v], v, u)
		case pairs[u] != nil:
			s = m.shared(pairs[u], u, v)
		default:
			return ring.Vector{}, false
		}
		masks = append(masks, mask.Mask{Key: m.w.without.keyOf(m.a.pairMask(s, u, v)), Sub: u < v})
	}
	x, err := ring.Decode(m.a.Width, m.a.Length, m.inputs[u].words)
	must(m.t, err)
	mask.Add(x, masks, nil)
	return x, true
}

// corruptPairs returns the pair secrets that the coalition knows without opening
// anything.
func (m *mallory) corruptPairs() map[session.Party][]byte {
	pairs := map[session.Party][]byte{}
	for p, s := range m.secrets {
		pairs[p] = s.pair
	}
	return pairs
}

// unmaskForAnalyst takes off u's analyst mask with the analyst's key: the coalition
// includes the analyst.
func (m *mallory) unmaskForAnalyst(x ring.Vector, u session.Party) ring.Vector {
	ct := m.inputs[u].evidence.ct
	shared := m.w.question.Decapsulate(ct)
	key := m.w.without.analystKeyOf(m.a, shared[:], ct[:], u)
	mask.Add(x, []mask.Mask{{Key: key, Sub: true}}, nil)
	return x
}
