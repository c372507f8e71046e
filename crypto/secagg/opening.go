package secagg

import (
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// opening is a worker's message of R4: for every v of U2 one share, of b_v if v is in
// U3 and of r_v if it is not. So there is no way to write down both kinds for
// one v.
type opening struct {
	of     session.Parties // U2
	shares map[session.Party][shareSize]byte
	sig    signature
}

func (*opening) kind() kind { return kindOpening }

func (m *opening) encode(w *wire.Writer) {
	m.of.Encode(w)
	for _, v := range m.of {
		share := m.shares[v]
		w.Fixed(share[:])
	}
	w.Fixed(m.sig[:])
}

func decodeOpening(r *wire.Reader, n int) *opening {
	m := &opening{of: session.DecodeParties(r, n), shares: map[session.Party][shareSize]byte{}}
	for _, v := range m.of {
		m.shares[v] = [shareSize]byte(r.Fixed(shareSize))
	}
	m.sig = readSignature(r)
	return m
}

// statement is what worker u signs; it makes a wrong share provable.
func (m *opening) statement(a attempt, u session.Party, c consensus) [32]byte {
	all := make([]byte, 0, shareSize*len(m.of))
	for _, v := range m.of {
		share := m.shares[v]
		all = append(all, share[:]...)
	}
	agreed := c.statement(a)
	return a.Digest(signOpen, session.PartyBytes(u), agreed[:], m.of.Bytes(), all)
}

// shareKind returns which secret of v is opened under a consensus.
func (c consensus) shareKind(v session.Party) string {
	if c.u3.Has(v) {
		return selfKind
	}
	return pairKind
}
