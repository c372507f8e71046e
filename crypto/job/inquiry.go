package job

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/sign"
	"github.com/tacit-space/tacit/crypto/wire"
)

const (
	labelInquiry     = "tacit/job/v1/inquiry"
	labelSignInquiry = "tacit/job/v1/sign inquiry"
)

// MaxInquiry bounds the encoding of an inquiry in bytes.
const MaxInquiry = maxManifest + 1<<13

// ErrInquiry says that a manifest is one of an inquiry where one of a job is wanted, or
// the other way round.
var ErrInquiry = errors.New("job: an inquiry is no job")

// Inquiry asks every worker what it would say to a question, without asking the question: no
// protocol runs on it. Three things keep the two apart. Its manifest commits to no alpha (a job's
// always does, and workers open an offer only with an alpha that fits), its signature is under
// another label, over another hash, and it has another kind.
type Inquiry struct {
	Manifest *Manifest // as the job's would be; AlphaHash is zero, and AnalystKey opens the answers
	Until    int64     // seconds since 1970 UTC: nobody answers later; the driver enforces it

	signed
}

// Hash returns what the signature and the answers are bound to.
func (i *Inquiry) Hash() [32]byte {
	until := wire.NewWriter()
	until.U64(uint64(i.Until))
	return session.Hash(labelInquiry, i.manifest, until.Data())
}

// Marshal returns the canonical encoding.
func (i *Inquiry) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(uint8(kindInquiry))
	w.U64(uint64(i.Until))
	i.signed.encode(w)
	return w.Data()
}

// ParseInquiry decodes an inquiry and checks its manifest's numbers; its signature is
// checked by [Inquiry.Verify].
func ParseInquiry(b []byte) (*Inquiry, error) {
	r := wire.NewReader(b)
	expectKind(r, kindInquiry)
	i := &Inquiry{Until: int64(r.U64()), signed: decodeSigned(r)}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("job: inquiry: %w", err)
	}
	var err error
	if i.Manifest, err = ParseManifest(i.manifest); err != nil {
		return nil, err
	}
	if i.Until <= 0 {
		return nil, errors.New("job: inquiry: no end")
	}
	return i, nil
}

// inquires reports whether m is the manifest of an inquiry: it commits to no alpha.
func (m *Manifest) inquires() bool { return m.AlphaHash == [32]byte{} }

// Verify reports [ErrSignature] unless the analyst that the manifest names signed the
// inquiry, and [ErrInquiry] for the manifest of a job. Whether that analyst is who it should be is
// for the caller to check.
func (i *Inquiry) Verify() error {
	if !i.Manifest.inquires() && !i.without.inquiryMark {
		return ErrInquiry
	}
	h := i.Hash()
	if !i.Manifest.Analyst.Key.VerifyHybrid(labelSignInquiry, h[:], i.signature) && !i.without.inquirySignature {
		return ErrSignature
	}
	return nil
}

// Inquirer is what the analyst keeps of an inquiry: the key of its answers, in memory only.
type Inquirer struct {
	inquiry *Inquiry
	key     kem.PrivateKey // of the manifest's AnalystKey
}

// NewInquiry makes an inquiry about a question whose manifest's AnalystKey and AlphaHash are
// empty. It fills in the key from rand and signs. The identity is the manifest's analyst.
func NewInquiry(m Manifest, until int64, analyst *identity.Identity, rand io.Reader) (*Inquirer, error) {
	if !m.Analyst.Key.Equal(analyst.Public()) {
		return nil, errors.New("job: the manifest names another analyst")
	}
	key, err := kem.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	m.AnalystKey, m.AlphaHash = key.Public().Bytes(), [32]byte{}
	if err := m.Check(); err != nil {
		return nil, err
	}
	i := &Inquiry{Manifest: &m, Until: until, signed: signed{manifest: m.Marshal()}}
	h := i.Hash()
	i.signature = analyst.SignHybrid(labelSignInquiry, h[:])
	return &Inquirer{inquiry: i, key: key}, nil
}

// Inquiry returns what goes to the coordinator. The caller does not change it.
func (q *Inquirer) Inquiry() *Inquiry { return q.inquiry }

// Format prints nothing of the key.
func (q *Inquirer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[inquiry]") }

// Sizes of an answer in bytes: all answers are equally long, so that their size tells nothing.
const (
	MaxAnswer  = 4000 // content
	AnswerSize = 1 + 4 + MaxAnswer + kem.BoxOverhead + sign.SignatureSize
)

const (
	labelAnswerBox  = "tacit/job/v1/answer box"
	labelAnswer     = "tacit/job/v1/answer"
	labelSignAnswer = "tacit/job/v1/sign answer"

	answerBoxSize = 4 + MaxAnswer + kem.BoxOverhead
)

// ErrAnswer says that bytes are not the answer of this worker to this inquiry.
var ErrAnswer = errors.New("job: not this worker's answer to the inquiry")

// bind is what an answer belongs to: the inquiry and the worker's position.
func (i *Inquiry) bind(p session.Party) []byte {
	if i.without.answerBinding {
		return nil
	}
	h := i.Hash()
	return append(h[:], session.PartyBytes(p)...)
}

// Answer seals content of at most [MaxAnswer] bytes, padded, to the analyst and signs it as
// worker p: [AnswerSize] bytes.
func (i *Inquiry) Answer(p session.Party, id *identity.Identity, content []byte, rand io.Reader) ([]byte, error) {
	if len(content) > MaxAnswer {
		return nil, fmt.Errorf("job: answer of %d bytes, at most %d", len(content), MaxAnswer)
	}
	key, err := kem.ParsePublicKey(i.Manifest.AnalystKey[:])
	if err != nil {
		return nil, err
	}
	bound := i.bind(p)
	box, err := kem.Seal(key, []byte(labelAnswerBox), bound, pad(content), rand)
	if err != nil {
		return nil, err
	}
	statement := session.Hash(labelAnswer, bound, box)
	w := wire.NewWriter()
	w.U8(uint8(kindAnswer))
	w.Fixed(box)
	w.Fixed(id.Sign(labelSignAnswer, statement[:]))
	return w.Data(), nil
}

// Open returns the content of worker p's answer, or [ErrAnswer] if it is another worker's, one to
// another inquiry, forged or changed.
func (q *Inquirer) Open(p session.Party, answer []byte) ([]byte, error) {
	member, ok := q.inquiry.Manifest.Member(p)
	if !ok || p == session.Analyst || len(answer) != AnswerSize {
		return nil, ErrAnswer
	}
	r := wire.NewReader(answer)
	expectKind(r, kindAnswer)
	box, signature := r.Fixed(answerBoxSize), r.Fixed(sign.SignatureSize)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	bound := q.inquiry.bind(p)
	statement := session.Hash(labelAnswer, bound, box)
	if !member.Key.Verify(labelSignAnswer, statement[:], signature) && !q.inquiry.without.answerSignature {
		return nil, ErrAnswer
	}
	padded, err := q.key.Open([]byte(labelAnswerBox), bound, box)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return unpad(padded)
}

// pad makes content of at most [MaxAnswer] bytes as long as any.
func pad(content []byte) []byte {
	w := wire.NewWriter()
	w.Bytes(content)
	w.Fixed(make([]byte, MaxAnswer-len(content)))
	return w.Data()
}

// unpad takes the content out of its padding, which is zero.
func unpad(padded []byte) ([]byte, error) {
	r := wire.NewReader(padded)
	content := r.Bytes(MaxAnswer)
	for r.Err() == nil && r.Len() > 0 {
		if r.U8() != 0 {
			r.Fail(errors.New("padding is not zero"))
		}
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return content, nil
}
