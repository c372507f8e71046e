package guard

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/mask"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// receipt proves who took part in a release: a signature of every worker over the sums
// and outputs that it opened.
type receipt struct {
	number    uint32
	keyID     KeyID
	challenge [32]byte
	base      [32]byte
	parties   session.Parties
	evidence  map[session.Party]*evidence
}

func (m *receipt) encode(w *wire.Writer) {
	w.U32(m.number)
	w.Fixed(m.keyID[:])
	w.Fixed(m.challenge[:])
	w.Fixed(m.base[:])
	m.parties.Encode(w)
	for _, u := range m.parties {
		e := m.evidence[u]
		w.Fixed(e.ct[:])
		w.Fixed(e.digest[:])
		w.Fixed(e.sig[:])
	}
}

func decodeReceipt(r *wire.Reader, n int) *receipt {
	m := &receipt{
		number: r.U32(), keyID: fixed32(r), challenge: fixed32(r), base: fixed32(r),
		parties: session.DecodeParties(r, n), evidence: map[session.Party]*evidence{},
	}
	for _, u := range m.parties {
		m.evidence[u] = &evidence{
			ct: [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize)), digest: fixed32(r), sig: readSignature(r),
		}
	}
	return m
}

// check verifies everything that can be checked without the analyst's keys.
func (m *receipt) check(r *release) error {
	if len(m.parties) < r.MinContributors {
		return blame(session.Coordinator, "%d workers in the sums, wanted at least %d", len(m.parties), r.MinContributors)
	}
	for _, u := range m.parties {
		if err := r.checkEvidence(m.challenge, m.base, u, m.evidence[u]); err != nil {
			return blame(session.Coordinator, "result: signature of worker %d is not valid", u)
		}
	}
	return nil
}

func (m *receipt) release(man *job.Manifest, c *checked) *release {
	return newRelease(job.NewAttempt(man, m.number), c, &PublicKeys{ID: m.keyID, Parties: m.parties})
}

// Opened is what was released, after every check.
type Opened struct {
	Groups       [][]RunOpened   // per group and run of the shape
	Participants []session.Party // ascending
	Attempt      uint32
	Receipt      []byte // the signed evidence, for [VerifyReceipt]
}

// Open verifies the result (who signed, how many took part, that nothing was altered) and
// only then returns what was released. It returns a [session.BlameError] of the coordinator if the
// evidence does not hold, and [session.ErrCheck] if the numbers do not pass their checks.
func Open(q *job.Question, body []byte, par session.Parallel) (*Opened, error) {
	return (&opener{question: q, par: par}).open(body)
}

// opener is what [Open] knows.
type opener struct {
	question *job.Question
	par      session.Parallel
	without  defences
}

func (o *opener) open(body []byte) (*Opened, error) {
	m := o.question.Manifest()
	c, err := shapeOf(m)
	if err != nil {
		return nil, err
	}
	res, err := decodeResult(m, c, body)
	if err != nil {
		return nil, err
	}
	if err := res.check(); err != nil && !o.without.resultCheck {
		return nil, err
	}
	if err := res.unmask(o.question, o.par); err != nil && !o.without.resultCheck {
		return nil, err
	}
	groups, err := c.read(res.slots(o.par), !o.without.resultCheck)
	if err != nil {
		return nil, err
	}
	w := begin(kindReceipt)
	res.receipt.encode(w)
	return &Opened{
		Groups: groups, Participants: res.receipt.parties, Attempt: res.receipt.number, Receipt: w.Data(),
	}, nil
}

// result is the coordinator's message to the analyst.
type result struct {
	receipt *receipt
	release *release
	tag     ring.F127
	base    ring.Vector
	sum     ring.Vector
}

func decodeResult(m *job.Manifest, c *checked, body []byte) (*result, error) {
	return decode(session.Coordinator, body, kindResult, func(r *wire.Reader) (*result, error) {
		res := &result{receipt: decodeReceipt(r, len(m.Roster))}
		res.release = res.receipt.release(m, c)
		res.tag = readField(r)
		n := res.release.vectorLength()
		base, sum := r.Fixed(8*n), r.Fixed(8*n)
		if r.Err() != nil {
			return nil, nil
		}
		var err error
		if res.base, err = ring.Decode(ring.Width64, n, base); err != nil {
			r.Fail(err)
		}
		if res.sum, err = ring.Decode(ring.Width64, n, sum); err != nil {
			r.Fail(err)
		}
		return res, nil
	})
}

// check verifies the evidence, and that the outputs are the ones that it speaks of.
func (res *result) check() error {
	if err := res.receipt.check(res.release); err != nil {
		return err
	}
	if res.release.baseHash(res.base) != res.receipt.base {
		return blame(session.Coordinator, "result: the outputs are not those that the workers opened")
	}
	return nil
}

// unmask takes the analyst masks off the sum of the shares, and checks it.
func (res *result) unmask(q *job.Question, par session.Parallel) error {
	parties := res.receipt.parties
	masks := make([]mask.Mask, len(parties))
	par.Run(len(parties), func(i int) {
		ct := res.receipt.evidence[parties[i]].ct
		shared := q.Decapsulate(ct)
		masks[i] = mask.Mask{Key: res.release.analystMask(shared[:], ct[:], parties[i]), Sub: true}
	})
	mask.Add(res.sum, masks, par)
	tag, err := mask.TagOf(q.Alpha().Field(), res.sum, par)
	if err != nil {
		return fmt.Errorf("guard: %w: %w", session.ErrCheck, err)
	}
	if !tag.Equal(mask.AddTags(res.tag, masks)) {
		return fmt.Errorf("guard: %w", session.ErrCheck)
	}
	return nil
}

// slots opens every output.
func (res *result) slots(par session.Parallel) [][]uint64 {
	c := res.release.checked
	outputs := make([][]uint64, c.Outputs())
	scales := c.scales()
	encoder := c.params.NewEncoder()
	n := c.params.Slots()
	par.Run(len(outputs), func(i int) {
		total := res.base.Words[i*n : (i+1)*n]
		for j, y := range res.sum.Words[i*n : (i+1)*n] {
			total[j] += y
		}
		outputs[i] = encoder.Copy().Open(total, scales[i])
	})
	return outputs
}

// scales returns the scale of every output.
func (c *checked) scales() []uint64 {
	var all []uint64
	for i := range c.Groups {
		first, payload := c.params.Scales(c.circuits[i])
		for j := range c.Groups[i].outputs() {
			if j == 0 && !c.Groups[i].Packed {
				all = append(all, first)
			} else {
				all = append(all, payload)
			}
		}
	}
	return all
}

// VerifyReceipt reports who took part in the release that a receipt speaks of, after
// checking every signature against the manifest. It shows nothing of the answer, and
// cannot show that an answer belongs to it.
func VerifyReceipt(m *job.Manifest, b []byte) ([]session.Party, error) {
	c, err := shapeOf(m)
	if err != nil {
		return nil, err
	}
	rec, err := decode(session.Coordinator, b, kindReceipt, func(r *wire.Reader) (*receipt, error) {
		return decodeReceipt(r, len(m.Roster)), nil
	})
	if err != nil {
		return nil, err
	}
	return rec.parties, rec.check(rec.release(m, c))
}
