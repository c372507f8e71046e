package secagg

import (
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// survivors is the coordinator's message of R3: U3, those whose input arrived.
type survivors struct{ u3 session.Parties }

func (*survivors) kind() kind              { return kindSurvivors }
func (m *survivors) encode(w *wire.Writer) { m.u3.Encode(w) }

func decodeSurvivors(r *wire.Reader, n int) *survivors {
	return &survivors{u3: session.DecodeParties(r, n)}
}

// consensus is what workers agree on in R3: what they saw, and who is in the
// sum. Signing U1 and U2 beside U3 goes beyond the paper's consistency check of U3
// alone: t signatures prove one view of the whole attempt.
type consensus struct {
	view view
	u3   session.Parties
}

// statement is what every worker of U3 signs, once.
func (c consensus) statement(a attempt) [32]byte {
	return a.Digest(signAgree, c.view.u1[:], c.view.u2[:], c.u3.Bytes())
}

// release is the digest under which a worker releases the job, once.
func (c consensus) release(a attempt) [32]byte {
	s := c.statement(a)
	return a.Digest(labelRelease, s[:])
}

func (c consensus) check(a attempt, u session.Party, sig signature) error {
	if !a.Verify(u, signAgree, c.statement(a), sig[:]) {
		return blame(u, "signature over the survivors is not valid")
	}
	return nil
}

// agreement is a worker's message of R3.
type agreement struct{ sig signature }

func (*agreement) kind() kind              { return kindAgreement }
func (m *agreement) encode(w *wire.Writer) { w.Fixed(m.sig[:]) }

func decodeAgreement(r *wire.Reader) *agreement { return &agreement{sig: readSignature(r)} }

// certificate is the coordinator's message of R4: exactly t signatures over one
// consensus, of t different workers of U3.
type certificate struct {
	signers session.Parties
	sigs    map[session.Party]signature
}

func (*certificate) kind() kind { return kindCertificate }

func (m *certificate) encode(w *wire.Writer) {
	m.signers.Encode(w)
	for _, u := range m.signers {
		sig := m.sigs[u]
		w.Fixed(sig[:])
	}
}

func decodeCertificate(r *wire.Reader, n int) *certificate {
	m := &certificate{signers: session.DecodeParties(r, n), sigs: map[session.Party]signature{}}
	for _, u := range m.signers {
		m.sigs[u] = readSignature(r)
	}
	return m
}

// check reports why the certificate does not prove the consensus.
func (m *certificate) check(a attempt, c consensus) error {
	if len(m.signers) != a.Threshold || !m.signers.Within(c.u3) {
		return blame(session.Coordinator, "%d signatures over the survivors, wanted %d of their own",
			len(m.signers), a.Threshold)
	}
	for _, u := range m.signers {
		if err := c.check(a, u, m.sigs[u]); err != nil {
			return blame(session.Coordinator, "certificate: signature of worker %d is not valid", u)
		}
	}
	return nil
}
