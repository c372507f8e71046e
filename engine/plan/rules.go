package plan

import (
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of the rules for single columns and constants. The compiler raises the
// same ones, with a position in the query.
var (
	UnknownTable = fault.Declare("TACIT-P101", "unknown table",
		"The charter has no table of this name.",
		"Use one of the tables that \"tacit space show\" lists.")
	UnknownColumn = fault.Declare("TACIT-P102", "unknown column",
		"The table has no column of this name in the charter.",
		"Use one of the columns that \"tacit space show\" lists; columns that the charter does not list do not exist for analysts.")
	WrongRole = fault.Declare("TACIT-P103", "column used against its role",
		"The charter gives the column a role that does not allow this use.",
		"Categories: =, IN, IS NULL and GROUP BY. Measures: aggregates, comparisons and width_bucket. Times: ranges and date_trunc. Identifiers and hidden columns: nothing.")
	Identifying = fault.Declare("TACIT-P104", "identifier used",
		"The query uses a column with the role identifier in a filter, a group, an aggregate or a result.",
		"Leave the column out: identifiers point at persons.")
	OffGrid = fault.Declare("TACIT-P105", "constant off the declared grid",
		"A measure is compared or binned with a constant that is not a multiple of its declared resolution or not a value of its type.",
		"Round the constant to a multiple of the column's resolution.")
	OutsideDomain = fault.Declare("TACIT-P106", "constant outside the declared domain",
		"A category is compared with a value that the charter does not list for it.",
		"Use a value of the declared domain, as \"tacit space show\" lists it.")
	WrongType = fault.Declare("TACIT-P107", "constant of the wrong type",
		"A column is compared with a constant of another type.",
		"Write a constant of the column's type.")
	TooFine = fault.Declare("TACIT-P108", "finer than the declared grain",
		"A time column is grouped or cut at instants that are not the start of a period of its declared grain.",
		"Use a coarser date_trunc, and ranges of whole periods: t >= start AND t < end, both starts of periods.")
	Narrowed = fault.Declare("TACIT-P109", "aggregate not allowed for the column",
		"The charter narrows the aggregates of this measure, and this one is not among them.",
		"Use an aggregate that the charter lists for the column.")
	NoDomain = fault.Declare("TACIT-P110", "group without declared values",
		"A group key has no declared domain or range, so the cells of the result are not known beforehand.",
		"Group by a column with a declared domain, or limit the time column on both sides in WHERE.")
	BadBins = fault.Declare("TACIT-P111", "bins off the declared grid",
		"The bins of width_bucket do not begin, end or divide on multiples of the measure's resolution.",
		"Choose bounds and a number of bins so that each bin is a multiple of the resolution wide.")
)

// Kind returns the kind of constant that a column is compared with.
func Kind(c *charter.Column) ValueKind {
	switch c.Kind() {
	case charter.KindInteger:
		return Integer
	case charter.KindDecimal, charter.KindDouble:
		return Decimal
	case charter.KindText:
		return Text
	case charter.KindBoolean:
		return Boolean
	case charter.KindDate:
		return Date
	case charter.KindTimestamp:
		return Timestamp
	default:
		return Null
	}
}

// usable refuses identifiers and hidden columns.
func usable(c *charter.Column) *fault.Fault {
	switch c.Role {
	case charter.Category, charter.Measure, charter.Time:
		return nil
	case charter.Identifier:
		return Identifying.New("column %q identifies persons", c.Name)
	default:
		return WrongRole.New("column %q has no role that lets a query use it", c.Name)
	}
}

// PresenceRule says whether a query may ask if a column is NULL, in IS NULL and COUNT.
// A charter that narrows a measure without "count" is no obstacle here: every other
// aggregate needs the count of the values behind it.
func PresenceRule(c *charter.Column) *fault.Fault { return usable(c) }

// CompareRule says whether a query may compare a column with a constant of its type
// by op; op In stands for one value of the list. The fault never repeats the constant.
func CompareRule(c *charter.Column, op Op, v Value) *fault.Fault {
	if f := usable(c); f != nil {
		return f
	}
	if v.Kind != Kind(c) || !v.canonical() {
		return WrongType.New("column %q of type %s is compared with a constant of another type", c.Name, c.Type)
	}
	switch c.Role {
	case charter.Category:
		return categoryRule(c, op, v)
	case charter.Time:
		return timeRule(c, op, v)
	default:
		if f := gridRule(c, v); f != nil {
			return f
		}
		return cutRule(c, op, v)
	}
}

func categoryRule(c *charter.Column, op Op, v Value) *fault.Fault {
	if op != Eq && op != Ne && op != In {
		return WrongRole.New("column %q is a category: its values have no order", c.Name).
			With("Use =, <>, IN, NOT IN or IS NULL.")
	}
	if !declares(c, v) {
		return OutsideDomain.New("the constant is not in the declared domain of column %q", c.Name)
	}
	return nil
}

// declares reports whether a constant of the column's kind is in its domain.
func declares(c *charter.Column, v Value) bool {
	return slices.Contains(c.Domain, v.Text) || v.Kind == Boolean && len(c.Domain) == 0
}

// Domain returns the declared values of a category, in display order.
func Domain(c *charter.Column) []Value {
	kind := Kind(c)
	if kind == Boolean && len(c.Domain) == 0 {
		return []Value{BoolValue(false), BoolValue(true)}
	}
	out := make([]Value, len(c.Domain))
	for i, text := range c.Domain {
		out[i] = Value{Kind: kind, Text: text}
	}
	return out
}

// gridRule accepts values of the type, for doubles multiples of the resolution
// that a double can tell from its neighbours.
func gridRule(c *charter.Column, v Value) *fault.Fault {
	if c.Kind() != charter.KindDouble {
		if c.Parsed().CheckValue(v.Text) != "" {
			return OffGrid.New("the constant is not a value of column %q, of type %s", c.Name, c.Type)
		}
		return nil
	}
	step := c.ResolutionRat()
	if step == nil {
		return OffGrid.New("column %q declares no resolution", c.Name)
	}
	steps := new(big.Rat).Quo(v.Rat(), step)
	if !steps.IsInt() || steps.Num().BitLen() > 53 {
		return OffGrid.New("the constant is not a multiple of %s, the resolution of column %q", c.Resolution, c.Name)
	}
	return nil
}

// timeRule accepts cuts between two periods of the declared grain.
func timeRule(c *charter.Column, op Op, v Value) *fault.Fault {
	g, ok := grainOf(c)
	t, valid := v.Time()
	if !ok || !valid {
		return TooFine.New("column %q declares no grain", c.Name)
	}
	fine := false
	switch op {
	case Lt, Ge:
		fine = !g.Trunc(t).Equal(t)
	case Le, Gt:
		after := t.Add(tick(c))
		fine = !g.Trunc(after).Equal(after)
	default: // one instant: a period of its own only for days
		fine = !g.Next(t).Equal(t.Add(tick(c)))
	}
	if fine {
		return TooFine.New("column %q is cut inside a period of its declared grain, %s", c.Name, g)
	}
	return nil
}

// tick is the distance of two neighbouring values of a time column.
func tick(c *charter.Column) time.Duration {
	if c.Kind() == charter.KindDate {
		return 24 * time.Hour
	}
	return time.Microsecond
}

// FactorRule says whether a query may sum a measure, or with other given its
// product with other, which is a square if both are the same column.
func FactorRule(c, other *charter.Column) *fault.Fault {
	if f := usable(c); f != nil {
		return f
	}
	if c.Role != charter.Measure {
		f := WrongRole.New("column %q is not a measure: it can be counted, not summed", c.Name)
		if c.Kind() == charter.KindBoolean {
			f.With("Write COUNT(*) FILTER (WHERE %s).", QuoteName(c.Name))
		}
		return f
	}
	need := []string{"sum", "avg", "variance", "covariance"}
	switch {
	case other == nil:
	case other.Name == c.Name:
		need = []string{"variance", "covariance"}
	default:
		need = []string{"covariance"}
	}
	if !slices.ContainsFunc(need, c.Allows) {
		return Narrowed.New("column %q allows none of the aggregates that need this sum", c.Name)
	}
	if c.ResolutionRat() == nil || unitBound(c) == nil {
		return OffGrid.New("column %q declares no range or resolution", c.Name)
	}
	return nil
}

// unitBound is the largest absolute value of a measure in units of its resolution,
// rounded up; nil without a declared range.
func unitBound(c *charter.Column) *big.Int {
	lo, hi, ok := c.RangeRat()
	res := c.ResolutionRat()
	if !ok || res == nil {
		return nil
	}
	largest := lo.Abs(lo)
	if h := hi.Abs(hi); h.Cmp(largest) > 0 {
		largest = h
	}
	units := new(big.Rat).Quo(largest, res)
	up := new(big.Int).Add(units.Num(), units.Denom())
	up.Sub(up, big.NewInt(1))
	return up.Quo(up, units.Denom())
}

// BinRule says whether a measure may be cut into count bins from lo to hi.
func BinRule(c *charter.Column, lo, hi Value, count int) *fault.Fault {
	if f := usable(c); f != nil {
		return f
	}
	if c.Role != charter.Measure || c.Kind() == charter.KindBoolean {
		return WrongRole.New("column %q cannot be cut into bins: it is not a measure that is a number", c.Name)
	}
	l, h, step := lo.Rat(), hi.Rat(), c.ResolutionRat()
	if l == nil || h == nil || step == nil || count < 1 || l.Cmp(h) >= 0 {
		return BadBins.New("width_bucket of column %q needs increasing bounds and at least one bin", c.Name)
	}
	for _, v := range []Value{lo, hi} {
		if f := gridRule(c, v); f != nil {
			return f
		}
	}
	width := new(big.Rat).Sub(h, l)
	width.Quo(width, new(big.Rat).Mul(step, big.NewRat(int64(count), 1)))
	if !width.IsInt() {
		return BadBins.New("%d bins of column %q are not a multiple of its resolution wide", count, c.Name)
	}
	return stepRule(c, l, h, count)
}
