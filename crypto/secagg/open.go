package secagg

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/mask"
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

// Open is the analyst's role: it verifies the result (who signed, how many are in
// the sum, the tag) and only then returns the sum: R5. It returns a
// [session.BlameError] of the coordinator if the evidence does not hold, and
// [session.ErrCheck] if the sum does not pass its check. par may be nil.
func Open(q *job.Question, body []byte, par session.Parallel) (*Opened, error) {
	return (&opener{question: q, manifest: q.Manifest(), par: par}).open(body)
}

// opener is what Open works with.
type opener struct {
	question *job.Question
	manifest *job.Manifest // the question's
	par      session.Parallel
	without  defences
}

func (q *opener) open(body []byte) (*Opened, error) {
	res, err := unmarshal(body, kindResult, func(r *wire.Reader) *result { return decodeResult(r, q.manifest) })
	if err != nil {
		return nil, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	a := newAttempt(q.manifest, res.receipt.number)
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
		Attempt:      a.Number,
		Signatures:   len(res.receipt.cert.signers),
		Receipt:      marshal(&res.receipt),
	}, nil
}

// unmask computes Res = S − Σ_{U3} G(KA_u) and checks it against the tag.
func (q *opener) unmask(a attempt, res *result) (ring.Vector, error) {
	sum, err := ring.Decode(a.Width, a.Length, res.words)
	if err != nil {
		return ring.Vector{}, &session.BlameError{Party: session.Coordinator, Err: err}
	}
	masks := q.masks(a, &res.receipt)
	mask.Add(sum, masks, q.par)
	if q.without.sumCheck {
		return sum, nil
	}
	tag, err := mask.TagOf(q.question.Alpha().Field(), sum, q.par)
	if err != nil {
		return ring.Vector{}, fmt.Errorf("%w: %w", session.ErrCheck, err)
	}
	if !tag.Equal(mask.AddTags(res.tag, masks)) {
		return ring.Vector{}, session.ErrCheck
	}
	return sum, nil
}

// masks returns every −G(KA_u).
func (q *opener) masks(a attempt, m *receipt) []mask.Mask {
	u3 := m.agreed.u3
	masks := make([]mask.Mask, len(u3))
	q.par.Run(len(u3), func(i int) {
		ct := m.evidence[u3[i]].ct
		shared := q.question.Decapsulate(ct)
		masks[i] = mask.Mask{Key: q.without.analystKeyOf(a, shared[:], ct[:], u3[i]), Sub: true}
	})
	return masks
}

// VerifyReceipt reports who took part in the sum that a receipt speaks of, after
// checking every signature against the manifest. It shows nothing of the sum, and
// cannot show that a sum belongs to it: only the analyst's tag does.
func VerifyReceipt(m *job.Manifest, b []byte) ([]session.Party, error) {
	rec, err := unmarshal(b, kindReceipt, func(r *wire.Reader) *receipt {
		rec := decodeReceipt(r, len(m.Roster))
		return &rec
	})
	if err != nil {
		return nil, err
	}
	return rec.agreed.u3, rec.check(newAttempt(m, rec.number), &defences{})
}
