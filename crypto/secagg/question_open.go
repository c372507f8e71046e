package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Opened is a sum that passed every check.
type Opened struct {
	Sum          ring.Vector     // Σ (x_u + e_u) over Participants, elements as signed integers
	Participants []session.Party // U3, ascending
	Attempt      uint32
	Signatures   int    // over U3, of different participants: the threshold
	Receipt      []byte // the signed evidence, for [VerifyReceipt]
}

// Open verifies the result (who signed, how many are in the sum, the tag) and
// only then returns the sum: R5. It returns a [BlameError] of the coordinator if the
// evidence does not hold, and [ErrCheck] if the sum does not pass its check.
func (q *Question) Open(body []byte) (*Opened, error) {
	m := q.Manifest()
	res, err := unmarshal(body, kindResult, func(r *wire.Reader) *result { return decodeResult(r, m) })
	if err != nil {
		return nil, &BlameError{session.Coordinator, err}
	}
	a := newAttempt(m, res.receipt.number)
	if err := res.receipt.check(a, &q.without); err != nil {
		return nil, err
	}
	sum, err := q.unmask(a, res)
	if err != nil {
		return nil, err
	}
	return &Opened{
		Sum:          sum,
		Participants: res.receipt.agreed.u3,
		Attempt:      a.number,
		Signatures:   len(res.receipt.cert.signers),
		Receipt:      marshal(&res.receipt),
	}, nil
}

// unmask computes Res = S − Σ_{U3} G(KA_u) and checks it against the tag.
func (q *Question) unmask(a attempt, res *result) (ring.Vector, error) {
	sum, err := ring.Decode(a.Width, a.Length, res.words)
	if err != nil {
		return ring.Vector{}, &BlameError{session.Coordinator, err}
	}
	masks := q.masks(a, &res.receipt)
	addMasks(sum, masks, q.par)
	if q.without.sumCheck {
		return sum, nil
	}
	tag, err := tagOf(q.alpha.field(), sum, q.par)
	if err != nil {
		return ring.Vector{}, fmt.Errorf("%w: %w", ErrCheck, err)
	}
	if !tag.Equal(addTagMasks(res.tag, masks)) {
		return ring.Vector{}, ErrCheck
	}
	return sum, nil
}

// masks returns every −G(KA_u).
func (q *Question) masks(a attempt, m *receipt) []mask {
	u3 := m.agreed.u3
	masks := make([]mask, len(u3))
	q.par.run(len(u3), func(i int) {
		ct := m.evidence[u3[i]].ct
		shared := q.key.Decapsulate([kem.CiphertextSize]byte(ct))
		masks[i] = mask{key: q.without.analystKeyOf(a, shared[:], ct[:], u3[i]), sub: true}
	})
	return masks
}

// VerifyReceipt reports who took part in the sum that a receipt speaks of, after
// checking every signature against the manifest. It shows nothing of the sum, and
// cannot show that a sum belongs to it: only the analyst's tag does.
func VerifyReceipt(m *Manifest, b []byte) ([]session.Party, error) {
	rec, err := unmarshal(b, kindReceipt, func(r *wire.Reader) *receipt {
		rec := decodeReceipt(r, len(m.Roster))
		return &rec
	})
	if err != nil {
		return nil, err
	}
	return rec.agreed.u3, rec.check(newAttempt(m, rec.number), &defences{})
}
