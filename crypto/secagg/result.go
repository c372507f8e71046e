package secagg

import (
	"github.com/tacit-space/tacit/crypto/job"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// result is the coordinator's message of R5: S, Tag, and the evidence by which the
// analyst checks who is in the sum.
type result struct {
	receipt receipt
	tag     ring.F127
	words   []byte // S, encoded
}

// receipt proves who is in a sum: t signatures over one view of the attempt, and
// the signed input of every worker.
type receipt struct {
	number   uint32 // of the attempt
	agreed   consensus
	cert     *certificate
	evidence map[session.Party]*evidence // of U3
}

func (*result) kind() kind { return kindResult }

func (m *result) encode(w *wire.Writer) {
	m.receipt.encode(w)
	tag := m.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(m.words)
}

func decodeResult(r *wire.Reader, m *job.Manifest) *result {
	a := attempt{job.Attempt{Manifest: m}}
	return &result{
		receipt: decodeReceipt(r, a.N()),
		tag:     readField(r),
		words:   r.Fixed(a.vectorBytes()),
	}
}

func (m *receipt) encode(w *wire.Writer) {
	w.U32(m.number)
	m.agreed.encode(w)
	m.cert.encode(w)
	for _, u := range m.agreed.u3 {
		m.evidence[u].encode(w)
	}
}

func (*receipt) kind() kind { return kindReceipt }

func decodeReceipt(r *wire.Reader, n int) receipt {
	m := receipt{number: r.U32(), evidence: map[session.Party]*evidence{}}
	m.agreed = decodeConsensus(r, n)
	m.cert = decodeCertificate(r, n)
	for _, u := range m.agreed.u3 {
		m.evidence[u] = decodeEvidence(r)
	}
	return m
}

func (c consensus) encode(w *wire.Writer) {
	c.view.encode(w)
	c.u3.Encode(w)
}

func decodeConsensus(r *wire.Reader, n int) consensus {
	return consensus{view: decodeView(r), u3: session.DecodeParties(r, n)}
}

// check verifies everything that the analyst can check without its keys.
func (m *receipt) check(a attempt, without *defences) error {
	if without.tooFew(a, m.agreed.u3) {
		return blame(session.Coordinator, "%d workers in the sum, wanted at least %d",
			len(m.agreed.u3), a.MinContributors)
	}
	if err := m.cert.check(a, m.agreed); err != nil {
		return err
	}
	for _, u := range m.agreed.u3 {
		if err := m.evidence[u].check(a, u, m.agreed.view); err != nil {
			return blame(session.Coordinator, "result: signature of worker %d is not valid", u)
		}
	}
	return nil
}
