package secagg

import (
	"errors"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

const (
	shareSize        = 32 // a ristretto255 scalar
	confirmationSize = 32
)

// packet is what dealer u has for holder v in R1. The shares and the key
// confirmation travel in the box; the coordinator needs the ciphertext of the
// mask key, and the commitments to the shares, by which a wrong share can be
// laid at its holder's or its dealer's door.
//
// The packet to oneself has commitments and a signature only.
type packet struct {
	ct         []byte   // ct_uv, only for u < v
	commitPair [32]byte // H(share_v(r_u))
	commitSelf [32]byte // H(share_v(b_u))
	box        []byte   // only for u ≠ v
	sig        signature
}

// boxSize returns the size of the box from u to v.
func boxSize(u, v session.Party) int {
	switch {
	case u == v:
		return 0
	case u < v:
		return kem.BoxOverhead + 2*shareSize + confirmationSize
	}
	return kem.BoxOverhead + 2*shareSize
}

func ciphertextSize(u, v session.Party) int {
	if u < v {
		return kem.CiphertextSize
	}
	return 0
}

func (p *packet) encode(w *wire.Writer) {
	w.Fixed(p.ct)
	w.Fixed(p.commitPair[:])
	w.Fixed(p.commitSelf[:])
	w.Fixed(p.box)
	w.Fixed(p.sig[:])
}

// decodePacket reads a packet from u to v.
func decodePacket(r *wire.Reader, u, v session.Party) *packet {
	return &packet{
		ct:         r.Fixed(ciphertextSize(u, v)),
		commitPair: fixed32(r),
		commitSelf: fixed32(r),
		box:        r.Fixed(boxSize(u, v)),
		sig:        readSignature(r),
	}
}

// statement is what dealer u signs for holder v. It binds the advertisements that
// the dealer saw: a holder that saw others cannot lay a box that does not open at
// the dealer's door.
func (p *packet) statement(a attempt, u1 [32]byte, u, v session.Party) [32]byte {
	return a.Digest(signShare, u1[:], session.PartyBytes(u), session.PartyBytes(v),
		p.ct, p.commitPair[:], p.commitSelf[:], p.box)
}

func (p *packet) check(a attempt, u1 [32]byte, u, v session.Party) error {
	if !a.Verify(u, signShare, p.statement(a, u1, u, v), p.sig[:]) {
		return blame(u, "signature of the packet to worker %d is not valid", v)
	}
	return nil
}

// commitShare returns the commitment to a share of u's that v holds. The label
// keeps the two kinds apart.
func (a attempt) commitShare(kind string, share []byte, u, v session.Party) [32]byte {
	return a.Digest(labelCommitShare, []byte(kind), session.PartyBytes(u), session.PartyBytes(v), share)
}

// The two kinds of shares.
const (
	pairKind = "pair" // of r_u, for a worker that dropped out
	selfKind = "self" // of b_u, for a worker that stayed
)

// boxInfo binds a box to its attempt, dealer, holder and channel key.
func (a attempt) boxInfo(u, v session.Party) []byte {
	d := a.Digest(labelBox, session.PartyBytes(u), session.PartyBytes(v))
	return d[:]
}

// shares is a worker's message of R1: its packets to all of U1.
type shares struct {
	from    session.Party // known from the channel, not sent
	to      session.Parties
	packets map[session.Party]*packet
}

func (*shares) kind() kind { return kindShares }

func (m *shares) encode(w *wire.Writer) {
	m.to.Encode(w)
	for _, v := range m.to {
		m.packets[v].encode(w)
	}
}

func decodeShares(r *wire.Reader, from session.Party, n int) *shares {
	m := &shares{from: from, to: session.DecodeParties(r, n), packets: map[session.Party]*packet{}}
	for _, v := range m.to {
		m.packets[v] = decodePacket(r, from, v)
	}
	return m
}

// packets is the coordinator's message of R2 to one worker: U2, and what its
// members have for that worker.
type packets struct {
	to      session.Party // known from the channel, not sent
	u2      session.Parties
	packets map[session.Party]*packet // of U2 without the worker itself
}

func (*packets) kind() kind { return kindPackets }

func (m *packets) encode(w *wire.Writer) {
	m.u2.Encode(w)
	for _, u := range m.u2 {
		if u != m.to {
			m.packets[u].encode(w)
		}
	}
}

func decodePackets(r *wire.Reader, to session.Party, n int) *packets {
	m := &packets{to: to, u2: session.DecodeParties(r, n), packets: map[session.Party]*packet{}}
	for _, u := range m.u2 {
		if u != to {
			m.packets[u] = decodePacket(r, u, to)
		}
	}
	return m
}

// u2Hash binds the set U2 to the advertisements that it rests on.
func (a attempt) u2Hash(u1 [32]byte, u2 session.Parties) [32]byte {
	return a.Digest(labelU2, u1[:], u2.Bytes())
}

var errSealed = errors.New("sealed shares do not open to what was promised")
