package secagg

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Question is the analyst's role: it makes the submission and opens the result.
// It holds the keys of one job.
type Question struct {
	submission *Submission
	key        kem.PrivateKey // of pk_A
	alpha      Alpha
	par        Parallel
	without    defences
}

// NewQuestion makes a question of a manifest whose AnalystKey and AlphaHash are
// empty. It fills them in from rand, signs the manifest and seals alpha to every
// worker. The identity is the manifest's analyst.
func NewQuestion(m Manifest, analyst *identity.Identity, rand io.Reader) (*Question, error) {
	return newQuestion(m, analyst, rand, defences{})
}

func newQuestion(m Manifest, analyst *identity.Identity, rand io.Reader, without defences) (*Question, error) {
	if !m.Analyst.Key.Equal(analyst.Public()) {
		return nil, errors.New("secagg: the manifest names another analyst")
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
	if err := m.Check(); err != nil && !without.parameterCheck {
		return nil, err
	}
	q := &Question{submission: &Submission{Manifest: &m}, key: key, alpha: alpha, without: without}
	h := m.Hash()
	q.submission.signed = signed{manifest: m.Marshal(), signature: analyst.SignHybrid(labelSignManifest, h[:])}
	for i, member := range m.Roster {
		to := partyBytes(everyone(len(m.Roster))[i])
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

// SetParallel lets Open share out its work.
func (q *Question) SetParallel(p Parallel) { q.par = p }

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

// ParseQuestion restores a question. It returns [ErrState] if the bytes are
// damaged.
func ParseQuestion(b []byte) (*Question, error) {
	r := wire.NewReader(b)
	expectKind(r, kindQuestion)
	body := r.Bytes(maxSubmission)
	seed, alpha := [kem.SeedSize]byte(r.Fixed(kem.SeedSize)), fixed32(r)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	submission, err := ParseSubmission(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	q := &Question{submission: submission, key: kem.DeriveKey(seed), alpha: Alpha{secret.New(alpha[:])}}
	m := q.Manifest()
	if q.key.Public().Bytes() != m.AnalystKey || !q.alpha.opens(m) {
		return nil, ErrState
	}
	return q, q.submission.Verify()
}

// maxSubmission bounds the encoding of a submission in bytes.
const maxSubmission = maxManifest + 1<<13 + MaxWorkers*alphaBoxSize

// Format prints nothing of the question.
func (q *Question) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[question]") }
