package plan

import (
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// checkModel checks the columns of a model against the declaration of the table.
func checkModel(p *Plan, t *charter.Table) *fault.Fault {
	m := p.Model
	if m == nil {
		return nil
	}
	if t.Rounds() == 0 {
		return NoModels.New("table %q is not declared for models", t.Name)
	}
	if p.Privacy != nil {
		return NoisyModel.New("a model with noise")
	}
	for i := range m.Terms {
		if f := m.Terms[i].check(t); f != nil {
			return f
		}
	}
	if f := checkOffset(m, t); f != nil {
		return f
	}
	if f := p.complete(t); f != nil {
		return f
	}
	if !m.Within(t, m.Coefficients) {
		return BeyondReach.New("the linear predictor may be outside [-%d, %d] over the declared ranges, or its terms above %d in sum and cancel", Reach, Reach, Magnitude)
	}
	return nil
}

func (t *ModelTerm) check(table *charter.Table) *fault.Fault {
	for _, name := range t.Factors {
		c, f := column(table, name)
		if f == nil {
			f = FactorRule(c, c)
		}
		if f == nil {
			f = valuesRule(c)
		}
		if f != nil {
			return f
		}
	}
	for _, l := range t.Levels {
		c, f := column(table, l.Column)
		if f == nil && c.Role != charter.Category {
			f = WrongRole.New("column %q is not a category: its values are no levels", c.Name)
		}
		if f == nil {
			f = CompareRule(c, Eq, l.Value)
		}
		if f != nil {
			return f
		}
	}
	return nil
}

// valuesRule refuses a model with values of a column that its public grid does not show: a weight of a point with one row
// would tell them.
func valuesRule(c *charter.Column) *fault.Fault {
	if step := c.CurveStep(); step != nil && step.Cmp(c.ResolutionRat()) != 0 {
		return CurveTooFine.New("a model with values of column %q, which are finer than the declared step of its curves, %s", c.Name, c.Curve)
	}
	return nil
}

func checkOffset(m *Model, t *charter.Table) *fault.Fault {
	if m.Offset == "" {
		return nil
	}
	c, f := column(t, m.Offset)
	if f == nil {
		f = FactorRule(c, c)
	}
	if f == nil {
		f = valuesRule(c)
	}
	if f != nil {
		return f
	}
	if lo, _, ok := c.RangeRat(); m.LogOffset && (!ok || lo.Sign() <= 0) {
		return BadModel.New("the logarithm of column %q, whose declared range is not above 0", c.Name)
	}
	return nil
}

// complete wants Where to leave out rows in which anything of a weighted sum may be missing, and outcomes
// of an entropy or a factorial to be at least 0.
func (p *Plan) complete(t *charter.Table) *fault.Fault {
	var f *fault.Fault
	visit := func(name string) {
		if c := t.Column(name); f == nil && c.IsNullable() && !excludesNull(name, p.Where) {
			f = BadModel.New("column %q may be missing in rows of the model", name).With("Add %s IS NOT NULL to the condition.", QuoteName(name))
		}
	}
	p.Model.columns(visit)
	for i := range p.Sums {
		s := &p.Sums[i]
		if s.Weight == Unweighted {
			continue
		}
		for _, name := range s.Factors {
			visit(name)
		}
		if s.Weight != Entropy && s.Weight != LogFactorial {
			continue
		}
		y := t.Column(s.Factors[0])
		lo, hi, ok := y.RangeRat()
		if f == nil && s.Weight == LogFactorial && y.Kind() != charter.KindInteger {
			f = BadModel.New("the factorial of column %q, which is no whole number", y.Name)
		}
		if f == nil && (!ok || lo.Sign() < 0 || hi.Cmp(new(big.Rat).SetInt64(1<<62)) > 0) {
			f = BadModel.New("the entropy or the factorial of column %q, which may be below 0 or has no range", s.Factors[0])
		}
	}
	return f
}

// Within reports whether η stays in [-Reach, Reach] over the declared ranges with other coefficients, and the
// sizes of its terms in [0, Magnitude].
func (m *Model) Within(t *charter.Table, coefficients []Value) bool {
	other := *m
	other.Coefficients = coefficients
	lo, hi, magnitude := other.interval(t)
	reach := big.NewRat(Reach, 1)
	return hi.Cmp(reach) <= 0 && lo.Cmp(new(big.Rat).Neg(reach)) >= 0 && magnitude.Cmp(big.NewRat(Magnitude, 1)) <= 0
}

// interval bounds η, and the sum of the absolute values of its terms, over the declared ranges.
func (m *Model) interval(t *charter.Table) (lo, hi, magnitude *big.Rat) {
	lo, hi, magnitude = new(big.Rat), new(big.Rat), new(big.Rat)
	add := func(l, h *big.Rat) {
		lo.Add(lo, l)
		hi.Add(hi, h)
		magnitude.Add(magnitude, farthest(l, h))
	}
	for i, term := range m.Terms {
		l, h := term.interval(t)
		c := m.Coefficients[i].Rat()
		l, h = l.Mul(l, c), h.Mul(h, c)
		if l.Cmp(h) > 0 {
			l, h = h, l
		}
		add(l, h)
	}
	if m.Offset != "" {
		l, h, _ := t.Column(m.Offset).RangeRat()
		if m.LogOffset {
			l, h = logBelow(l), logAbove(h)
		}
		add(l, h)
	}
	return lo, hi, magnitude
}

// farthest is the larger absolute value of the two.
func farthest(lo, hi *big.Rat) *big.Rat {
	a, b := new(big.Rat).Abs(lo), new(big.Rat).Abs(hi)
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// interval bounds a product over the declared ranges.
func (t *ModelTerm) interval(table *charter.Table) (lo, hi *big.Rat) {
	lo, hi = big.NewRat(1, 1), big.NewRat(1, 1)
	for _, name := range t.Factors {
		l, h, _ := table.Column(name).RangeRat()
		ends := []*big.Rat{mul(lo, l), mul(lo, h), mul(hi, l), mul(hi, h)}
		lo, hi = slices.MinFunc(ends, (*big.Rat).Cmp), slices.MaxFunc(ends, (*big.Rat).Cmp)
	}
	if len(t.Levels) > 0 { // or 0
		if lo.Sign() > 0 {
			lo = new(big.Rat)
		}
		if hi.Sign() < 0 {
			hi = new(big.Rat)
		}
	}
	return new(big.Rat).Set(lo), new(big.Rat).Set(hi)
}

func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// logBelow and logAbove bound ln x by binary orders: 0.693 < ln 2 < 0.694.
func logBelow(x *big.Rat) *big.Rat { return logBound(x, -1) }
func logAbove(x *big.Rat) *big.Rat { return logBound(x, 1) }

func logBound(x *big.Rat, side int) *big.Rat {
	order := x.Num().BitLen() - x.Denom().BitLen() // 2^(order-1) < x < 2^(order+1)
	order += side
	ln2 := big.NewRat(693, 1000)
	if (order > 0) == (side > 0) {
		ln2 = big.NewRat(694, 1000)
	}
	return ln2.Mul(ln2, big.NewRat(int64(order), 1))
}
