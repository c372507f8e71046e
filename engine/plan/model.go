package plan

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of models.
var (
	NoModels = fault.Declare("TACIT-P170", "no models of this table",
		"The question fits a model by rounds, and the charter does not declare the table for models. The analyst chooses coefficients between rounds, so that the members have to agree.",
		"Ask for a linear model, which needs one round of plain sums; or amend the charter with model_rounds for the table.")
	BadModel = fault.Declare("TACIT-P171", "model not in its form",
		"A model has terms, coefficients or weighted sums that do not fit together, or columns that may be missing where the condition does not leave these rows out.",
		"Ask by \"tacit stats\": it writes models in their form.")
	BeyondReach = fault.Declare("TACIT-P172", "coefficients beyond the bound",
		"Over the declared ranges of its columns the linear predictor of the model may be below -20 or above 20, or its terms may be so large that they cancel. Such weights could pick out single rows.",
		"Narrow the declared ranges in the charter, or ask for a model with fewer or scaled terms.")
	NoisyModel = fault.Declare("TACIT-P173", "model with noise",
		"WITH PRIVACY is not offered for models.",
		"Leave WITH PRIVACY out, or ask for counts and means.")
)

// Model is a linear predictor η = Σ Coefficients[j] · Terms[j] + offset of each row. It enters sums by
// their [Weight]. Owners compute it in double precision, each row by itself, and round the weighted summand of a row
// to a multiple of 2^-[Sum.Fraction]: so a sum does not depend on how rows are split.
type Model struct {
	Terms        []ModelTerm
	Coefficients []Value // Decimal, one for each term
	Offset       string  // measure with the coefficient 1; "": none
	LogOffset    bool    // its natural logarithm instead
}

// ModelTerm is a product of measures and of indicators of levels; without either it is 1.
type ModelTerm struct {
	Factors []string // sorted, with repetition
	Levels  []Level  // sorted by column
}

// Level is 1 in rows in which a category has a value, else 0.
type Level struct {
	Column string
	Value  Value
}

// Weight is a function of η that a sum is weighted with.
type Weight uint8

// Weights. Entropy is no function of η: it is ln of the sum's one factor, so that the
// sum is Σ y ln y, with 0 ln 0 = 0.
const (
	Unweighted Weight = iota
	Exp               // e^η
	Logistic          // 1 / (1 + e^-η)
	Variance          // of a 0/1 outcome: e^η / (1 + e^η)²
	Softplus          // ln(1 + e^η)
	Entropy
)

// Limits of models.
const (
	MaxTerms   = 64
	MaxFactors = 4       // of a term, and of a weighted sum
	Reach      = 20      // the largest |η| over the declared ranges
	Magnitude  = 1 << 20 // the largest Σ |term| over them: terms that cancel keep 32 bits of η

	maxCoefficient = 40 // bytes
	leastFraction  = 16 // of a sum that is worth computing
)

// largest is the weight's maximum for |η| <= Reach, rounded up. With at most [Magnitude] the rounding of η in double precision
// is below 1e-7, and the room above e^20 = 485165195.4 is more than that times e^20.
var largest = map[Weight]int64{
	Exp: 485165300, Logistic: 1, Variance: 1, Softplus: 21, Entropy: 64,
}

// SQL writes the predictor for people.
func (m *Model) SQL() string {
	return m.text(func(i int) string { return m.Coefficients[i].Text })
}

// symbolic writes the predictor with b1, b2, … for coefficients.
func (m *Model) symbolic() string {
	return m.text(func(i int) string { return fmt.Sprintf("b%d", i+1) })
}

func (m *Model) text(coefficient func(int) string) string {
	parts := make([]string, 0, len(m.Terms)+1)
	for i, t := range m.Terms {
		text := coefficient(i)
		if p := t.SQL(); p != "" {
			text += " * " + p
		}
		parts = append(parts, text)
	}
	if m.Offset != "" {
		o := QuoteName(m.Offset)
		if m.LogOffset {
			o = "ln(" + o + ")"
		}
		parts = append(parts, o)
	}
	return strings.Join(parts, " + ")
}

// SQL writes the term, "" for 1.
func (t *ModelTerm) SQL() string {
	var parts []string
	for _, f := range t.Factors {
		parts = append(parts, QuoteName(f))
	}
	for _, l := range t.Levels {
		parts = append(parts, "("+QuoteName(l.Column)+" = "+l.Value.SQL()+")")
	}
	return strings.Join(parts, " * ")
}

// sql writes the weight for people; eta stands for the predictor.
func (w Weight) sql() string {
	switch w {
	case Exp:
		return "exp(eta)"
	case Logistic:
		return "logistic(eta)"
	case Variance:
		return "logistic(eta) * (1 - logistic(eta))"
	case Softplus:
		return "ln(1 + exp(eta))"
	default:
		return ""
	}
}

// columns calls visit for every column of the model.
func (m *Model) columns(visit func(name string)) {
	if m == nil {
		return
	}
	for _, t := range m.Terms {
		for _, f := range t.Factors {
			visit(f)
		}
		for _, l := range t.Levels {
			visit(l.Column)
		}
	}
	if m.Offset != "" {
		visit(m.Offset)
	}
}

// modelLines say what is released of a model.
func (p *Plan) modelLines(ch *charter.Charter) []string {
	if p.Model == nil {
		return nil
	}
	return []string{
		fmt.Sprintf("weighted sums of a model of %d coefficients b1, b2, …, which the analyst chooses anew in each round, at most %d rounds; eta stays in [-%d, %d] over the declared ranges",
			len(p.Model.Terms), ch.Table(p.Table).Rounds(), Reach, Reach),
		"each round releases as many numbers again, about the same rows with other weights; together they tell more of single rows than one round does",
	}
}

// At is the plan with other coefficients. Everything that owners decide about is the same.
func (p *Plan) At(coefficients []Value) *Plan {
	out := *p
	m := *p.Model
	m.Coefficients = coefficients
	out.Model = &m
	return &out
}

// Fixed is the plan as it is in every round of a study: with coefficients of 0. A plan without a
// model is its own.
func (p *Plan) Fixed() *Plan {
	if p.Model == nil {
		return p
	}
	return p.At(slices.Repeat([]Value{{Decimal, "0"}}, len(p.Model.Terms)))
}

// shape checks the canonical form.
func (m *Model) shape(sums []Sum) error {
	weighted := slices.ContainsFunc(sums, func(s Sum) bool { return s.Weight != Unweighted })
	if m == nil {
		if weighted {
			return errors.New("a weighted sum without a model")
		}
		return nil
	}
	switch {
	case !weighted:
		return errors.New("a model that no sum is weighted with")
	case len(m.Terms) < 1 || len(m.Terms) > MaxTerms:
		return fmt.Errorf("a model of %d terms outside [1, %d]", len(m.Terms), MaxTerms)
	case len(m.Coefficients) != len(m.Terms):
		return fmt.Errorf("%d coefficients of %d terms", len(m.Coefficients), len(m.Terms))
	case m.Offset == "" && m.LogOffset:
		return errors.New("the logarithm of no offset")
	}
	if m.Offset != "" {
		if err := name(m.Offset); err != nil {
			return err
		}
	}
	for i := range m.Terms {
		if c := m.Coefficients[i]; c.Kind != Decimal || len(c.Text) > maxCoefficient || !c.canonical() {
			return errors.New("a coefficient that is no canonical decimal")
		}
		if err := m.Terms[i].shape(); err != nil {
			return fmt.Errorf("term %d: %w", i+1, err)
		}
		if slices.ContainsFunc(m.Terms[:i], m.Terms[i].equal) {
			return fmt.Errorf("term %d is a repetition", i+1)
		}
	}
	return nil
}

func (t *ModelTerm) equal(o ModelTerm) bool {
	return slices.Equal(t.Factors, o.Factors) && slices.Equal(t.Levels, o.Levels)
}

func (t *ModelTerm) shape() error {
	if len(t.Factors) > MaxFactors || len(t.Levels) > MaxFactors || !slices.IsSorted(t.Factors) {
		return errors.New("factors that are too many or not sorted")
	}
	for _, f := range t.Factors {
		if err := name(f); err != nil {
			return err
		}
	}
	for i, l := range t.Levels {
		if err := name(l.Column); err != nil {
			return err
		}
		if i > 0 && t.Levels[i-1].Column >= l.Column || l.Value.Kind == Null || !l.Value.canonical() {
			return errors.New("levels that are not sorted, of one column, or not canonical")
		}
	}
	return nil
}

// weightShape checks the weight and the number of factors of a sum.
func (s *Sum) weightShape() error {
	switch {
	case s.Weight == Unweighted && s.Fraction != 0 || s.Fraction > 62:
		return errors.New("a fraction of what is not weighted, or too large")
	case s.Weight > Entropy:
		return fmt.Errorf("unknown weight %d", s.Weight)
	case s.Weight == Unweighted && len(s.Factors) > 2:
		return errors.New("more than two factors")
	case s.Weight == Entropy && len(s.Factors) != 1:
		return errors.New("an entropy of other than one factor")
	case len(s.Factors) > MaxFactors:
		return fmt.Errorf("more than %d factors", MaxFactors)
	}
	return nil
}

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
		if f == nil && c.CurveStep() != nil && c.CurveStep().Cmp(c.ResolutionRat()) != 0 {
			f = CurveTooFine.New("a model with values of column %q, which are finer than the declared step of its curves, %s", c.Name, c.Curve)
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

func checkOffset(m *Model, t *charter.Table) *fault.Fault {
	if m.Offset == "" {
		return nil
	}
	c, f := column(t, m.Offset)
	if f == nil {
		f = FactorRule(c, c)
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
// of an entropy to be at least 0.
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
		if s.Weight != Entropy {
			continue
		}
		lo, hi, ok := t.Column(s.Factors[0]).RangeRat()
		if f == nil && (!ok || lo.Sign() < 0 || hi.Cmp(new(big.Rat).SetInt64(1<<62)) > 0) {
			f = BadModel.New("the entropy of column %q, which may be below 0", s.Factors[0])
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

// rowBound is the largest absolute value of a weighted summand of one row, rounded up.
func (s *Sum) rowBound(t *charter.Table) *big.Int {
	bound := new(big.Rat).SetInt64(largest[s.Weight])
	for _, name := range s.Factors {
		lo, hi, _ := t.Column(name).RangeRat()
		bound.Mul(bound, farthest(lo, hi))
	}
	up := new(big.Int).Quo(bound.Num(), bound.Denom())
	return up.Add(up, big.NewInt(1)) // also where |y ln y| is largest below 1
}

// FitFractions sets the fraction of every weighted sum: as large as lets the sum over all owners stay below 2^126, at
// most 48; where a summand then fits 62 bits it is made so much smaller, down to 40, as a sum of
// 64-bit numbers is faster. It depends on the declared ranges only and not on coefficients.
func (p *Plan) FitFractions(ch *charter.Charter) *fault.Fault {
	for i := range p.Sums {
		if p.Sums[i].Weight == Unweighted {
			continue
		}
		f := p.fraction(i, ch)
		if f < leastFraction {
			return overflow(p, i, ch)
		}
		p.Sums[i].Fraction = uint8(f)
	}
	return nil
}

func (p *Plan) fraction(sum int, ch *charter.Charter) int {
	t := ch.Table(p.Table)
	row := p.Sums[sum].rowBound(t).BitLen()
	all := new(big.Int).Mul(big.NewInt(t.MaxRows), big.NewInt(int64(len(ch.OwnersOf(p.Table))))).BitLen()
	s := min(48, 125-row-all)
	if small := 61 - row; small >= 40 {
		s = min(s, small)
	}
	return s
}

// Narrow reports whether a rounded summand fits 62 bits.
func (s *Sum) Narrow(t *charter.Table) bool {
	return s.rowBound(t).BitLen()+int(s.Fraction) <= 61
}

// Weighted returns what an element of a weighted sum stands for.
func (s *Sum) Weighted(n *big.Int) *big.Rat {
	return new(big.Rat).SetFrac(n, new(big.Int).Lsh(big.NewInt(1), uint(s.Fraction)))
}

// weightedBound is the largest absolute value that one owner's weighted sum of a cell may have.
func (s *Sum) weightedBound(t *charter.Table) *big.Int {
	b := s.rowBound(t)
	b.Lsh(b, uint(s.Fraction))
	b.Add(b, big.NewInt(1)) // rounding
	return b.Mul(b, big.NewInt(t.MaxRows))
}

func checkFractions(p *Plan, ch *charter.Charter) *fault.Fault {
	for i := range p.Sums {
		if s := &p.Sums[i]; s.Weight != Unweighted && (p.fraction(i, ch) != int(s.Fraction) || s.Fraction < leastFraction) {
			return NotDerived.New("sum %d is rounded in another way than the charter's ranges yield", i+1)
		}
	}
	return nil
}

// Parameters is how many coefficients the model has, 0 without one.
func (p *Plan) Parameters() int {
	if p.Model == nil {
		return 0
	}
	return len(p.Model.Terms)
}

// LeastRows is how many rows an owner needs, so that those that an answer needs have three for each
// coefficient together; 0 where the guard sees to it.
func (p *Plan) LeastRows(ch *charter.Charter) int64 {
	n := 3 * p.Parameters()
	if n == 0 || n <= charter.MaxCohort && ch.Table(p.Table).K() > 1 {
		return 0
	}
	least := ch.Rules.MinContributors
	return int64((n + least - 1) / least)
}

// modelCohort is the least number of units behind a number of a model in a table whose cohort is k: three
// for each coefficient, as far as guards count.
func (p *Plan) modelCohort(k int) int {
	if p.Model == nil || k < 2 {
		return k
	}
	return max(k, min(3*p.Parameters(), charter.MaxCohort))
}
