package secagg

import (
	"slices"

	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/share"
	"github.com/tacit-space/tacit/crypto/wire"
)

// takeOpening is R4. Every share is checked against the commitment that its
// dealer signed for this holder.
func (s *Server) takeOpening(from session.Party, body []byte) error {
	m, err := unmarshal(body, kindOpening, func(r *wire.Reader) *opening { return decodeOpening(r, s.N()) })
	if err != nil {
		return &session.BlameError{Party: from, Err: err}
	}
	d := s.settled
	if !slices.Equal(m.of, d.u2) {
		return blame(from, "opening of %d shares that are not of U2, which has %d", len(m.of), len(d.u2))
	}
	if !s.Verify(from, signOpen, m.statement(s.attempt, from, d.consensus), m.sig[:]) {
		return blame(from, "signature of the opening is not valid")
	}
	for _, v := range d.u2 {
		share := m.shares[v]
		if s.commitShare(d.consensus.shareKind(v), share[:], v, from) != d.dealers[v].shares[from] {
			return blame(from, "share of worker %d is not the one that was dealt", v)
		}
	}
	d.openings[from] = m
	return nil
}

// closeOpen recovers the secrets, takes the masks off, and hands over the result:
// R5.
func (s *Server) closeOpen() []session.Effect {
	holders := session.KeysOf(s.settled.openings)
	if len(holders) < s.Threshold {
		return s.stall(holders)
	}
	masks, err := s.unmask(holders[:s.Threshold])
	if err != nil {
		return s.abort(err)
	}
	mask.Add(s.sum, masks, s.par)
	s.result = marshal(&result{
		receipt: receipt{
			number: s.Number, agreed: s.settled.consensus, cert: s.settled.cert, evidence: s.evidence,
		},
		tag:   mask.AddTags(s.tag, masks),
		words: s.sum.Append(make([]byte, 0, s.vectorBytes())),
	})
	s.phase = phaseDone
	return append([]session.Effect{s.persist()}, s.sendResult()...)
}

func (s *Server) sendResult() []session.Effect {
	body := s.result
	s.end()
	return []session.Effect{session.Send{To: session.Analyst, Body: body}, session.Done{}}
}

// unmask returns the masks that are still on the sum, with their signs: of every
// survivor its own, and of every pair of a survivor and a drop-out. It blames a
// dealer whose shares do not give the secret that it committed to.
func (s *Server) unmask(holders session.Parties) ([]mask.Mask, error) {
	basis, err := share.NewBasis(ids(holders))
	if err != nil {
		return nil, err
	}
	d := s.settled
	per := make([][]mask.Mask, len(d.u2))
	err = s.par.Each(len(d.u2), func(i int) error {
		v := d.u2[i]
		secret, err := s.recover(basis, holders, v)
		if err != nil {
			return err
		}
		if d.consensus.shareKind(v) == selfKind {
			per[i] = []mask.Mask{{Key: s.without.keyOf(s.selfMask(secret, v)), Sub: true}}
			return nil
		}
		per[i], err = s.pairMasks(secret, v)
		return err
	})
	return slices.Concat(per...), err
}

func ids(p session.Parties) []uint16 {
	ids := make([]uint16, len(p))
	for i, x := range p {
		ids[i] = uint16(x)
	}
	return ids
}

// recover returns b_v or r_v from t shares.
func (s *Server) recover(basis *share.Basis, holders session.Parties, v session.Party) ([]byte, error) {
	d, label := s.settled, labelCommitSelf
	if d.consensus.shareKind(v) == pairKind {
		label = labelCommitPair
	}
	values := make([]share.Scalar, len(holders))
	for i, u := range holders {
		values[i] = share.Scalar(d.openings[u].shares[v])
	}
	secret, err := basis.Recover(values)
	if err != nil {
		return nil, blame(v, "dealt shares: %w", err)
	}
	if s.without.commitment(s.attempt, label, secret[:], v) != d.dealers[v].commit {
		return nil, blame(v, "dealt shares that do not give the committed secret")
	}
	return secret[:], nil
}

// pairMasks returns −sgn(u,v) G(K_uv) of every survivor u with the drop-out v,
// regenerated from r_v: by encapsulation where v encapsulated, else by
// decapsulation.
func (s *Server) pairMasks(pair []byte, v session.Party) ([]mask.Mask, error) {
	d := s.settled
	maskKey := s.maskKeyOf(pair, v)
	if maskKey.Public().Bytes() != d.dealers[v].maskKey {
		return nil, blame(v, "advertised a mask key that is not derived from its secret")
	}
	var masks []mask.Mask
	for _, u := range d.consensus.u3 {
		ct := d.dealers[v].cts[u]
		var key prg.Key
		if u < v {
			shared := maskKey.Decapsulate(ct)
			key = s.pairMask(shared[:], u, v)
		} else {
			again, shared, err := s.encapsulate(pair, v, u, d.dealers[u].maskKey[:])
			if err != nil || again != ct {
				return nil, blame(v, "sent a ciphertext that is not derived from its secret")
			}
			key = s.pairMask(shared[:], v, u)
		}
		masks = append(masks, mask.Mask{Key: s.without.keyOf(key), Sub: u < v})
	}
	return masks, nil
}
