package he

import (
	"encoding/binary"
	"io"
	"math"
	"slices"

	"github.com/tacit-space/tacit/crypto/prg"
)

// MinMargin is the least number of bits by which the flooding of a decryption share
// exceeds the noise that it hides (its bound of 8 standard deviations).
const MinMargin = 40

// noiseDeviations is what the noise is bounded by; a Gaussian exceeds 8 standard
// deviations with probability 2^-50.
const noiseDeviations = 8

// Budget says how a circuit fits a parameter set.
type Budget struct {
	Noise  float64 // log2 of the bound on the noise of the worst output
	Margin float64 // bits by which the flooding of one share exceeds that bound
	Spare  float64 // bits that are left at decryption with all shares' flooding and rounding at their largest
}

// Budget simulates the noise of a circuit for the sum of so many parties. It refuses,
// with [ErrParameters], a set that is not deep enough, or whose margin is below
// [MinMargin] or spare below 0.
//
// The simulation multiplies noise as what it is, random numbers at the points where the
// polynomials of the ring are evaluated, because all factors of a circuit share one
// error and one secret: a model of variances alone is too optimistic once noise grows.
// It draws from a fixed seed: machines differ in the rounding of floating point only.
func (p *Params) Budget(c *Circuit, parties int) (Budget, error) {
	switch {
	case c.depth > p.Depth():
		return Budget{}, refuse("k = %d takes %d multiplications in a row, set %s has %d", c.k, c.depth, p.Name(), p.Depth())
	case parties < 1 || parties > 1<<10:
		return Budget{}, refuse("%d parties", parties)
	}
	b := Budget{Noise: math.Log2(noiseDeviations * p.simulated(c, parties))}
	b.Margin = float64(p.lit.Flood) - b.Noise
	size := logProduct(p.lit.Q[:p.lit.Kept])
	rounding := float64(parties+1) / 2 * math.Exp2(size-float64(p.lit.Round)) // of all shares and the base
	largest := math.Log2(float64(parties)*math.Exp2(float64(p.lit.Flood)) + math.Exp2(b.Noise) + rounding)
	b.Spare = size - math.Log2(2*float64(p.lit.T)) - largest
	switch {
	case b.Margin < MinMargin:
		return b, refuse("set %s with k = %d and %d parties has a margin of %.1f bits, wants %d", p.Name(), c.k, parties, b.Margin, MinMargin)
	case b.Spare < 0:
		return b, refuse("set %s with k = %d and %d parties lacks %.1f bits at decryption", p.Name(), c.k, parties, -b.Spare)
	}
	return b, nil
}

const points = 1024 // of the simulation

// simulation is the algebra of t times the phase: the message plus t times the noise,
// at some points.
type simulation struct {
	p          *Params
	c          *Circuit
	random     io.Reader
	word       [8]byte      // that was read last
	s, r       []complex128 // the secrets S and R
	parties    float64
	n, t       float64
	relinNoise float64 // standard deviation of a digit times an error, over P
}

// simulated is simulate, computed once (it takes milliseconds) for each of the few
// circuits and numbers of parties: everybody who meets a question asks several times.
func (p *Params) simulated(c *Circuit, parties int) float64 {
	at := [2]int{c.k, parties}
	if known, ok := p.noise.Load(at); ok {
		return known.(float64)
	}
	noise := p.simulate(c, parties)
	p.noise.Store(at, noise)
	return noise
}

// simulation draws the secrets.
func (p *Params) simulation(c *Circuit, parties int) *simulation {
	m := &simulation{
		p: p, c: c, random: prg.Reader(&prg.Key{}, uint32(c.k)),
		parties: float64(parties), n: float64(p.Slots()), t: float64(p.lit.T),
	}
	m.s = m.gaussian(m.parties * 2 / 3)
	m.r = m.gaussian(m.parties * 2 / 3)
	digit := 0.0 // the largest
	for row := range slices.Chunk(p.lit.Q, len(p.lit.P)) {
		digit = max(digit, logProduct(row))
	}
	m.relinNoise = math.Exp2(digit-logProduct(p.lit.P)) * math.Sqrt(float64(p.Rows())*m.n/12*m.parties) * sigma
	return m
}

// simulate returns the standard deviation of a coefficient of the worst output's noise.
func (p *Params) simulate(c *Circuit, parties int) float64 {
	m := p.simulation(c, parties)
	g, w := m.fresh(), m.fresh()
	groups := prepare(c, algebra[[]complex128](m), g)
	worst := 0.0
	for _, out := range [][]complex128{bare(c, m, groups), times(c, m, g, groups), times(c, m, w, groups)} {
		worst = max(worst, m.deviation(out))
	}
	return worst
}

// gaussian draws a polynomial with coefficients of the given variance at the points.
func (m *simulation) gaussian(variance float64) []complex128 {
	scale := math.Sqrt(variance * m.n / 2)
	out := make([]complex128, points)
	for i := range out {
		// Box and Muller: two normal numbers of two uniform ones.
		radius := scale * math.Sqrt(-2*math.Log(m.uniform()))
		sin, cos := math.Sincos(2 * math.Pi * m.uniform())
		out[i] = complex(radius*cos, radius*sin)
	}
	return out
}

// uniform draws from (0, 1].
func (m *simulation) uniform() float64 {
	_, _ = m.random.Read(m.word[:]) // a keystream does not fail
	return float64(binary.LittleEndian.Uint64(m.word[:])>>11+1) / (1 << 53)
}

// fresh is a sum of inputs: a message modulo t, an error per party, and per party a
// multiple of t from the lift of its share.
func (m *simulation) fresh() []complex128 {
	x := m.gaussian(m.t * m.t / 12)
	e := m.gaussian(m.parties * (sigma*sigma + 1.0/12))
	for i := range x {
		x[i] += complex(m.t, 0) * e[i]
	}
	return x
}

// rounding is δ0 + S·δ1 of a division with rounding.
func (m *simulation) rounding() []complex128 {
	d0, d1 := m.gaussian(1.0/12), m.gaussian(1.0/12)
	for i := range d0 {
		d0[i] += m.s[i] * d1[i]
	}
	return d0
}

// relin is the noise of a relinearisation: that of the second gadget product, that of
// the first times S, and of the intermediate value times R.
func (m *simulation) relin() []complex128 {
	v := m.relinNoise * m.relinNoise
	e0, e2, b := m.gaussian(v), m.gaussian(v+1.0/12), m.gaussian(v+1.0/12)
	for i := range e0 {
		e0[i] += m.s[i]*e2[i] + m.r[i]*b[i]
	}
	return e0
}

// mul multiplies, relinearises and rescales.
func (m *simulation) mul(a, b []complex128, depth int) []complex128 {
	q := m.p.lit.Q[m.p.level(m.c.depth)-depth+1]
	relin, round := m.relin(), m.rounding()
	out := make([]complex128, points)
	for i := range out {
		x := a[i]*b[i] + complex(m.t, 0)*relin[i]
		out[i] = x/complex(float64(q), 0) + complex(m.t, 0)*round[i]
	}
	return out
}

// plus adds a constant, at most t/2 in absolute value whatever the scale is.
func (m *simulation) plus(a []complex128, _ int64) []complex128 {
	out := make([]complex128, points)
	for i := range out {
		out[i] = a[i] + complex(m.t/2, 0)
	}
	return out
}

// deviation returns the standard deviation of a coefficient of the noise.
func (m *simulation) deviation(x []complex128) float64 {
	sum := 0.0
	for _, v := range x {
		sum += real(v)*real(v) + imag(v)*imag(v)
	}
	return math.Sqrt(sum/points/m.n) / m.t
}
