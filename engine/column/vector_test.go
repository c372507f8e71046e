package column_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// stream makes a reader of one record; nil is NULL.
func stream(t *testing.T, mem memory.Allocator, types []arrow.DataType, rows ...[]any) array.RecordReader {
	t.Helper()
	fields := make([]arrow.Field, len(types))
	for i, typ := range types {
		fields[i] = arrow.Field{Name: "c", Type: typ, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for _, row := range rows {
		for i, v := range row {
			appendValue(t, b.Field(i), v)
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	r, err := array.NewRecordReader(schema, []arrow.Record{rec})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func appendValue(t *testing.T, b array.Builder, v any) {
	t.Helper()
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.Int64Builder:
		b.Append(int64(v.(int)))
	case *array.Int32Builder:
		b.Append(int32(v.(int)))
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.(int)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.(int)))
	case *array.Decimal128Builder:
		switch v := v.(type) {
		case int:
			b.Append(decimal128.FromI64(int64(v)))
		case decimal128.Num:
			b.Append(v)
		}
	case *array.Float64Builder:
		b.Append(v.(float64))
	default:
		t.Fatalf("no builder for %T", v)
	}
}

var (
	text   = arrow.BinaryTypes.String
	int32s = arrow.PrimitiveTypes.Int32
	int64s = arrow.PrimitiveTypes.Int64
	huge   = &arrow.Decimal128Type{Precision: 38, Scale: 0}
	micros = &arrow.TimestampType{Unit: arrow.Microsecond}
)

// small is a charter of 100 rows of x in [-1000, 1000], which needs 64 bits, and of
// y in ±10^30, which needs 128.
func small() *charter.Charter {
	one := 1
	ch := testCharter()
	ch.Tables = []charter.Table{{Name: "t", MinCohort: &one, MaxRows: 100, Columns: []charter.Column{
		{Name: "x", Type: "integer", Role: charter.Measure, Range: []string{"-1000", "1000"}},
		{Name: "y", Type: "decimal(38,0)", Role: charter.Measure, Range: []string{"-1000000000000000000000000000000", "1000000000000000000000000000000"}},
	}}}
	return ch
}

func sums(width plan.Width, measures ...string) *plan.Plan {
	p := &plan.Plan{Table: "t", Width: width, Sums: []plan.Sum{{}}}
	for _, m := range measures {
		p.Sums = append(p.Sums, plan.Sum{Factors: []string{m}})
	}
	return p
}

func keyed(k plan.Key) *plan.Plan {
	p := sums(plan.Width64)
	p.Keys = []plan.Key{k}
	return p
}

func values(kind plan.ValueKind, texts ...string) []plan.Value {
	out := make([]plan.Value, len(texts))
	for i, s := range texts {
		out[i] = plan.Value{Kind: kind, Text: s}
	}
	return out
}

// TestKeys: each Arrow type of each kind of key, with NULL last.
func TestKeys(t *testing.T) {
	const day = 86_400_000_000
	for name, c := range map[string]struct {
		key  plan.Key
		typ  arrow.DataType
		rows []any // of slots 0, 1, …, NULL
		bad  any
	}{
		"text":         {plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Text, "a", "", "é")}, text, []any{"a", "", "é", nil}, "A"},
		"integer":      {plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Integer, "-7", "9223372036854775807")}, int64s, []any{-7, math.MaxInt64, nil}, 7},
		"boolean":      {plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Boolean, "true")}, arrow.FixedWidthTypes.Boolean, []any{true, nil}, false},
		"decimal":      {plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Decimal, "1.5", "-2")}, &arrow.Decimal128Type{Precision: 9, Scale: 2}, []any{150, -200, nil}, 15},
		"date":         {plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Date, "1970-01-02", "1969-12-31")}, arrow.FixedWidthTypes.Date32, []any{1, -1, nil}, 0},
		"month":        {plan.Key{Kind: plan.KeyTrunc, Slots: values(plan.Timestamp, "1970-01-01 00:00:00", "1970-02-01 00:00:00")}, micros, []any{0, 31 * day, nil}, 1},
		"month, date":  {plan.Key{Kind: plan.KeyTrunc, Slots: values(plan.Timestamp, "1970-01-01 00:00:00", "1970-02-01 00:00:00")}, arrow.FixedWidthTypes.Date32, []any{0, 31, nil}, 1},
		"month, dates": {plan.Key{Kind: plan.KeyTrunc, Slots: values(plan.Date, "1970-01-01", "1970-02-01")}, micros, []any{0, 31 * day, nil}, -1},
		"bins":         {plan.Key{Kind: plan.KeyBins, Slots: plan.BinSlots(1)}, int64s, []any{0, 1, 2, nil}, -1},
		"case":         {plan.Key{Kind: plan.KeyCase, Slots: values(plan.Text, "p", "q")}, int32s, []any{0, 1, nil}, 3},
	} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		c.key.Null = true
		var rows [][]any
		for i, v := range c.rows {
			rows = append(rows, []any{v, i + 1})
		}
		types := []arrow.DataType{c.typ, int64s}
		r := stream(t, mem, types, rows...)
		got, n, err := column.Vector(t.Context(), r, keyed(c.key), small())
		r.Release()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i := range c.rows {
			if got.Big(i).Int64() != int64(i+1) {
				t.Errorf("%s: slot %d has %s", name, i, got.Big(i))
			}
		}
		if want := int64(len(rows) * (len(rows) + 1) / 2); n != want {
			t.Errorf("%s: %d rows, wants %d", name, n, want)
		}
		c.key.Null = false
		for _, bad := range []any{c.bad, nil} {
			r = stream(t, mem, types, []any{bad, 1})
			_, _, err = column.Vector(t.Context(), r, keyed(c.key), small())
			r.Release()
			wantCode(t, err, column.ErrSlot)
		}
		mem.AssertSize(t, 0)
	}
}

// TestCellOrder: the last key runs fastest, rows of one cell add up.
func TestCellOrder(t *testing.T) {
	p := sums(plan.Width64, "x")
	p.Keys = []plan.Key{
		{Kind: plan.KeyColumn, Slots: values(plan.Text, "a", "b")},
		{Kind: plan.KeyBins, Slots: plan.BinSlots(1), Null: true},
	}
	r := stream(t, memory.DefaultAllocator, []arrow.DataType{text, int64s, int64s, huge},
		[]any{"b", 2, 3, -30}, []any{"a", nil, 5, nil}, []any{"b", 2, 4, 7}, []any{"a", 0, 0, 0})
	defer r.Release()
	got, rows, err := column.Vector(t.Context(), r, p, small())
	if err != nil {
		t.Fatal(err)
	}
	want := make([]*big.Int, 16)
	for i := range want {
		want[i] = new(big.Int)
	}
	want[2*3].SetInt64(5)
	want[2*(4+2)].SetInt64(7)
	want[2*(4+2)+1].SetInt64(-23)
	expected, err := ring.FromBig(ring.Width64, want)
	if err != nil || !got.Equal(expected) || rows != 12 {
		t.Errorf("%v, %d rows, %v", got.Words, rows, err)
	}
}

// TestBounds: an element at its bound passes, one beyond is refused, also where it is
// several rows that go beyond, or where it would wrap around to something small.
func TestBounds(t *testing.T) {
	limit := new(big.Int).Mul(big.NewInt(100), new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil))
	above := new(big.Int).Add(limit, big.NewInt(1))
	min128 := decimal128.New(math.MinInt64, 0)
	num := decimal128.FromBigInt
	for _, c := range []struct {
		plan *plan.Plan
		rows [][]any
		ok   bool
	}{
		{sums(plan.Width64, "x"), [][]any{{100, 100_000}}, true},
		{sums(plan.Width64, "x"), [][]any{{100, -100_000}}, true},
		{sums(plan.Width64, "x"), [][]any{{100, 100_001}}, false},
		{sums(plan.Width64, "x"), [][]any{{100, -100_001}}, false},
		{sums(plan.Width64, "x"), [][]any{{50, 100_000}, {50, 1}}, false},
		{sums(plan.Width64, "x"), [][]any{{101, 0}}, false},
		{sums(plan.Width64, "x"), [][]any{{-1, 0}}, false},
		{sums(plan.Width64, "x"), [][]any{{1, decimal128.New(1, 0)}}, false}, // 2^64: zero modulo 2^64
		{sums(plan.Width64, "x"), [][]any{{1, min128}}, false},
		{sums(plan.Width128, "y"), [][]any{{100, num(limit)}}, true},
		{sums(plan.Width128, "y"), [][]any{{100, num(new(big.Int).Neg(limit))}}, true},
		{sums(plan.Width128, "y"), [][]any{{100, num(above)}}, false},
		{sums(plan.Width128, "y"), [][]any{{100, num(new(big.Int).Neg(above))}}, false},
		{sums(plan.Width128, "y"), [][]any{{100, min128}}, false},
		{sums(plan.Width128, "y"), [][]any{{1, num(limit)}, {1, num(limit)}}, false},
		{sums(plan.Width128, "y"), [][]any{{1, nil}}, true},
		{sums(plan.Width64, "y"), [][]any{{1, nil}}, false}, // a plan of the wrong width
	} {
		r := stream(t, memory.DefaultAllocator, []arrow.DataType{int64s, huge}, c.rows...)
		got, _, err := column.Vector(t.Context(), r, c.plan, small())
		r.Release()
		if c.ok != (err == nil) {
			t.Errorf("%v: %v", c.rows, err)
		}
		if c.ok && err == nil && c.rows[0][1] != nil {
			want := toBig(c.rows[0][1])
			if got.Big(1).Cmp(want) != 0 {
				t.Errorf("%v: got %s", c.rows, got.Big(1))
			}
		}
	}
}

func toBig(v any) *big.Int {
	if n, ok := v.(int); ok {
		return big.NewInt(int64(n))
	}
	return v.(decimal128.Num).BigInt()
}

func TestShapes(t *testing.T) {
	f64 := arrow.PrimitiveTypes.Float64
	key := plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Text, "a")}
	for name, c := range map[string]struct {
		plan  *plan.Plan
		types []arrow.DataType
	}{
		"no columns":        {sums(plan.Width64), nil},
		"too many":          {sums(plan.Width64), []arrow.DataType{int64s, int64s}},
		"double sum":        {sums(plan.Width64, "x"), []arrow.DataType{int64s, f64}},
		"double key":        {keyed(key), []arrow.DataType{f64, int64s}},
		"integer for text":  {keyed(key), []arrow.DataType{int64s, int64s}},
		"time with zone":    {keyed(plan.Key{Kind: plan.KeyTrunc, Slots: values(plan.Timestamp, "2024-01-01 00:00:00")}), []arrow.DataType{&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, int64s}},
		"nanoseconds":       {keyed(plan.Key{Kind: plan.KeyTrunc, Slots: values(plan.Timestamp, "2024-01-01 00:00:00")}), []arrow.DataType{arrow.FixedWidthTypes.Timestamp_ns, int64s}},
		"text bins":         {keyed(plan.Key{Kind: plan.KeyBins, Slots: plan.BinSlots(1)}), []arrow.DataType{text, int64s}},
		"unknown kind":      {keyed(plan.Key{Kind: 9, Slots: values(plan.Text, "a")}), []arrow.DataType{text, int64s}},
		"the same slot":     {keyed(plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Decimal, "1", "1.0")}), []arrow.DataType{huge, int64s}},
		"slot off the type": {keyed(plan.Key{Kind: plan.KeyColumn, Slots: values(plan.Decimal, "1.5")}), []arrow.DataType{huge, int64s}},
		"width":             {sums(32), []arrow.DataType{int64s}},
	} {
		r := stream(t, memory.DefaultAllocator, c.types)
		_, _, err := column.Vector(t.Context(), r, c.plan, small())
		r.Release()
		if !column.ErrShape.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStreamFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := stream(t, memory.DefaultAllocator, []arrow.DataType{int64s}, []any{1})
	defer r.Release()
	if _, _, err := column.Vector(ctx, r, sums(plan.Width64), small()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := column.Vector(t.Context(), failing{r}, sums(plan.Width64), small()); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

var errBroken = errors.New("broken")

// failing ends at once with an error.
type failing struct{ array.RecordReader }

func (failing) Next() bool { return false }
func (failing) Err() error { return errBroken }

func wantCode(t *testing.T, err error, kind *fault.Kind) {
	t.Helper()
	if !kind.Is(err) {
		t.Errorf("got %v, wants %s %s", err, kind.Code, kind.Title)
	}
}

// BenchmarkVector is a million cells of two keys.
func BenchmarkVector(b *testing.B) {
	p := sums(plan.Width128, "x", "y")
	bins := plan.Key{Kind: plan.KeyBins, Slots: plan.BinSlots(998)}
	p.Keys = []plan.Key{bins, bins}
	types := []arrow.DataType{int64s, int64s, int64s, huge, huge}
	fields := make([]arrow.Field, len(types))
	for i, typ := range types {
		fields[i] = arrow.Field{Name: "c", Type: typ, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	var records []arrow.Record
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	for i := range 1_000_000 {
		builder.Field(0).(*array.Int64Builder).Append(int64(i / 1000))
		builder.Field(1).(*array.Int64Builder).Append(int64(i % 1000))
		builder.Field(2).(*array.Int64Builder).Append(1)
		builder.Field(3).(*array.Decimal128Builder).Append(decimal128.FromI64(-7))
		builder.Field(4).(*array.Decimal128Builder).Append(decimal128.FromI64(7))
		if i%2000 == 1999 {
			records = append(records, builder.NewRecord())
		}
	}
	ch := small()
	ch.Tables[0].MaxRows = 1_000_000
	for b.Loop() {
		r, err := array.NewRecordReader(schema, records)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := column.Vector(b.Context(), r, p, ch); err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mcells/s")
}
