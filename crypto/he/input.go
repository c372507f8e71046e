package he

import (
	"fmt"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/he/heint"
	"github.com/tuneinsight/lattigo/v5/ring"

	"github.com/tacit-space/tacit/crypto/prg"
)

// Encoder turns slots into shares and outputs into slots. It is for one goroutine;
// [Encoder.Copy] makes one for another.
type Encoder struct {
	p     *Params
	inner *heint.Encoder
}

// NewEncoder returns an encoder.
func (p *Params) NewEncoder() *Encoder { return &Encoder{p, heint.NewEncoder(p.inner)} }

// Copy returns an encoder with memory of its own.
func (e *Encoder) Copy() *Encoder { return &Encoder{e.p, e.inner.ShallowCopy()} }

// InputShare returns a party's share of a ciphertext of the sum over the parties of
// slots:
//
//	−a·s + e + encode(slots)
//
// in the NTT domain, over the basis of [Params.Inputs], where a is the common random
// polynomial of this input in that basis and e fresh from seed, which is used once.
// Slots has at most N elements below t. The coefficients of the encoding are centred:
// otherwise the sum of n shares has an offset of about n/2 in every coefficient of its
// error, and products are 2^32 times noisier.
func (e *Encoder) InputShare(b *Basis, s Secret, a Poly, slots []uint64, seed [32]byte) (Poly, error) {
	p, r := e.p, e.p.ringQ(b.Limbs()-1)
	m := ring.NewPoly(p.Slots(), 0)
	if err := e.inner.EncodeRingT(slots, rlwe.NewScale(1), m); err != nil {
		return nil, fmt.Errorf("he: encode: %w", err)
	}
	share := p.centred(b, m.Coeffs[0])
	clear(m.Coeffs[0])
	x := poly(share)
	r.MulRNSScalarMontgomery(x, p.tInvMont()[:b.Limbs()], x)
	small := p.gaussian(seed, "tacit/he/v1/input error")
	noise := b.lift(small)
	clear(small)
	b.Add(share, noise)
	noise.wipe()
	r.NTT(x, x)
	r.MulCoeffsMontgomeryThenSub(poly(a), poly(s.get()[:b.Limbs()]), x)
	return share, nil
}

// centred lifts coefficients modulo t to [−t/2, t/2) in every limb.
func (p *Params) centred(b *Basis, coefficients []uint64) Poly {
	t := p.lit.T
	small := make([]int64, len(coefficients))
	for i, c := range coefficients {
		small[i] = int64(c) - int64(t)*int64((t/2-c)>>63)
	}
	out := b.lift(small)
	clear(small)
	return out
}

// tInvMont returns t^-1 in the Montgomery form per limb.
func (p *Params) tInvMont() ring.RNSScalar {
	out := make(ring.RNSScalar, len(p.tInv))
	for l, s := range p.inner.RingQ().SubRings {
		out[l] = ring.MForm(p.tInv[l], s.Modulus, s.BRedConstant)
	}
	return out
}

// MaskSlots adds, or subtracts, the mask modulo t that key gives for input number index.
func (p *Params) MaskSlots(slots []uint64, key *prg.Key, index int, sub bool) {
	prg.AddResidues(slots, p.lit.T, key, uint32(index), sub)
}
