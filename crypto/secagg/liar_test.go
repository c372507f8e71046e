package secagg

import (
	"math/rand/v2"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// liar changes some of a party's messages into others that are well formed and, if
// it is a worker, signed by it.
type liar struct {
	s *schedule
	r *rand.Rand
	p session.Party
	a attempt
}

func newLiar(s *schedule, p session.Party) *liar {
	return &liar{s: s, r: s.r, p: p, a: s.n.Machine(session.Coordinator).(*Server).attempt}
}

func (l *liar) lie(to session.Party, body []byte) [][]byte {
	if l.r.IntN(3) > 0 {
		return [][]byte{body}
	}
	switch l.r.IntN(8) {
	case 0:
		return nil
	case 1:
		return [][]byte{body, l.change(to, body)}
	}
	return [][]byte{l.change(to, body)}
}

// change returns a lie in the place of body.
func (l *liar) change(to session.Party, body []byte) []byte {
	r := wire.NewReader(body[1:])
	n := l.a.N()
	switch kindOf(body) {
	case kindAdvertisement:
		return l.advertisement(decodeAdvertisement(r))
	case kindShares:
		return l.shares(decodeShares(r, l.p, n))
	case kindInput:
		return l.input(decodeInput(r, l.a))
	case kindAgreement:
		return marshal(&agreement{sig: l.sign(signAgree, consensus{u3: l.subset(session.Everyone(n))}.statement(l.a))})
	case kindOpening:
		return l.opening(decodeOpening(r, n))
	case kindRoster:
		return l.roster(decodeRoster(r, n))
	case kindPackets:
		return l.packets(decodePackets(r, to, n))
	case kindSurvivors:
		return marshal(&survivors{u3: l.subset(decodeSurvivors(r, n).u3)})
	case kindCertificate:
		return l.certificate(decodeCertificate(r, n))
	case kindResult:
		return l.result(decodeResult(r, l.a.Manifest))
	}
	return body
}

func (l *liar) sign(label string, statement [32]byte) signature {
	return signature(l.s.w.ids[l.p].Sign(label, statement[:]))
}

func (l *liar) bytes() (b [32]byte) {
	for i := range b {
		b[i] = byte(l.r.Uint32())
	}
	return b
}

// subset drops each member with one chance in six.
func (l *liar) subset(p session.Parties) session.Parties {
	var q session.Parties
	for _, x := range p {
		if l.r.IntN(6) > 0 {
			q = append(q, x)
		}
	}
	return q
}

func (l *liar) advertisement(m *advertisement) []byte {
	switch l.r.IntN(3) {
	case 0:
		m.maskKey = m.channelKey
	case 1:
		m.commitPair = l.bytes()
	case 2:
		m.commitSelf = l.bytes()
	}
	m.sig = l.sign(signAdvertise, m.statement(l.a, l.p))
	return marshal(m)
}

// u1 is what the liar saw of the advertisements.
func (l *liar) u1() [32]byte { return l.s.n.Machine(l.p).(*Worker).dealt.u1Hash }

func (l *liar) shares(m *shares) []byte {
	for _, v := range m.to {
		p := m.packets[v]
		switch l.r.IntN(5) {
		case 0:
			p.commitPair = l.bytes()
		case 1:
			p.commitSelf = l.bytes()
		case 2:
			p.flipBox()
		case 3:
			p.flipCiphertext()
		}
		p.sig = l.sign(signShare, p.statement(l.a, l.u1(), l.p, v))
	}
	return marshal(m)
}

func (p *packet) flipBox() {
	if len(p.box) > 0 {
		p.box[len(p.box)-1] ^= 1
	}
}

func (p *packet) flipCiphertext() {
	if len(p.ct) > 0 {
		p.ct[0] ^= 1
	}
}

func (l *liar) input(m *maskedInput) []byte {
	switch l.r.IntN(4) {
	case 0:
		m.words[0]++
	case 1:
		m.tag = m.tag.Add(ring.F127FromUint64(1))
	case 2:
		m.evidence.ct[5] ^= 1
	case 3:
		m.view.u2 = l.bytes()
	}
	m.evidence.digest = l.a.inputDigest(m.tag, m.words)
	m.evidence.sig = l.sign(signInput, m.evidence.statement(l.a, l.p, m.view))
	return marshal(m)
}

func (l *liar) opening(m *opening) []byte {
	c := l.s.n.Machine(l.p).(*Worker).agreed.consensus
	v := m.of[l.r.IntN(len(m.of))]
	share := m.shares[v]
	share[3] ^= 1
	m.shares[v] = share
	m.sig = l.sign(signOpen, m.statement(l.a, l.p, c))
	return marshal(m)
}

func (l *liar) roster(m *roster) []byte {
	switch l.r.IntN(3) {
	case 0:
		m.u1 = l.subset(m.u1)
	case 1:
		u := m.u1[l.r.IntN(len(m.u1))]
		m.ads[u].maskKey, m.ads[u].channelKey = m.ads[u].channelKey, m.ads[u].maskKey
	case 2:
		u, v := m.u1[l.r.IntN(len(m.u1))], m.u1[l.r.IntN(len(m.u1))]
		m.ads[u], m.ads[v] = m.ads[v], m.ads[u]
	}
	return marshal(m)
}

func (l *liar) packets(m *packets) []byte {
	u := m.u2[l.r.IntN(len(m.u2))]
	if l.r.IntN(2) == 0 || u == m.to {
		m.u2 = l.subset(m.u2)
	} else {
		m.packets[u].flipBox()
	}
	return marshal(m)
}

func (l *liar) certificate(m *certificate) []byte {
	u := m.signers[l.r.IntN(len(m.signers))]
	if l.r.IntN(2) == 0 {
		m.signers = m.signers.Without(session.Parties{u})
	} else {
		m.sigs[u] = signature{}
	}
	return marshal(m)
}

// result alters the sum, its tag, or who is in it; it may know the analyst's key
// no more than anybody.
func (l *liar) result(m *result) []byte {
	c := &m.receipt.agreed
	u := c.u3[l.r.IntN(len(c.u3))]
	switch l.r.IntN(5) {
	case 0:
		m.words[l.r.IntN(len(m.words))]++
	case 1:
		m.tag = m.tag.Add(ring.F127FromUint64(1))
	case 2:
		c.u3 = c.u3.Without(session.Parties{u})
	case 3:
		m.receipt.evidence[u].ct[0] ^= 1
	case 4:
		m.receipt.number++
	}
	return marshal(m)
}
