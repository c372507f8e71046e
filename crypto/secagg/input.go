package secagg

import (
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// maskedInput is a worker's message of R2: y_u, tag_u, ctA_u and what it saw as
// U1 and U2, under one signature.
type maskedInput struct {
	evidence evidence
	view     view
	tag      ring.F127
	words    []byte // y_u, encoded
}

// view is what a party saw: the hashes of U1 and U2. (Plain hashes: with at
// most 500 workers, everybody who checks one has the list; a Merkle tree would
// save nobody anything.)
type view struct{ u1, u2 [32]byte }

// evidence is the part of a masked input that the analyst checks: the analyst
// mask's ciphertext, a digest of y_u and tag_u, and the signature over all.
type evidence struct {
	ct     [kem.CiphertextSize]byte // ctA_u
	digest [32]byte                 // of tag_u and y_u
	sig    signature
}

// inputHeaderSize is what comes before the vector, the kind included.
const inputHeaderSize = 1 + kem.CiphertextSize + 2*32 + ring.F127Size + signatureSize

// vectorBytes returns the encoded size of a vector of the job.
func (a attempt) vectorBytes() int { return a.Length * a.Width.Bytes() }

func (*maskedInput) kind() kind { return kindInput }

func (m *maskedInput) encode(w *wire.Writer) {
	w.Fixed(m.evidence.ct[:])
	m.view.encode(w)
	tag := m.tag.Bytes()
	w.Fixed(tag[:])
	w.Fixed(m.evidence.sig[:])
	w.Fixed(m.words)
}

func decodeInput(r *wire.Reader, a attempt) *maskedInput {
	m := &maskedInput{}
	m.evidence.ct = [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize))
	m.view = decodeView(r)
	m.tag = readField(r)
	m.evidence.sig = readSignature(r)
	m.words = r.Fixed(a.vectorBytes())
	if r.Err() == nil {
		m.evidence.digest = a.inputDigest(m.tag, m.words)
	}
	return m
}

func (v view) encode(w *wire.Writer) {
	w.Fixed(v.u1[:])
	w.Fixed(v.u2[:])
}

func decodeView(r *wire.Reader) view { return view{u1: fixed32(r), u2: fixed32(r)} }

func readField(r *wire.Reader) ring.F127 {
	x, err := ring.ParseF127(r.Fixed(ring.F127Size))
	r.Fail(err)
	return x
}

// inputDigest stands for y_u and tag_u in the signed statement, so that the
// analyst can check the signature without the vector.
func (a attempt) inputDigest(tag ring.F127, words []byte) [32]byte {
	t := tag.Bytes()
	return a.Digest(signInput+" vector", t[:], words)
}

// statement is what worker u signs.
func (e *evidence) statement(a attempt, u session.Party, v view) [32]byte {
	return a.Digest(signInput, session.PartyBytes(u), v.u1[:], v.u2[:], e.ct[:], e.digest[:])
}

func (e *evidence) check(a attempt, u session.Party, v view) error {
	if !a.Verify(u, signInput, e.statement(a, u, v), e.sig[:]) {
		return blame(u, "signature of the masked input is not valid")
	}
	return nil
}

func (e *evidence) encode(w *wire.Writer) {
	w.Fixed(e.ct[:])
	w.Fixed(e.digest[:])
	w.Fixed(e.sig[:])
}

func decodeEvidence(r *wire.Reader) *evidence {
	return &evidence{
		ct:     [kem.CiphertextSize]byte(r.Fixed(kem.CiphertextSize)),
		digest: fixed32(r),
		sig:    readSignature(r),
	}
}
