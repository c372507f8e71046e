package secagg

import (
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// settled is what the server needs from U3 on: what was agreed, what it needs of
// R0 and R1 to check the openings and to unmask, and the answers so far.
type settled struct {
	consensus consensus
	u2        session.Parties
	dealers   map[session.Party]*dealer // of U2

	agreements map[session.Party]signature
	openings   map[session.Party]*opening
	cert       *certificate // from R4 on
}

// dealer is what one member of U2 committed itself to in R0 and R1.
type dealer struct {
	maskKey [kem.PublicKeySize]byte
	commit  [32]byte                                   // to the secret that will be opened: b_v for v ∈ U3, else r_v
	shares  map[session.Party][32]byte                 // to its shares, for holders in U3
	cts     map[session.Party][kem.CiphertextSize]byte // between it and the holders in U3, if it dropped out
}

func (s *Server) settle(u3 session.Parties) *settled {
	d := &settled{
		consensus:  consensus{view: s.view, u3: u3},
		u2:         s.u2,
		dealers:    map[session.Party]*dealer{},
		agreements: map[session.Party]signature{},
		openings:   map[session.Party]*opening{},
	}
	for _, v := range s.u2 {
		d.dealers[v] = s.dealer(v, d.consensus)
	}
	return d
}

func (s *Server) dealer(v session.Party, c consensus) *dealer {
	ad, kind := s.ads[v], c.shareKind(v)
	d := &dealer{
		maskKey: ad.maskKey, commit: ad.commitPair,
		shares: map[session.Party][32]byte{}, cts: map[session.Party][kem.CiphertextSize]byte{},
	}
	if kind == selfKind {
		d.commit = ad.commitSelf
	}
	for _, u := range c.u3 {
		p := s.shares[v].packets[u]
		d.shares[u] = p.commitPair
		if kind == selfKind {
			d.shares[u] = p.commitSelf
			continue
		}
		ct := p.ct
		if u < v {
			ct = s.shares[u].packets[v].ct
		}
		d.cts[u] = [kem.CiphertextSize]byte(ct)
	}
	return d
}

func (d *settled) encode(w *wire.Writer) {
	d.consensus.encode(w)
	d.u2.Encode(w)
	for _, v := range d.u2 {
		d.dealers[v].encode(w, d.consensus.u3)
	}
	agreed := session.KeysOf(d.agreements)
	(&certificate{signers: agreed, sigs: d.agreements}).encode(w)
	opened := session.KeysOf(d.openings)
	opened.Encode(w)
	for _, u := range opened {
		d.openings[u].encode(w)
	}
	w.Bool(d.cert != nil)
	if d.cert != nil {
		d.cert.encode(w)
	}
}

func decodeSettled(r *wire.Reader, n int) *settled {
	d := &settled{
		consensus: decodeConsensus(r, n),
		u2:        session.DecodeParties(r, n),
		dealers:   map[session.Party]*dealer{},
		openings:  map[session.Party]*opening{},
	}
	if !d.consensus.u3.Within(d.u2) {
		r.Fail(session.ErrOrder)
	}
	for _, v := range d.u2 {
		d.dealers[v] = decodeDealer(r, v, d.consensus)
	}
	d.agreements = decodeCertificate(r, n).sigs
	for _, u := range session.DecodeParties(r, n) {
		d.openings[u] = decodeOpening(r, n)
	}
	if r.Bool() {
		d.cert = decodeCertificate(r, n)
	}
	return d
}

func (d *dealer) encode(w *wire.Writer, u3 session.Parties) {
	w.Fixed(d.maskKey[:])
	w.Fixed(d.commit[:])
	for _, u := range u3 {
		share := d.shares[u]
		w.Fixed(share[:])
		if ct, ok := d.cts[u]; ok {
			w.Fixed(ct[:])
		}
	}
}

func decodeDealer(r *wire.Reader, v session.Party, c consensus) *dealer {
	d := &dealer{
		maskKey: [kem.PublicKeySize]byte(r.Fixed(kem.PublicKeySize)), commit: fixed32(r),
		shares: map[session.Party][32]byte{}, cts: map[session.Party][kem.CiphertextSize]byte{},
	}
	for _, u := range c.u3 {
		d.shares[u] = fixed32(r)
		if c.shareKind(v) == pairKind {
			d.cts[u] = [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize))
		}
	}
	return d
}
