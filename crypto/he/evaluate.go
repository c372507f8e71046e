package he

import (
	"sync"

	"github.com/tuneinsight/lattigo/v5/core/rlwe"
	"github.com/tuneinsight/lattigo/v5/ring"
	"github.com/tuneinsight/lattigo/v5/ring/ringqp"

	"github.com/tacit-space/tacit/crypto/session"
)

// Ciphertext is an encryption under the sum of the parties' secrets, of degree one, in
// the NTT domain. It is not changed once it is made; ciphertexts share memory.
type Ciphertext struct {
	c     [2]Poly
	scale uint64 // the slots hold scale times the message, modulo t
}

// level is the number of limbs less one.
func (c *Ciphertext) level() int { return len(c.c[0]) - 1 }

// level returns the level of inputs of a circuit of the given depth.
func (p *Params) level(depth int) int { return p.lit.Kept - 1 + depth }

// Inputs returns the basis of a circuit's input shares: the primes that its depth
// uses.
func (p *Params) Inputs(c *Circuit) *Basis {
	return newBasis(p.Slots(), p.lit.Q[:p.level(c.depth)+1])
}

// NewCiphertext makes a ciphertext of the sum of all input shares and the common random
// polynomial that they were made with.
func NewCiphertext(sum, common Poly) *Ciphertext {
	return &Ciphertext{c: [2]Poly{sum, common}, scale: 1}
}

// Poly returns the first or second polynomial.
func (c *Ciphertext) Poly(i int) Poly { return c.c[i] }

// Evaluator evaluates circuits under one key. It may be used by one goroutine; what it
// starts through par has memory of its own.
type Evaluator struct {
	p    *Params
	key  *Key
	free sync.Pool // of *scratch
}

// scratch is the memory of one multiplication at a time, 11 MB for the set G15.
type scratch struct {
	eval          *rlwe.Evaluator
	t0, t1, c2, c ring.Poly
	first, second *rlwe.Element[ringqp.Poly]
}

// NewEvaluator returns an evaluator.
func (p *Params) NewEvaluator(key *Key) *Evaluator {
	e := &Evaluator{p: p, key: key}
	e.free.New = func() any { return p.scratch() }
	return e
}

// tables returns the library's evaluator without its buffers.
func tables(p rlwe.Parameters) *rlwe.Evaluator {
	e := rlwe.NewEvaluator(p, nil)
	e.EvaluatorBuffers = nil
	return e
}

// scratch allocates, of the library's buffers, what a gadget product needs.
func (p *Params) scratch() *scratch {
	qp, q := p.inner.RingQP(), p.inner.RingQ()
	eval := *p.tables()
	eval.EvaluatorBuffers = &rlwe.EvaluatorBuffers{
		BuffInvNTT: q.NewPoly(), BuffDecompQP: []ringqp.Poly{qp.NewPoly()}, BuffBitDecomp: make([]uint64, q.N()),
	}
	eval.BasisExtender = eval.BasisExtender.ShallowCopy()
	return &scratch{
		eval: &eval,
		t0:   q.NewPoly(), t1: q.NewPoly(), c2: q.NewPoly(), c: q.NewPoly(),
		first:  element(qp.NewPoly(), qp.NewPoly()),
		second: element(qp.NewPoly(), qp.NewPoly()),
	}
}

// Eval returns P(g)·x for every payload, with bare set preceded by P(g) and P(g)·g. The
// result is the same, bit for bit, on every machine that evaluates the same inputs; its
// ciphertexts have the limbs of [Params.Out]. Products that do not need each other are
// evaluated by way of par.
func (e *Evaluator) Eval(c *Circuit, g *Ciphertext, payloads []*Ciphertext, bareToo bool, par session.Parallel) []*Ciphertext {
	alg := encrypted{Evaluator: e, c: c, par: par}
	groups := prepare[*Ciphertext](c, alg, g)
	if bareToo {
		payloads = append([]*Ciphertext{nil, g}, payloads...)
	}
	outs := make([]*Ciphertext, len(payloads))
	par.Run(len(payloads), func(i int) {
		var out *Ciphertext
		if payloads[i] == nil {
			out = bare[*Ciphertext](c, alg, groups)
		} else {
			out = times[*Ciphertext](c, alg, payloads[i], groups)
		}
		outs[i] = e.p.drop(out, e.p.lit.Kept-1)
	})
	return outs
}

// drop takes the first limbs.
func (p *Params) drop(c *Ciphertext, level int) *Ciphertext {
	if c.level() == level {
		return c
	}
	return &Ciphertext{c: [2]Poly{c.c[0][:level+1], c.c[1][:level+1]}, scale: c.scale}
}

// encrypted is the algebra of ciphertexts.
type encrypted struct {
	*Evaluator
	c   *Circuit
	par session.Parallel
}

// both marks the algebra as one whose operations are worth doing at the same time.
func (e encrypted) both(f func(i int)) { e.par.Run(2, f) }

// plus adds a constant to every slot: to the constant coefficient, that is to all values
// of the NTT. The library's own operation with a scalar is not used: after a rescaling
// it loses the scale.
func (e encrypted) plus(a *Ciphertext, c int64) *Ciphertext {
	t := e.p.lit.T
	v := int64(mulMod(uint64((c%int64(t)+int64(t))%int64(t)), a.scale, t))
	if v > int64(t/2) {
		v -= int64(t)
	}
	sum := make(Poly, len(a.c[0]))
	for l, q := range e.p.lit.Q[:len(sum)] {
		add := mulMod(uint64(v+int64(q)&(v>>63)), e.p.tInv[l], q)
		sum[l] = make([]uint64, e.p.Slots())
		for i, x := range a.c[0][l] {
			sum[l][i] = addMod(x, add, q)
		}
	}
	return &Ciphertext{c: [2]Poly{sum, a.c[1]}, scale: a.scale}
}

// mul multiplies, relinearises and rescales: the result has one prime less than the
// level of its depth.
func (e encrypted) mul(a, b *Ciphertext, depth int) *Ciphertext {
	level := e.p.level(e.c.depth) - depth + 1
	a, b = e.p.drop(a, level), e.p.drop(b, level)
	s := e.free.Get().(*scratch)
	defer e.free.Put(s)
	c0, c1 := ring.NewPoly(e.p.Slots(), level), ring.NewPoly(e.p.Slots(), level)
	e.tensor(s, level, a, b, c0, c1)
	e.relinearise(s, level, c0, c1)
	q := e.p.lit.Q[level]
	r := e.p.ringQ(level)
	out := &Ciphertext{scale: mulMod(mulMod(a.scale, b.scale, e.p.lit.T), invMod(q, e.p.lit.T), e.p.lit.T)}
	for i, x := range []ring.Poly{c0, c1} {
		r.DivRoundByLastModulusNTT(x, s.t0, x)
		out.c[i] = Poly(x.Coeffs[:level])
	}
	return out
}

// tensor sets c0, c1 and s.c2 to t times the product: with the message scaled by t^-1
// this keeps that form.
func (e encrypted) tensor(s *scratch, level int, a, b *Ciphertext, c0, c1 ring.Poly) {
	r := e.p.ringQ(level)
	a0, a1, b0, b1 := poly(a.c[0]), poly(a.c[1]), poly(b.c[0]), poly(b.c[1])
	r.MulRNSScalarMontgomery(a0, e.p.tMont, s.t0)
	r.MulRNSScalarMontgomery(a1, e.p.tMont, s.t1)
	r.MulCoeffsMontgomery(s.t0, b0, c0)
	r.MulCoeffsMontgomery(s.t1, b1, s.c2)
	r.MulCoeffsMontgomery(s.t0, b1, c1)
	r.MulCoeffsMontgomeryThenAdd(s.t1, b0, c1)
}

// relinearise adds to (c0, c1) what s.c2·S² is under S: with c' = <g⁻¹(c2), B>/P,
//
//	c0 += <g⁻¹(c'), D0>/P      c1 += (<g⁻¹(c'), d> + <g⁻¹(c2), D2>)/P.
func (e encrypted) relinearise(s *scratch, level int, c0, c1 ring.Poly) {
	levelP := len(e.p.lit.P) - 1
	r, be := e.p.ringQ(level), s.eval.BasisExtender
	s.eval.GadgetProductLazy(level, s.c2, e.key.first, s.first)
	be.ModDownQPtoQNTT(level, levelP, s.first.Value[0].Q, s.first.Value[0].P, s.c)
	s.eval.GadgetProductLazy(level, s.c, e.key.second, s.second)
	e.p.inner.RingQP().AtLevel(level, levelP).Add(s.second.Value[1], s.first.Value[1], s.second.Value[1])
	be.ModDownQPtoQNTT(level, levelP, s.second.Value[0].Q, s.second.Value[0].P, s.t0)
	be.ModDownQPtoQNTT(level, levelP, s.second.Value[1].Q, s.second.Value[1].P, s.t1)
	r.Add(c0, s.t0, c0)
	r.Add(c1, s.t1, c1)
}

// scales is the algebra of scales.
type scales struct {
	p *Params
	c *Circuit
}

func (s scales) plus(a uint64, _ int64) uint64 { return a }

func (s scales) mul(a, b uint64, depth int) uint64 {
	q, t := s.p.lit.Q[s.p.level(s.c.depth)-depth+1], s.p.lit.T
	return mulMod(mulMod(a, b, t), invMod(q, t), t)
}

// Scales returns the scale of P(g), and of P(g) times any payload.
func (p *Params) Scales(c *Circuit) (bareScale, payload uint64) {
	alg := scales{p, c}
	groups := prepare[uint64](c, alg, 1)
	return bare[uint64](c, alg, groups), times[uint64](c, alg, 1, groups)
}
