package plan

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of curves.
var (
	NoCurve = fault.Declare("TACIT-P180", "no curves along this column",
		"The question asks for a curve along a column, and the charter does not declare the column for curves. The points of a curve may show single persons, so that the members have to agree.",
		"Leave curve(…) out: then each group has to have the minimum cohort by itself; or amend the charter with a curve for the column.")
	CurveTooFine = fault.Declare("TACIT-P181", "time grid finer than allowed",
		"A column that is declared for curves is cut off its public grid: by bins, periods or a condition finer than the declared step or shifted against it, or a curve along it adds up its values.",
		"Choose bounds, widths and constants that are multiples of the step that the charter declares under curve.")
	Mixing = fault.Declare("TACIT-P184", "condition mixes a curve's column with others",
		"A column is declared for curves, and one condition is about it and about another column. What such a condition leaves out of a curve could be told point by point.",
		"Put the conditions side by side: AND between a condition on that column and one on others is allowed; OR, NOT over both, and CASE groups over both are not.")
	BadCurve = fault.Declare("TACIT-P182", "not a curve",
		"A curve goes along one measure or one time, and a question has at most one.",
		"Write curve(width_bucket(x, lo, hi, n)) or curve(date_trunc('hour', t)), once, in GROUP BY.")
	CurveNoise = fault.Declare("TACIT-P183", "curve with noise",
		"WITH PRIVACY adds noise to every group and hides none, so that its groups are not released together.",
		"Leave curve(…) out: with noise the groups of width_bucket and date_trunc are all shown; or leave WITH PRIVACY out.")
)

// Along is the key whose slots are the points of curves, nil if there is none. Without it every
// cell is released by itself. With it the cells that differ in no other key are one group: it is released
// as a whole if enough privacy units stand behind the group, and not at all if not. So a
// guard counts units per cell of the plan without that key ([Plan.Across]). The charter has to
// declare the column for curves, as a single point may be about a single person.
func (p *Plan) Along() *Key {
	if n := len(p.Keys); n > 0 && p.Keys[n-1].Along {
		return &p.Keys[n-1]
	}
	return nil
}

// Points is how many cells are released together: 1, or the slots of the key along. Cell c belongs to
// group c / Points.
func (p *Plan) Points() int {
	if k := p.Along(); k != nil {
		return k.Size()
	}
	return 1
}

// Across is the plan with the key along summed out: its cells are the groups of cells that are
// released together. Without such a key it is the plan itself.
func (p *Plan) Across() *Plan {
	if p.Along() == nil {
		return p
	}
	out := *p
	out.Keys = p.Keys[: len(p.Keys)-1 : len(p.Keys)-1]
	return &out
}

// curveLines say what is released of curves.
func (p *Plan) curveLines() []string {
	return []string{
		fmt.Sprintf("%s of %d points along %s: the points of a curve are released together, if enough privacy units stand behind the whole of it",
			counted(p.Cells()/p.Points(), "curve"), p.Points(), QuoteName(p.Along().Column)),
		"a single point of a released curve may show a single person: when, and what is added up of that person",
		"of every released curve also its number of privacy units",
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// along is set in the kind of an encoded key.
const along = 1 << 7

func alongBit(k *Key) uint8 {
	if k.Along {
		return along
	}
	return 0
}

// curveRule says whether the charter declares a column for curves, and on what grid.
func (k *Key) curveRule(c *charter.Column) *fault.Fault {
	if !k.Along {
		return nil
	}
	if k.Kind != KeyTrunc && k.Kind != KeyBins {
		return BadCurve.New("a curve along values of column %q, which are no bins or periods", c.Name)
	}
	if c.Curve == "" {
		return NoCurve.New("column %q is not declared for curves", c.Name)
	}
	finest, ok := ParseGrain(c.Curve)
	if k.Kind == KeyTrunc && c.Role == charter.Time && (!ok || !covers(k.Grain, finest)) {
		return CurveTooFine.New("a curve by %s along column %q, which is declared for curves by %s", k.Grain, c.Name, c.Curve)
	}
	return nil // bins: see stepRule
}

// grainOf is the finest unit of a time column: that of its curves if it is declared for them,
// as single periods of it may be seen then.
func grainOf(c *charter.Column) (Grain, bool) {
	if c.Curve != "" {
		return ParseGrain(c.Curve)
	}
	return ParseGrain(c.Grain)
}

// stepRule wants the bins of a measure that is declared for curves to be on its public grid: all
// multiples of the step. Whatever questions are put together, nothing between two of them can be seen.
func stepRule(c *charter.Column, lo, hi *big.Rat, count int) *fault.Fault {
	step := c.CurveStep()
	if step == nil {
		return nil
	}
	width := new(big.Rat).Sub(hi, lo)
	width.Quo(width, big.NewRat(int64(count), 1))
	for _, v := range []*big.Rat{lo, width} {
		if !new(big.Rat).Quo(v, step).IsInt() {
			return CurveTooFine.New("bins of column %q that do not begin at a multiple of %s, its declared step, or are not a multiple of it wide", c.Name, c.Curve)
		}
	}
	return nil
}

// cutRule is the same for conditions: x < v cuts at v, x <= v at the next value of the column.
func cutRule(c *charter.Column, op Op, v Value) *fault.Fault {
	step := c.CurveStep()
	if step == nil {
		return nil
	}
	at := v.Rat()
	switch op {
	case Lt, Ge:
	case Le, Gt:
		at = new(big.Rat).Add(at, c.ResolutionRat())
	default: // one value: a step of its own only if steps are single values
		if step.Cmp(c.ResolutionRat()) == 0 {
			return nil
		}
		return CurveTooFine.New("column %q is compared with one value; the declared step of its curves, %s, has several", c.Name, c.Curve)
	}
	if !new(big.Rat).Quo(at, step).IsInt() {
		return CurveTooFine.New("column %q is cut between two multiples of %s, the declared step of its curves", c.Name, c.Curve)
	}
	return nil
}

func checkCurve(p *Plan, t *charter.Table) *fault.Fault {
	for i := range p.Sums {
		if f := CurveFactor(p, &p.Sums[i], t); f != nil {
			return f
		}
	}
	return nil
}

// CurveFactor refuses to add up, along a column, values of the same column that its public grid does not
// show: the sum of a point with one row is that row's value.
func CurveFactor(p *Plan, s *Sum, t *charter.Table) *fault.Fault {
	k := p.Along()
	if k == nil {
		return nil
	}
	c := t.Column(k.Column)
	step := c.CurveStep()
	for _, name := range s.Factors {
		if name == c.Name && step != nil && step.Cmp(c.ResolutionRat()) != 0 {
			return CurveTooFine.New("a curve along column %q adds up values of that column, which are finer than its declared step, %s", c.Name, c.Curve)
		}
	}
	return nil
}

// checkMixing refuses conditions that mix a column that is declared for curves with others. Those that
// stand beside others under AND can be left out where a question is compared with a curve
// (engine/differencing).
func checkMixing(p *Plan, t *charter.Table) *fault.Fault {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Curve == "" {
			continue
		}
		mixes := func(conditions ...*Predicate) bool {
			return slices.ContainsFunc(conditions, func(q *Predicate) bool { return q.Mixes(c.Name) })
		}
		found := mixes(p.Where.Conjuncts()...)
		for j := range p.Sums {
			found = found || mixes(p.Sums[j].Filter.Conjuncts()...)
		}
		for j := range p.Keys {
			whole := &Predicate{Op: Or}
			for _, a := range p.Keys[j].Arms {
				whole.Args = append(whole.Args, a.When)
			}
			found = found || mixes(whole)
		}
		if found {
			return Mixing.New("a condition mixes column %q, which is declared for curves, with another column", c.Name)
		}
	}
	return nil
}
