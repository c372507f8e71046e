package plan

// Plan is the compiled query as the workers see it: which integers each owner
// contributes for every cell of the result. It names only columns of the
// charter, in a closed grammar; there is no text that an engine would parse.
//
// A cell is one combination of key slots; cells are numbered so that the slot of the
// last key varies fastest. The vector that an owner contributes
// is cell-major: element cell*len(Sums)+s is sum s of the cell.
type Plan struct {
	Table string
	Where *Predicate // nil: all rows
	Keys  []Key      // GROUP BY; none: one cell
	Sums  []Sum      // Sums[0] is always the row count of the cell
	Width Width      // of a vector element; derived from the declared ranges, checked by every worker

	Privacy *Privacy // nil: exact numbers
	Model   *Model   // nil: no sum is weighted
}

// Width is the size of a vector element in bits: sums are taken modulo 2^Width
// in two's complement.
type Width uint8

// Widths.
const (
	Width64  Width = 64
	Width128 Width = 128
)

// Sum is Σ Π Factors over the rows of the cell that pass Filter and in which
// every factor and every column of Present is not NULL. With no factors it is a count.
//
// A factor enters as an integer multiple of its column's resolution: integer and
// boolean columns as they are, decimal(p,s) times 10^s, double rounded half away from
// zero to a multiple of the declared resolution.
type Sum struct {
	Factors []string   // 0, 1 or 2 measures, sorted; the same one twice is its square. Weighted sums have up to 4
	Present []string   // sorted, without the factors
	Filter  *Predicate // nil: every row of the cell
	Weight  Weight     // of the plan's model: each summand is multiplied by it
	// Fraction: weighted summands are rounded to multiples of 2^-Fraction; derived, as Width is. 0 without a weight.
	Fraction uint8
}

// KeyKind tells how a key maps a row to a slot.
type KeyKind uint8

// Kinds of keys.
const (
	KeyColumn KeyKind = iota + 1 // the value of a category column
	KeyTrunc                     // date_trunc of a time column
	KeyBins                      // width_bucket of a measure
	KeyCase                      // CASE over predicates
)

// Key is one GROUP BY expression. Its slots are, in order: the values listed in
// Slots, then NULL if Null is set.
//
// The slots of a KeyTrunc are Timestamps whatever the type of the column, as in
// DuckDB. Slots and Null of a key over one column are a function of the column's
// declaration and of the plan's Where: see [Key.Derive].
type Key struct {
	Kind   KeyKind
	Column string  // KeyColumn, KeyTrunc, KeyBins
	Slots  []Value // what each slot is shown as; KeyTrunc: consecutive instants; KeyBins: 0…Count+1
	Null   bool    // the key can be NULL
	Grain  Grain   // KeyTrunc
	Lo, Hi Value   // KeyBins: bounds, decimal
	Count  int     // KeyBins: bins between Lo and Hi
	Arms   []Arm   // KeyCase: first that holds; Slots are the distinct results, in order of first appearance
	Else   int     // KeyCase: slot of ELSE; len(Slots) is NULL
	Along  bool    // KeyTrunc, KeyBins, the last key: its slots are one curve, see [Plan.Along]
}

// Arm is one WHEN … THEN of a CASE key.
type Arm struct {
	When *Predicate
	Slot int // index into Key.Slots; len(Slots) is NULL
}

// Grain is a date_trunc unit.
type Grain uint8

// Grains, from fine to coarse.
const (
	Minute Grain = iota + 1
	Hour
	Day
	Week // ISO, from Monday
	Month
	Quarter
	Year
)

// Op is a node of a [Predicate].
type Op uint8

// Operators. The column operators compare Column with constants of its own type.
const (
	And    Op = iota + 1 // Args, two or more
	Or                   // Args, two or more
	Not                  // Args, one
	Eq                   // Column = Values[0]
	Ne                   // Column <> Values[0]
	Lt                   // Column < Values[0]
	Le                   // Column <= Values[0]
	Gt                   // Column > Values[0]
	Ge                   // Column >= Values[0]
	In                   // Column IN (Values…)
	IsNull               // Column IS NULL
)

// Predicate is a condition over columns of the table, in SQL's three-valued
// logic. BETWEEN, NOT IN and IS NOT NULL are written with And and Not.
//
// The canonical form, which [AllOf], [AnyOf], [Negate], [Compare] and [OneOf] build:
// no And inside And, no Or inside Or, Not only above And, Or, In and IsNull, the
// values of In sorted and at least two, a boolean column only with Eq, and
// constants of the column's type: Decimal for decimals and doubles.
type Predicate struct {
	Op     Op
	Args   []*Predicate
	Column string
	Values []Value
}

// ValueKind is the type of a constant.
type ValueKind uint8

// Kinds of constants, and the one text each value has.
const (
	Null      ValueKind = iota // ""
	Integer                    // "-42": no plus sign, no leading zeros
	Decimal                    // "-1.5": no exponent, no trailing zeros, "0.5" with its zero; also for doubles
	Text                       // as it is, valid UTF-8 of printable characters
	Boolean                    // "true", "false"
	Date                       // "2024-01-31"
	Timestamp                  // "2024-01-31 23:59:59", ".123456" only if not zero; no zone
)

// Value is a constant in its canonical text.
type Value struct {
	Kind ValueKind
	Text string
}
