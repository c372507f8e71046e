package job

import (
	"errors"
	"fmt"

	"github.com/tacit-space/tacit/crypto/identity"
	"github.com/tacit-space/tacit/crypto/kem"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/sign"
	"github.com/tacit-space/tacit/crypto/wire"
)

const (
	labelSignManifest = "tacit/job/v1/sign manifest"
	labelAlphaBox     = "tacit/job/v1/alpha box"

	alphaBoxSize = alphaSize + kem.BoxOverhead
	maxManifest  = MaxContext + MaxGuard + (MaxWorkers+1)*(4+MaxID+identity.PublicSize) + 4096
)

// ErrSignature says that a manifest is not signed by the analyst that it names.
var ErrSignature = errors.New("job: the manifest is not signed by its analyst")

// Submission is what the analyst hands to the coordinator: the manifest, the
// analyst's hybrid signature, and alpha sealed to each worker.
type Submission struct {
	Manifest *Manifest

	signed
	boxes [][]byte // position i is for session.Party(i+1)
}

// signed is a manifest's encoding and signature.
type signed struct {
	manifest  []byte
	signature []byte
	without   defences
}

// Marshal returns the canonical encoding.
func (s *Submission) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(uint8(kindSubmission))
	s.signed.encode(w)
	for _, box := range s.boxes {
		w.Fixed(box)
	}
	return w.Data()
}

// ParseSubmission decodes a submission and checks its manifest's numbers; its
// signature is checked by [Submission.Verify].
func ParseSubmission(b []byte) (*Submission, error) {
	r := wire.NewReader(b)
	expectKind(r, kindSubmission)
	s := &Submission{signed: decodeSigned(r)}
	var err error
	if s.Manifest, err = s.signed.parse(r); err != nil {
		return nil, err
	}
	for range s.Manifest.Roster {
		s.boxes = append(s.boxes, r.Fixed(alphaBoxSize))
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("job: submission: %w", err)
	}
	return s, nil
}

// Verify reports [ErrSignature] unless the analyst that the manifest names
// signed it, and [ErrInquiry] for the manifest of an inquiry. Whether that analyst is who it
// should be is for the caller to check against the charter.
func (s *Submission) Verify() error { return s.verify(s.Manifest) }

// Offer returns what worker p gets, or nil for a position outside the roster.
func (s *Submission) Offer(p session.Party) []byte {
	if p < 1 || int(p) > len(s.boxes) {
		return nil
	}
	o := &Offer{Manifest: s.Manifest, signed: s.signed, to: p, box: s.boxes[p-1]}
	return o.Marshal()
}

// Offer is what one worker gets before it decides.
type Offer struct {
	Manifest *Manifest

	signed
	to  session.Party
	box []byte
}

// Marshal returns the canonical encoding.
func (o *Offer) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(uint8(kindOffer))
	o.signed.encode(w)
	w.U16(uint16(o.to))
	w.Fixed(o.box)
	return w.Data()
}

// ParseOffer decodes an offer and checks its manifest's numbers; its signature
// is checked by [Offer.Verify].
func ParseOffer(b []byte) (*Offer, error) {
	r := wire.NewReader(b)
	expectKind(r, kindOffer)
	o := &Offer{signed: decodeSigned(r)}
	var err error
	if o.Manifest, err = o.signed.parse(r); err != nil {
		return nil, err
	}
	o.to = session.Party(r.U16())
	if o.to < 1 || int(o.to) > len(o.Manifest.Roster) {
		r.Fail(session.ErrOrder)
	}
	o.box = r.Fixed(alphaBoxSize)
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("job: offer: %w", err)
	}
	return o, nil
}

// Verify reports [ErrSignature] unless the analyst that the manifest names
// signed it, and [ErrInquiry] for the manifest of an inquiry. Whether that analyst, the roster and the numbers are what they
// should be is for the caller to check against the charter and its own rules,
// before it opens the offer.
func (o *Offer) Verify() error { return o.verify(o.Manifest) }

// Open verifies the offer and returns the position of the roster that it is for,
// which is id's, and alpha.
func (o *Offer) Open(id *identity.Identity) (session.Party, Alpha, error) {
	if err := o.Verify(); err != nil {
		return 0, Alpha{}, err
	}
	if !o.Manifest.Roster[o.to-1].Key.Equal(id.Public()) {
		return 0, Alpha{}, fmt.Errorf("job: the offer is for position %d of the roster, which is not this identity", o.to)
	}
	h := o.Manifest.Hash()
	seed, err := id.Open([]byte(labelAlphaBox), append(h[:], session.PartyBytes(o.to)...), o.box)
	if err != nil {
		return 0, Alpha{}, fmt.Errorf("job: alpha: %w", err)
	}
	alpha := Alpha{secret.New(seed)}
	clear(seed)
	if !alpha.Opens(o.Manifest) && !o.without.alphaCommitment {
		return 0, Alpha{}, ErrAlpha
	}
	return o.to, alpha, nil
}

func (s signed) encode(w *wire.Writer) {
	w.Bytes(s.manifest)
	w.Fixed(s.signature)
}

func decodeSigned(r *wire.Reader) signed {
	return signed{
		manifest:  r.Bytes(maxManifest),
		signature: r.Fixed(sign.HybridSignatureSize),
	}
}

func (s signed) parse(r *wire.Reader) (*Manifest, error) {
	if r.Err() != nil {
		return nil, fmt.Errorf("job: %w", r.Err())
	}
	return ParseManifest(s.manifest)
}

func (s signed) verify(m *Manifest) error {
	if m.inquires() && !s.without.inquiryMark {
		return ErrInquiry
	}
	h := m.Hash()
	if !m.Analyst.Key.VerifyHybrid(labelSignManifest, h[:], s.signature) && !s.without.offerSignature {
		return ErrSignature
	}
	return nil
}
