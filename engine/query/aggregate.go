package query

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// needs is the aggregate that a charter must allow for a column, by function.
var needs = map[string]string{
	"count": "count", "sum": "sum", "avg": "avg", "mean": "avg",
	"var_samp": "variance", "variance": "variance", "var_pop": "variance",
	"stddev": "variance", "stddev_samp": "variance", "stddev_pop": "variance",
	"covar_samp": "covariance", "covar_pop": "covariance", "corr": "covariance",
}

// aggregate compiles one aggregate to sums of the plan and a formula over them.
func (c *compiler) aggregate(e *call) (*node, *fault.Fault) {
	var filter *plan.Predicate
	if e.filter != nil {
		p, f := c.predicate(e.filter)
		if f != nil {
			return nil, f
		}
		filter = p
	}
	if e.star {
		return c.countNode(counted(c.count(e, filter))), nil
	}
	terms := make([]*term, len(e.args))
	for i, arg := range e.args {
		t, f := c.term(arg)
		if f == nil {
			f = c.allowed(e, arg, t)
		}
		if f != nil {
			return nil, f
		}
		terms[i] = t
	}
	if len(terms) == 2 {
		return c.pair(e, terms[0], terms[1], filter)
	}
	return c.single(e, terms[0], filter)
}

// allowed checks what the charter says about the columns of a term and the function.
func (c *compiler) allowed(e *call, arg expr, t *term) *fault.Fault {
	for _, col := range t.factors {
		if f := columnAllowed(e.name, col, t); f != nil {
			return c.place(f, mention(arg, col))
		}
	}
	return nil
}

func columnAllowed(function string, col *charter.Column, t *term) *fault.Fault {
	if function == "count" {
		if col.Role == charter.Measure && !col.Allows("count") {
			return plan.Narrowed.New("the charter does not allow COUNT of column %q", col.Name)
		}
		return nil
	}
	if f := plan.FactorRule(col, nil); f != nil {
		return f
	}
	if !col.Allows(needs[function]) {
		return plan.Narrowed.New("the charter does not allow this aggregate of column %q", col.Name)
	}
	for i, other := range t.factors {
		if t.factors[len(t.factors)-1-i] == col && len(t.factors) == 2 {
			return plan.FactorRule(col, other)
		}
	}
	return nil
}

// mention returns where a column is named in e.
func mention(e expr, col *charter.Column) expr {
	hit := find(e, func(e expr) bool {
		name, ok := e.(*column)
		return ok && (name.name == col.Name)
	})
	if hit == nil {
		return e
	}
	return hit
}

// count registers a count of the rows that pass filter and in which no column is NULL.
func (c *compiler) count(at expr, filter *plan.Predicate, columns ...*charter.Column) int {
	return c.sum(at, plan.Sum{Present: nullable(columns), Filter: filter})
}

// total registers the sum of a product.
func (c *compiler) total(at expr, filter *plan.Predicate, factors []string, present ...*charter.Column) int {
	present = slices.DeleteFunc(present, func(col *charter.Column) bool { return slices.Contains(factors, col.Name) })
	return c.sum(at, plan.Sum{Factors: factors, Present: nullable(present), Filter: filter})
}

// nullable returns the sorted names of the columns that may be NULL.
func nullable(columns []*charter.Column) []string {
	var names []string
	for _, col := range columns {
		if col.IsNullable() {
			names = append(names, col.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sum registers a sum of the plan once and returns its index.
func (c *compiler) sum(at expr, s plan.Sum) int {
	for i := range c.plan.Sums {
		if c.plan.Sums[i].Equal(&s) {
			return i
		}
	}
	c.plan.Sums = append(c.plan.Sums, s)
	c.needed = append(c.needed, at)
	return len(c.plan.Sums) - 1
}

// counter is a number of rows of a cell: sums of the plan, added and subtracted.
type counter []coefficient

func counted(i int) counter { return counter{{i, big.NewRat(1, 1)}} }

func (n counter) rows(x *cell) *big.Int {
	total := new(big.Int)
	for _, c := range n {
		if c.by.Sign() > 0 {
			total.Add(total, x.sum(c.sum))
		} else {
			total.Sub(total, x.sum(c.sum))
		}
	}
	return total
}

func (n counter) span(x *cell) *interval { return linear(n)(x) }

// count returns a number of rows; met.below is not 0 if it is suppressed, and then nothing
// may be divided by it.
func (x *cell) count(n counter) (rows *big.Int, met trace) {
	outer := x.trace
	x.trace = trace{}
	rows = n.rows(x)
	met = x.trace
	x.trace = outer
	x.meet(met)
	return rows, met
}

// enough reports whether something can be computed of so many rows, as d > 0 says. If it is noise
// that makes them too few, that is a problem.
func (x *cell) enough(met trace, d *big.Int) bool {
	if met.below > 0 || d.Sign() <= 0 {
		if met.noisy {
			x.problem = "with noise there are too few rows"
		}
		return false
	}
	return true
}

// present counts the rows for which a term is not NULL.
func (c *compiler) present(at expr, t *term, filter *plan.Predicate) counter {
	inside := plan.AllOf(filter, t.filter)
	if !t.elseZero {
		return counted(c.count(at, inside, t.factors...))
	}
	all := c.count(at, filter)
	if len(nullable(t.factors)) == 0 {
		return counted(all)
	}
	held, filled := c.count(at, inside), c.count(at, inside, t.factors...)
	return counter{{all, big.NewRat(1, 1)}, {held, big.NewRat(-1, 1)}, {filled, big.NewRat(1, 1)}}
}

func (c *compiler) countNode(n counter) *node {
	return &node{typ: bigintType, span: linear(n), linear: n, eval: func(x *cell) any { return rat(n.rows(x)) }}
}

// unit is what one unit of the sum of a term stands for.
func (t *term) unit() *big.Rat {
	u := new(big.Rat).Set(t.coef)
	for _, col := range t.factors {
		u.Mul(u, col.ResolutionRat())
	}
	return u
}

// single compiles the aggregates of one argument.
func (c *compiler) single(e *call, t *term, filter *plan.Predicate) (*node, *fault.Fault) {
	if e.name == "count" {
		return c.countNode(c.present(e, t, filter)), nil
	}
	if t.typ == booleanType && e.name != "sum" {
		return nil, c.fault(FreeForm, e, "%s of a boolean", e.name).With("Write CAST(column AS INTEGER) inside the aggregate.")
	}
	n := c.present(e, t, filter)
	inside := plan.AllOf(filter, t.filter)
	sum := c.total(e, inside, t.names())
	switch e.name {
	case "sum":
		return c.sumNode(t, n, sum), nil
	case "avg", "mean":
		return c.meanNode(t, n, sum), nil
	}
	if len(t.factors) > 1 {
		return nil, c.fault(FreeForm, e, "the variance of a product would need the sum of four factors")
	}
	square := sum
	if len(t.factors) == 1 {
		name := t.factors[0].Name
		if f := plan.FactorRule(t.factors[0], t.factors[0]); f != nil {
			return nil, c.place(f, mention(e, t.factors[0]))
		}
		square = c.total(e, inside, []string{name, name})
	}
	return c.varianceNode(e.name, t, n, sum, square), nil
}

func (c *compiler) sumNode(t *term, n counter, sum int) *node {
	unit := t.unit()
	parts := []coefficient{{sum, unit}}
	return c.checked(&node{typ: sumType(t.typ), note: c.sumNote(t, n), span: linear(parts), linear: parts, eval: func(x *cell) any {
		if count, met := x.count(n); met.below > 0 || count.Sign() == 0 && !met.noisy {
			return nil
		}
		return scale(x.sum(sum), unit)
	}})
}

// sumType is the type of SUM over an argument of type t.
func sumType(t result.Type) result.Type {
	switch t.Kind {
	case result.Decimal:
		return result.Type{Kind: result.Decimal, Precision: maxDigits, Scale: t.Scale}
	case result.Double:
		return doubleType
	default:
		return hugeintType
	}
}

func (c *compiler) meanNode(t *term, n counter, sum int) *node {
	unit, within := t.unit(), t.ranged()
	return &node{typ: doubleType, note: c.meanNote(t), span: meanSpan(n, sum, unit, within), eval: func(x *cell) any {
		count, met := x.count(n)
		if !x.enough(met, count) {
			return nil
		}
		v := new(big.Rat).SetFrac(x.sum(sum), count)
		v.Mul(v, unit)
		if within != nil && x.noising.noised(sum) {
			return most(within.lo, least(within.hi, v)) // where noise took it out of the declared range
		}
		return v
	}}
}

// varianceNode computes (n Σx² − (Σx)²) / (n(n−1)), or / n² for the population.
func (c *compiler) varianceNode(function string, t *term, n counter, sum, square int) *node {
	unit := t.unit()
	unit.Mul(unit, unit)
	sample := function != "var_pop" && function != "stddev_pop"
	root := strings.HasPrefix(function, "stddev")
	divisor, less := populationDivisor, int64(0)
	if sample {
		divisor, less = sampleDivisor, 1
	}
	span := momentSpan(n, square, sum, sum, less, unit)
	if root {
		span = rootSpan(span)
	}
	return &node{typ: doubleType, note: c.spreadNote(t, sample, root), span: span, eval: func(x *cell) any {
		count, met := x.count(n)
		d := divisor(count)
		if !x.enough(met, d) {
			return nil
		}
		if met.noisy && count.Sign() < 0 {
			x.problem = "with noise there are too few rows"
			return nil
		}
		v := new(big.Rat).SetFrac(moment(count, x.sum(square), x.sum(sum), x.sum(sum)), d)
		if v.Sign() < 0 {
			x.problem = "with noise it would be negative"
			return nil
		}
		v.Mul(v, unit)
		if root {
			return squareRoot(v)
		}
		return v
	}}
}

// moment is n Σxy − Σx Σy.
func moment(n, xy, x, y *big.Int) *big.Int {
	m := new(big.Int).Mul(n, xy)
	return m.Sub(m, new(big.Int).Mul(x, y))
}

func sampleDivisor(n *big.Int) *big.Int {
	d := new(big.Int).Sub(n, big.NewInt(1))
	return d.Mul(d, n)
}

func populationDivisor(n *big.Int) *big.Int { return new(big.Int).Mul(n, n) }

// pair compiles the aggregates of two arguments over the rows where both are present.
func (c *compiler) pair(e *call, a, b *term, filter *plan.Predicate) (*node, *fault.Fault) {
	for i, t := range []*term{a, b} {
		switch {
		case t.elseZero:
			return nil, c.fault(FreeForm, e.args[i], "ELSE 0 inside an aggregate of two arguments").With("Use FILTER (WHERE …).")
		case len(t.factors) != 1 || !t.typ.Numeric():
			return nil, c.fault(FreeForm, e.args[i], "an argument that is not one column that is a number")
		}
	}
	x, y := a.factors[0], b.factors[0]
	for _, f := range []*fault.Fault{plan.FactorRule(x, y), plan.FactorRule(y, x)} {
		if f != nil {
			return nil, c.place(f, mention(e, x))
		}
	}
	inside := plan.AllOf(filter, a.filter, b.filter)
	product := []string{x.Name, y.Name}
	slices.Sort(product)
	m := &moments{
		n: c.count(e, inside, x, y), x: c.total(e, inside, []string{x.Name}, x, y), y: c.total(e, inside, []string{y.Name}, x, y),
		xy: c.total(e, inside, product, x, y), unit: new(big.Rat).Mul(a.unit(), b.unit()),
	}
	note := c.roughNote(a, b)
	if e.name != "corr" {
		less := int64(0)
		if e.name == "covar_samp" {
			less = 1
		}
		return &node{typ: doubleType, note: note, span: momentSpan(counted(m.n), m.xy, m.x, m.y, less, m.unit), eval: m.covariance(less == 1)}, nil
	}
	m.xx = c.total(e, inside, []string{x.Name, x.Name}, x, y)
	m.yy = c.total(e, inside, []string{y.Name, y.Name}, x, y)
	return &node{typ: doubleType, note: note, span: m.correlationSpan, eval: m.correlation}, nil
}

// moments are the sums behind covariance and correlation.
type moments struct {
	n, x, y, xy, xx, yy int
	unit                *big.Rat
}

func (m *moments) covariance(sample bool) func(*cell) any {
	divisor := populationDivisor
	if sample {
		divisor = sampleDivisor
	}
	return func(x *cell) any {
		n, met := x.count(counted(m.n))
		d := divisor(n)
		if !x.enough(met, d) {
			return nil
		}
		v := new(big.Rat).SetFrac(moment(n, x.sum(m.xy), x.sum(m.x), x.sum(m.y)), d)
		return v.Mul(v, m.unit)
	}
}

// correlation is NULL for no rows and NaN if one side does not vary, as in DuckDB.
func (m *moments) correlation(x *cell) any {
	n, met := x.count(counted(m.n))
	if !x.enough(met, n) {
		return nil
	}
	xx := moment(n, x.sum(m.xx), x.sum(m.x), x.sum(m.x))
	yy := moment(n, x.sum(m.yy), x.sum(m.y), x.sum(m.y))
	spread := new(big.Int).Mul(xx, yy)
	if met.noisy && (xx.Sign() <= 0 || yy.Sign() <= 0) {
		x.problem = "with noise a variance would not be positive"
		return nil
	}
	if spread.Sign() <= 0 || m.unit.Sign() == 0 {
		return nan
	}
	xy := moment(n, x.sum(m.xy), x.sum(m.x), x.sum(m.y))
	r := squareRoot(new(big.Rat).SetFrac(new(big.Int).Mul(xy, xy), spread))
	if met.noisy && r > 1 {
		x.problem = "with noise it would be beyond 1"
		return nil
	}
	if xy.Sign()*m.unit.Sign() < 0 {
		return -r
	}
	return r
}
