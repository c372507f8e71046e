package he

import (
	"math/big"

	"github.com/tacit-space/tacit/crypto/prg"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/ring"
)

// KeyPolys returns the number of polynomials modulo QP of a key share: three a row.
func (p *Params) KeyPolys() int { return 3 * p.Rows() }

// KeyShare returns a party's share of the relinearisation key in one round. Per row i,
// with a_i and d_i of the common random list of crs, a fresh ternary r, fresh errors,
// and g_i the gadget (P on the primes of the row, else 0):
//
//	B_i  = −s a_i + e      D0_i = −s d_i + e' + g_i r      D2_i = r a_i + e'' + g_i s
//
// in the order B_0, D0_0, D2_0, B_1, … The sums over the parties are the key of S = Σ s
// and R = Σ r. It reads nothing of other parties: every polynomial that meets a secret is
// common and random. r and the errors follow from seed, which is used once. The form
// is that of the evaluation keys of eprint 2019/524, section 3. It is linear in s and r,
// and so sums of shares are the key of the sums. (In eprint 2021/1085 a key takes one
// round too, but after public keys.)
func (p *Params) KeyShare(s Secret, crs prg.Key, seed [32]byte, par session.Parallel) []Poly {
	small := p.ternary(seed, "tacit/he/v1/ephemeral")
	ephemeral := p.QP.lift(small)
	clear(small)
	p.nttMont(ephemeral)
	shares := make([]Poly, p.KeyPolys())
	rows := p.Rows()
	par.Run(rows, func(i int) {
		a, d := p.QP.Uniform(&crs, 2*i), p.QP.Uniform(&crs, 2*i+1)
		b := p.keyError(seed, 3*i)
		p.mulSub(s.get(), a, b)
		d0 := p.keyError(seed, 3*i+1)
		p.mulSub(s.get(), d, d0)
		p.addGadget(d0, ephemeral, i)
		d2 := p.keyError(seed, 3*i+2)
		p.mulAdd(ephemeral, a, d2)
		p.addGadget(d2, s.get(), i)
		shares[3*i], shares[3*i+1], shares[3*i+2] = b, d0, d2
	})
	ephemeral.wipe()
	return shares
}

// keyError returns a fresh error modulo QP, in the NTT domain.
func (p *Params) keyError(seed [32]byte, index int) Poly {
	label := "tacit/he/v1/key error " + string(rune('a'+index))
	small := p.gaussian(seed, label)
	e := p.QP.lift(small)
	clear(small)
	v := p.polyQP(e)
	p.inner.RingQP().NTT(v, v)
	return e
}

// mulSub subtracts s·a from dst; s is in the Montgomery domain.
func (p *Params) mulSub(s, a, dst Poly) {
	p.inner.RingQP().MulCoeffsMontgomeryThenSub(p.polyQP(s), p.polyQP(a), p.polyQP(dst))
}

// mulAdd adds s·a to dst.
func (p *Params) mulAdd(s, a, dst Poly) {
	q := len(p.lit.Q)
	p.inner.RingQ().MulCoeffsMontgomeryThenAdd(poly(s[:q]), poly(a[:q]), poly(dst[:q]))
	p.inner.RingP().MulCoeffsMontgomeryThenAdd(poly(s[q:]), poly(a[q:]), poly(dst[q:]))
}

// addGadget adds P·x on the primes of row i; x is in the Montgomery domain.
func (p *Params) addGadget(dst, x Poly, row int) {
	width := len(p.lit.P)
	for l := row * width; l < min((row+1)*width, len(p.lit.Q)); l++ {
		s := p.inner.RingQ().SubRings[l]
		factor := new(big.Int).Mod(p.inner.RingP().Modulus(), new(big.Int).SetUint64(s.Modulus)).Uint64()
		for i, v := range x[l] {
			// MRed(x·R, P) = x·P
			dst[l][i] = addMod(dst[l][i], ring.MRed(v, factor, s.Modulus, s.MRedConstant), s.Modulus)
		}
	}
}

// Key is a relinearisation key: the sums of the key shares, ready for use. It is
// immutable.
type Key struct {
	first  *rlwe.GadgetCiphertext // (B, D2)
	second *rlwe.GadgetCiphertext // (D0, d)
}

// NewKey makes a key of the sums of the shares and of the common random list that the
// shares were made with. It takes the sums over.
func (p *Params) NewKey(sums []Poly, crs prg.Key) *Key {
	k := &Key{p.gadget(), p.gadget()}
	for i := range p.Rows() {
		d := p.QP.Uniform(&crs, 2*i+1)
		for _, x := range []Poly{sums[3*i], sums[3*i+1], sums[3*i+2], d} {
			v := p.polyQP(x)
			p.inner.RingQP().MForm(v, v)
		}
		k.first.Value[i][0] = rlwe.VectorQP{p.polyQP(sums[3*i]), p.polyQP(sums[3*i+2])}
		k.second.Value[i][0] = rlwe.VectorQP{p.polyQP(sums[3*i+1]), p.polyQP(d)}
	}
	return k
}

// gadget allocates the frame of a gadget ciphertext without its polynomials.
func (p *Params) gadget() *rlwe.GadgetCiphertext {
	g := &rlwe.GadgetCiphertext{}
	for range p.Rows() {
		g.Value = append(g.Value, make([]rlwe.VectorQP, 1))
	}
	return g
}
