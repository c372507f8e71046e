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
