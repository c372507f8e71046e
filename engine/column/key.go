package column

import (
	"fmt"
	"math/big"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

// key finds the slots of raw key values.
type key struct {
	size int // slots, that of NULL included
	null int // slot of NULL, -1 if the key cannot be NULL
	find func(col arrow.Array, row int) (slot int, ok bool)
}

// newKey prepares for raw values of the given Arrow type.
func newKey(k *plan.Key, t arrow.DataType) (*key, error) {
	out := &key{size: k.Size(), null: -1}
	if k.Null {
		out.null = len(k.Slots)
	}
	var err error
	switch k.Kind {
	case plan.KeyColumn:
		out.find, err = columnSlots(k, t)
	case plan.KeyTrunc:
		out.find, err = instantSlots(k, t)
	case plan.KeyBins, plan.KeyCase:
		out.find, err = numberedSlots(out.size, t)
	default:
		err = fmt.Errorf("unknown kind %d", k.Kind)
	}
	return out, err
}

// extend turns cell numbers over the keys before this one into cell numbers that
// include it. It reports false at a value that has no slot.
func (k *key) extend(cells []int, col arrow.Array) bool {
	for i := range cells {
		slot, ok := k.null, k.null >= 0
		if !col.IsNull(i) {
			slot, ok = k.find(col, i)
		}
		if !ok {
			return false
		}
		cells[i] = cells[i]*k.size + slot
	}
	return true
}

type finder = func(col arrow.Array, row int) (int, bool)

// lookup finds slots with a map from raw values.
func lookup[A arrow.Array, V comparable](slots map[V]int, value func(A, int) V) finder {
	return func(col arrow.Array, row int) (int, bool) {
		slot, ok := slots[value(col.(A), row)]
		return slot, ok
	}
}

// index numbers the values of the slots.
func index[V comparable](k *plan.Key, parse func(plan.Value) (V, bool)) (map[V]int, error) {
	m := make(map[V]int, len(k.Slots))
	for i, v := range k.Slots {
		x, ok := parse(v)
		if !ok {
			return nil, fmt.Errorf("slot %d is no value of the key's type", i)
		}
		if _, twice := m[x]; twice {
			return nil, fmt.Errorf("slot %d occurs twice", i)
		}
		m[x] = i
	}
	return m, nil
}

func columnSlots(k *plan.Key, t arrow.DataType) (finder, error) {
	switch t := t.(type) {
	case *arrow.StringType:
		m, err := index(k, func(v plan.Value) (string, bool) { return v.Text, v.Kind == plan.Text })
		return lookup(m, func(a *array.String, i int) string { return a.Value(i) }), err
	case *arrow.Int64Type:
		m, err := index(k, integer)
		return lookup(m, func(a *array.Int64, i int) int64 { return a.Value(i) }), err
	case *arrow.BooleanType:
		m, err := index(k, func(v plan.Value) (bool, bool) { return v.Text == "true", v.Kind == plan.Boolean })
		return lookup(m, func(a *array.Boolean, i int) bool { return a.Value(i) }), err
	case *arrow.Date32Type, *arrow.TimestampType:
		return instantSlots(k, t)
	case *arrow.Decimal128Type:
		m, err := index(k, func(v plan.Value) (decimal128.Num, bool) { return scaled(v, int(t.Scale)) })
		return lookup(m, func(a *array.Decimal128, i int) decimal128.Num { return a.Value(i) }), err
	}
	return nil, fmt.Errorf("a column of type %s", t)
}

func integer(v plan.Value) (int64, bool) {
	r := v.Rat()
	if r == nil || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

func scaled(v plan.Value, scale int) (decimal128.Num, bool) {
	r := v.Rat()
	if r == nil {
		return decimal128.Num{}, false
	}
	r = new(big.Rat).Mul(r, decimal.Pow10(scale))
	if !r.IsInt() || r.Num().BitLen() > 127 {
		return decimal128.Num{}, false
	}
	return decimal128.FromBigInt(r.Num()), true
}

// instantSlots finds dates and timestamps, both as microseconds since 1970.
func instantSlots(k *plan.Key, t arrow.DataType) (finder, error) {
	m, err := index(k, func(v plan.Value) (int64, bool) {
		at, ok := v.Time()
		return at.UnixMicro(), ok
	})
	switch t := t.(type) {
	case *arrow.Date32Type:
		const day = int64(24 * time.Hour / time.Microsecond)
		return lookup(m, func(a *array.Date32, i int) int64 { return int64(a.Value(i)) * day }), err
	case *arrow.TimestampType:
		if t.Unit == arrow.Microsecond && t.TimeZone == "" {
			return lookup(m, func(a *array.Timestamp, i int) int64 { return int64(a.Value(i)) }), err
		}
	}
	return nil, fmt.Errorf("a column of type %s", t)
}

// numberedSlots takes slot numbers as they are.
func numberedSlots(size int, t arrow.DataType) (finder, error) {
	switch t.ID() {
	case arrow.INT32:
		return func(col arrow.Array, row int) (int, bool) {
			return within(int64(col.(*array.Int32).Value(row)), size)
		}, nil
	case arrow.INT64:
		return func(col arrow.Array, row int) (int, bool) {
			return within(col.(*array.Int64).Value(row), size)
		}, nil
	}
	return nil, fmt.Errorf("a column of type %s", t)
}

func within(slot int64, size int) (int, bool) {
	if slot < 0 || slot >= int64(size) {
		return 0, false
	}
	return int(slot), true
}
