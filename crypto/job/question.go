package job

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Question is what the analyst keeps of a job: the submission, and the keys with which a
// protocol opens the result.
type Question struct {
	submission *Submission
	key        kem.PrivateKey // of pk_A
	alpha      Alpha
}

// NewQuestion makes a question of a manifest whose AnalystKey and AlphaHash are
// empty. It fills them in from rand, signs the manifest and seals alpha to every
// worker. The identity is the manifest's analyst.
func NewQuestion(m Manifest, analyst *identity.Identity, rand io.Reader) (*Question, error) {
	if !m.Analyst.Key.Equal(analyst.Public()) {
		return nil, errors.New("job: the manifest names another analyst")
	}
	key, err := kem.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	alpha, err := newAlpha(rand)
	if err != nil {
		return nil, err
	}
	m.AnalystKey, m.AlphaHash = key.Public().Bytes(), alpha.hash()
	if err := m.Check(); err != nil {
		return nil, err
	}
	q := &Question{submission: &Submission{Manifest: &m}, key: key, alpha: alpha}
	h := m.Hash()
	q.submission.signed = signed{manifest: m.Marshal(), signature: analyst.SignHybrid(labelSignManifest, h[:])}
	for i, member := range m.Roster {
		to := session.PartyBytes(session.Everyone(len(m.Roster))[i])
		box, err := member.Key.Seal([]byte(labelAlphaBox), append(h[:], to...), alpha.seed.Bytes(), rand)
		if err != nil {
			return nil, err
		}
		q.submission.boxes = append(q.submission.boxes, box)
	}
	return q, nil
}

// Manifest returns the signed manifest. The caller does not change it.
func (q *Question) Manifest() *Manifest { return q.submission.Manifest }

// Submission returns what goes to the coordinator: always the same bytes.
func (q *Question) Submission() []byte { return q.submission.Marshal() }

// Alpha returns the secret of the result's check.
func (q *Question) Alpha() Alpha { return q.alpha }

// Decapsulate returns the secret behind a ciphertext to [Manifest.AnalystKey]; an
// unrelated one if the ciphertext was altered (package kem).
func (q *Question) Decapsulate(ct [kem.CiphertextSize]byte) [kem.SharedSize]byte {
	return q.key.Decapsulate(ct)
}

// Marshal returns the question with its secrets, for [ParseQuestion]. The caller
// seals it at rest.
func (q *Question) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(uint8(kindQuestion))
	w.Bytes(q.Submission())
	w.Fixed(q.key.Seed().Bytes())
	w.Fixed(q.alpha.seed.Bytes())
	return w.Data()
}

// ParseQuestion restores a question. It returns [session.ErrState] if the bytes are
// damaged.
func ParseQuestion(b []byte) (*Question, error) {
	r := wire.NewReader(b)
	expectKind(r, kindQuestion)
	body := r.Bytes(maxSubmission)
	seed, alpha := [kem.SeedSize]byte(r.Fixed(kem.SeedSize)), [32]byte(r.Fixed(32))
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	submission, err := ParseSubmission(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", session.ErrState, err)
	}
	q := &Question{submission: submission, key: kem.DeriveKey(seed), alpha: Alpha{secret.New(alpha[:])}}
	m := q.Manifest()
	if q.key.Public().Bytes() != m.AnalystKey || !q.alpha.Opens(m) {
		return nil, session.ErrState
	}
	return q, q.submission.Verify()
}

// maxSubmission bounds the encoding of a submission in bytes.
const maxSubmission = maxManifest + 1<<13 + MaxWorkers*alphaBoxSize

// Format prints nothing of the question.
func (q *Question) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[question]") }
