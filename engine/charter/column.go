package charter

import (
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/decimal"
)

// Kind is the type of a column without its parameters.
type Kind uint8

// Kinds. The zero Kind stands for a type that cannot be parsed.
const (
	KindInteger   Kind = iota + 1 // 64 bits, signed
	KindDecimal                   // exact, with precision and scale
	KindDouble                    // IEEE 754, 64 bits
	KindText                      // UTF-8 without NUL
	KindBoolean                   // false, true
	KindDate                      // a day
	KindTimestamp                 // microseconds, without a zone
)

var kindNames = map[string]Kind{
	"integer": KindInteger, "double": KindDouble, "text": KindText,
	"boolean": KindBoolean, "date": KindDate, "timestamp": KindTimestamp,
}

// String returns the name of the kind as a charter writes it.
func (k Kind) String() string {
	if k == KindDecimal {
		return "decimal"
	}
	for name, kind := range kindNames {
		if kind == k {
			return name
		}
	}
	return "invalid"
}

// Type is the parsed type of a column.
type Type struct {
	Kind      Kind
	Precision int // of a decimal, in [1, MaxPrecision]: digits in all
	Scale     int // of a decimal, in [0, Precision]: digits after the point
}

// MaxPrecision is the largest number of digits of a decimal column.
const MaxPrecision = 38

var errType = errors.New(`type is none of integer, decimal(p,s), double, text, boolean, date, timestamp`)

// ParseType reads the text of a column's type.
func ParseType(text string) (Type, error) {
	if kind, ok := kindNames[text]; ok {
		return Type{Kind: kind}, nil
	}
	args, ok := strings.CutPrefix(text, "decimal(")
	if !ok {
		return Type{}, errType
	}
	args, closed := strings.CutSuffix(args, ")")
	if !closed {
		return Type{}, errors.New(`"decimal(p,s)" needs its quotes inside { }`)
	}
	first, second, _ := strings.Cut(args, ",")
	p, err1 := strconv.Atoi(strings.TrimSpace(first))
	s, err2 := strconv.Atoi(strings.TrimSpace(second))
	if err1 != nil || err2 != nil || p < 1 || p > MaxPrecision || s < 0 || s > p {
		return Type{}, errors.New("decimal(p,s) wants 1 <= p <= 38 and 0 <= s <= p")
	}
	return Type{Kind: KindDecimal, Precision: p, Scale: s}, nil
}

// String returns the canonical text of the type.
func (t Type) String() string {
	if t.Kind == KindDecimal {
		return "decimal(" + strconv.Itoa(t.Precision) + "," + strconv.Itoa(t.Scale) + ")"
	}
	return t.Kind.String()
}

// Parsed returns the parsed type; the zero Type if it is malformed, which a
// validated charter does not have.
func (c *Column) Parsed() Type {
	t, _ := ParseType(c.Type)
	return t
}

// Kind is the type of the column without its parameters.
func (c *Column) Kind() Kind { return c.Parsed().Kind }

// Precision is the number of digits of a decimal column, 0 for others.
func (c *Column) Precision() int { return c.Parsed().Precision }

// Scale is the number of digits after the point of a decimal column, 0 for others.
func (c *Column) Scale() int { return c.Parsed().Scale }

// IsNullable reports whether the column may hold NULL; it may unless the charter
// says "nullable: false".
func (c *Column) IsNullable() bool { return c.Nullable == nil || *c.Nullable }

// Allows reports whether the charter lets analysts use an aggregate of the
// column: one of [Aggregates]. Only measures have aggregates.
func (c *Column) Allows(aggregate string) bool {
	if c.Role != Measure || !slices.Contains(Aggregates, aggregate) {
		return false
	}
	return len(c.Aggregates) == 0 || slices.Contains(c.Aggregates, aggregate)
}

// K is the column's own minimum cohort, in privacy units: the smallest count of units
// that a released number may rest on if it was made with the column, be it by adding,
// counting, filtering or grouping. 1 if the column declares none. The table's
// [Table.K] holds besides: of the two, the larger counts.
func (c *Column) K() int {
	if c.MinCohort == nil {
		return 1
	}
	return *c.MinCohort
}

// ResolutionRat is the value that one unit of a contributed integer stands for:
// 1 for integer and boolean columns, 10^-s for decimal(p,s), the declared
// resolution for doubles. It is nil for columns that are no numbers.
func (c *Column) ResolutionRat() *big.Rat {
	switch t := c.Parsed(); t.Kind {
	case KindInteger, KindBoolean:
		return big.NewRat(1, 1)
	case KindDecimal:
		return decimal.Pow10(-t.Scale)
	case KindDouble:
		r, err := decimal.Parse(c.Resolution)
		if err != nil || r.Sign() <= 0 {
			return nil
		}
		return r
	default:
		return nil
	}
}

// RangeRat is the declared range of a number, both ends inclusive and in the
// column's unit; ok is false if there is none. A boolean has the range [0, 1].
func (c *Column) RangeRat() (lo, hi *big.Rat, ok bool) {
	kind := c.Kind()
	if kind == KindBoolean {
		return new(big.Rat), big.NewRat(1, 1), true
	}
	if len(c.Range) != 2 || !numeric(kind) {
		return nil, nil, false
	}
	lo, err1 := decimal.Parse(c.Range[0])
	hi, err2 := decimal.Parse(c.Range[1])
	if err1 != nil || err2 != nil {
		return nil, nil, false
	}
	return lo, hi, true
}

// RangeTime is the declared range of a date or timestamp, both ends inclusive and
// in UTC; ok is false if there is none.
func (c *Column) RangeTime() (from, to time.Time, ok bool) {
	kind := c.Kind()
	if len(c.Range) != 2 {
		return time.Time{}, time.Time{}, false
	}
	from, err1 := ParseInstant(kind, c.Range[0])
	to, err2 := ParseInstant(kind, c.Range[1])
	if err1 != nil || err2 != nil {
		return time.Time{}, time.Time{}, false
	}
	return from, to, true
}

func numeric(k Kind) bool { return k == KindInteger || k == KindDecimal || k == KindDouble }
