package column

import (
	"context"
	"fmt"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// Faults. Their messages hold no value.
var (
	ErrSlot = fault.Declare("TACIT-D031", "group outside the declared values",
		"The local result has a group that the charter does not declare, or NULL where there is none.",
		"Validate the table (\"tacit doctor\"): its categories and times must lie in the declared domains and ranges.")
	ErrBound = fault.Declare("TACIT-D032", "sum beyond the declared bound",
		"A local sum is larger than max_rows times the declared ranges allow, or a local count of privacy units than the rows that they are counted in.",
		"Validate the table (\"tacit doctor\"): its values must lie in the declared ranges.")
	ErrShape = fault.Declare("TACIT-D033", "local result of another shape",
		"The local engine returned other columns than the plan asks for. This is a fault of the program.",
		"Report it with the worker's log.")
)

// Vector reads the stream to its end and returns the contribution: p.Length()
// elements of p.Width bits in two's complement, and the number of rows of the
// table that are in it, which is the sum of the first sum over all cells. The plan has
// passed [plan.Check] against ch. The caller still releases rdr.
func Vector(ctx context.Context, rdr array.RecordReader, p *plan.Plan, ch *charter.Charter) (ring.Vector, int64, error) {
	sums, _, rows, err := Cells(ctx, rdr, p, nil, ch)
	return sums, rows, err
}

// Cells is [Vector] over a stream that has a column per guard after the sums, as
// source.Engine.AggregateUnits gives it. It also returns the privacy units of this
// owner that each guard counts in each cell of [plan.Plan.Across]: units[guard][cell], each at most the
// rows of the cell, and so at most max_rows ([plan.UnitBound]).
//
// Units of one cell that come in two rows are a fault: distinct units do not add up. Only in
// a table without a unit column, where rows are counted, those of a curve do.
func Cells(ctx context.Context, rdr array.RecordReader, p *plan.Plan, guards []plan.Guard, ch *charter.Charter) (sums ring.Vector, units [][]uint64, rows int64, err error) {
	b, err := newBuilder(rdr.Schema(), p, plan.Bounds(p, ch), len(guards), ch.Table(p.Table).Unit == "")
	if err == nil {
		err = b.read(ctx, rdr)
	}
	if err != nil {
		return ring.Vector{}, nil, 0, err
	}
	return b.out, b.counts.units, b.rows, nil
}

// read adds all records and checks what can be checked only of whole cells.
func (b *builder) read(ctx context.Context, rdr array.RecordReader) error {
	for rdr.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.add(rdr.Record()); err != nil {
			return err
		}
	}
	if err := rdr.Err(); err != nil {
		return err
	}
	return b.counts.within(func(cell int) uint64 { return b.element(cell * b.sums).LowBits() })
}

// builder holds the vector in the making. Cells may come in several rows, which add up.
type builder struct {
	schema *arrow.Schema
	keys   []*key
	sums   int
	bounds []decimal128.Num // of the absolute value, per sum
	out    ring.Vector
	counts counts
	rows   int64
	cells  []int // of the record's rows
}

func newBuilder(schema *arrow.Schema, p *plan.Plan, bounds []*big.Int, guards int, rows bool) (*builder, error) {
	if n, want := schema.NumFields(), len(p.Keys)+len(p.Sums)+guards; n != want {
		return nil, ErrShape.New("%d columns, wants %d", n, want)
	}
	width := ring.Width(p.Width)
	if !width.Valid() || len(bounds) != len(p.Sums) || p.Length() > plan.MaxLength {
		return nil, ErrShape.New("width %d, %d bounds for %d sums, %d elements", p.Width, len(bounds), len(p.Sums), p.Length())
	}
	b := &builder{schema: schema, sums: len(p.Sums), out: ring.NewVector(width, p.Length())}
	b.counts.points, b.counts.adds = p.Points(), p.Along() != nil && rows
	if err := b.counts.prepare(schema, guards, p.Cells()); err != nil {
		return nil, err
	}
	for i := range p.Keys {
		k, err := newKey(&p.Keys[i], schema.Field(i).Type)
		if err != nil {
			return nil, ErrShape.New("key %d: %w", i+1, err)
		}
		b.keys = append(b.keys, k)
	}
	for i, bound := range bounds {
		if bound.Sign() < 0 || bound.BitLen() > int(p.Width)-2 { // three owners or more share the width
			return nil, ErrShape.New("the bound of sum %d does not fit the width", i+1)
		}
		b.bounds = append(b.bounds, decimal128.FromBigInt(bound))
		if err := checkSum(schema.Field(len(p.Keys) + i).Type); err != nil {
			return nil, ErrShape.New("sum %d: %w", i+1, err)
		}
	}
	return b, nil
}

func checkSum(t arrow.DataType) error {
	if t.ID() != arrow.INT64 && t.ID() != arrow.DECIMAL128 {
		return fmt.Errorf("a column of type %s", t)
	}
	return nil
}

func (b *builder) add(rec arrow.Record) error {
	if !rec.Schema().Equal(b.schema) {
		return ErrShape.New("a record of another schema")
	}
	n := int(rec.NumRows())
	if cap(b.cells) < n {
		b.cells = make([]int, n)
	}
	b.cells = b.cells[:n]
	clear(b.cells)
	for i, k := range b.keys {
		if !k.extend(b.cells, rec.Column(i)) {
			return ErrSlot.New("key %d has a value outside its %d slots", i+1, k.size)
		}
	}
	for s := range b.sums {
		if err := b.addSum(s, rec.Column(len(b.keys)+s)); err != nil {
			return err
		}
	}
	return b.counts.add(b.cells, rec)
}

// addSum adds a column of sums. NULL is the sum over no rows.
func (b *builder) addSum(s int, col arrow.Array) error {
	for i, cell := range b.cells {
		if col.IsNull(i) {
			continue
		}
		x, at := units(col, i), cell*b.sums+s
		sum := x.Add(b.element(at)) // no wrap: both are below 2^126
		if b.beyond(s, x) || b.beyond(s, sum) {
			return ErrBound.New("sum %d is beyond its bound of %d bits", s+1, b.bounds[s].BigInt().BitLen())
		}
		if s == 0 {
			b.rows += int64(x.LowBits())
		}
		b.set(at, sum)
	}
	return nil
}

// beyond reports whether a sum is larger than its bound, or a number of rows negative.
func (b *builder) beyond(s int, x decimal128.Num) bool {
	abs := x.Abs() // of -2^127: itself
	return abs.Sign() < 0 || abs.Greater(b.bounds[s]) || s == 0 && x.Sign() < 0
}

// units returns a sum as a whole number. A decimal's scale only says where to print
// its point: the unit of the plan is the last digit.
func units(col arrow.Array, i int) decimal128.Num {
	switch col := col.(type) {
	case *array.Int64:
		return decimal128.FromI64(col.Value(i))
	default:
		return col.(*array.Decimal128).Value(i)
	}
}

// element returns an element as a signed number.
func (b *builder) element(i int) decimal128.Num {
	if b.out.Width == ring.Width64 {
		return decimal128.FromI64(int64(b.out.Words[i]))
	}
	return decimal128.New(int64(b.out.Words[2*i+1]), b.out.Words[2*i])
}

func (b *builder) set(i int, x decimal128.Num) {
	if b.out.Width == ring.Width64 {
		b.out.Words[i] = x.LowBits()
		return
	}
	b.out.Words[2*i], b.out.Words[2*i+1] = x.LowBits(), uint64(x.HighBits())
}
