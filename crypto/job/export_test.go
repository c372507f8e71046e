package job

import (
	"io"

	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
)

// WithoutSignature takes the check of the analyst's signature out of an offer.
func (o *Offer) WithoutSignature() { o.without.offerSignature = true }

// SealAlpha replaces the box for worker p by one with another seed.
func (s *Submission) SealAlpha(p session.Party, seed []byte, rand io.Reader) error {
	h := s.Manifest.Hash()
	box, err := s.Manifest.Roster[p-1].Key.Seal([]byte(labelAlphaBox), append(h[:], session.PartyBytes(p)...), seed, rand)
	s.boxes[p-1] = box
	return err
}

// Forge returns the question that a coordinator can make of a submission: with a key
// and an alpha of its own, under the analyst's signature of the real manifest.
func Forge(s *Submission, rand io.Reader) (*Question, error) {
	seed := [alphaSize]byte{7}
	key, alpha := kem.DeriveKey([kem.SeedSize]byte{1}), Alpha{secret.New(seed[:])}
	m := *s.Manifest
	m.AnalystKey, m.AlphaHash = key.Public().Bytes(), alpha.hash()
	forged := &Submission{
		Manifest: &m,
		signed:   signed{manifest: m.Marshal(), signature: s.signature},
		boxes:    make([][]byte, len(m.Roster)),
	}
	for _, p := range session.Everyone(len(m.Roster)) {
		if err := forged.SealAlpha(p, seed[:], rand); err != nil {
			return nil, err
		}
	}
	return &Question{submission: forged, key: key, alpha: alpha}, nil
}

// Without takes defences out of an offer, an inquiry, or who opens its answers.
type Without struct {
	OfferSignature, AlphaCommitment, InquiryMark, InquirySignature, AnswerSignature, AnswerBinding bool
}

func (w Without) defences() defences {
	return defences{
		offerSignature: w.OfferSignature, alphaCommitment: w.AlphaCommitment, inquiryMark: w.InquiryMark,
		inquirySignature: w.InquirySignature, answerSignature: w.AnswerSignature, answerBinding: w.AnswerBinding,
	}
}

// TakeOut takes defences out of an inquiry and of who opens its answers.
func (i *Inquiry) TakeOut(w Without) { i.without = w.defences() }

// OfferInquiry is what a coordinator can make of an inquiry to pass it as an offer of a job: its manifest and
// signature, and a box of its own with a seed of its own.
func OfferInquiry(i *Inquiry, p session.Party, w Without, rand io.Reader) (*Offer, error) {
	s := &Submission{Manifest: i.Manifest, signed: i.signed, boxes: make([][]byte, len(i.Manifest.Roster))}
	if err := s.SealAlpha(p, make([]byte, alphaSize), rand); err != nil {
		return nil, err
	}
	o := &Offer{Manifest: i.Manifest, signed: s.signed, to: p, box: s.boxes[p-1]}
	o.without = w.defences()
	return o, nil
}

// InquireJob is what a coordinator can make of a submission to pass it as an inquiry.
func InquireJob(s *Submission, until int64, w Without) *Inquiry {
	i := &Inquiry{Manifest: s.Manifest, Until: until, signed: s.signed}
	i.without = w.defences()
	return i
}

// Unpad and Pad are the padding of answers.
var Unpad = unpad

func Pad(content []byte) []byte { return pad(content) }
