package query

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/result"
)

// Sums are the opened sums of a plan, as signed integers: element cell*len(Sums)+s is
// sum s of the cell. The caller of At does not change what it returns.
type Sums interface{ At(i int) *big.Int }

// cell is what expressions are evaluated over.
type cell struct {
	sums    Sums
	first   int   // index of the first sum of the cell
	keys    []any // value of each key
	problem string
	number  int // from 1
	memos   []memo
}

// memo is a kept value; cell says of which.
type memo struct {
	cell    int
	value   any
	problem string
}

func (x *cell) sum(i int) *big.Int { return x.sums.At(x.first + i) }

// row is one row of the result before it is sorted and converted.
type row struct {
	values []any
	order  []any
}

// Finish evaluates the query over the opened sums: arithmetic, HAVING, ORDER BY,
// LIMIT. Groups without rows do not appear; a query without GROUP BY has one row.
func (q *Query) Finish(sums Sums) (*result.Table, error) {
	columns := q.reporters()
	rows := q.rows(sums, columns)
	q.sort(rows)
	rows = cut(rows, q.offset, q.limit)
	table := &result.Table{Rows: make([][]result.Value, len(rows))}
	for i, r := range rows {
		out := make([]result.Value, len(columns))
		for j, c := range columns {
			v, err := export(r.values[j], c.Type)
			if err != nil {
				return nil, fmt.Errorf("query: column %d: %w", j+1, err)
			}
			out[j] = v
		}
		table.Rows[i] = out
	}
	for _, c := range columns {
		table.Columns = append(table.Columns, c.finish())
	}
	return table, nil
}

// reporter collects what there is to say about a column while cells go by.
type reporter struct {
	result.Column
	node     *node
	note     note
	problems int
	problem  string
}

func (q *Query) reporters() []*reporter {
	out := make([]*reporter, len(q.headers))
	for i, h := range q.headers {
		out[i] = &reporter{Column: result.Column{Name: h.name, Type: h.node.typ}, node: h.node, note: fresh(h.node.note)}
	}
	return out
}

// fresh returns a note that has seen nothing, so that a Query can be finished often.
func fresh(n note) note {
	if b, ok := n.(*bound); ok {
		return &bound{worst: new(big.Rat), of: b.of, rounded: b.rounded}
	}
	return n
}

func (r *reporter) value(x *cell) any {
	x.problem = ""
	v := r.node.eval(x)
	if x.problem != "" && v == nil {
		r.problems++
		r.problem = x.problem
	}
	if r.note != nil {
		r.note.see(x, v)
	}
	return v
}

func (r *reporter) finish() result.Column {
	if r.note != nil {
		r.Note = r.note.String()
	}
	if r.problems > 0 {
		text := fmt.Sprintf("%d NULL: %s", r.problems, r.problem)
		if r.Note != "" {
			text = r.Note + "; " + text
		}
		r.Note = text
	}
	return r.Column
}

func (q *Query) rows(sums Sums, columns []*reporter) []row {
	slots := q.slots()
	x := &cell{sums: sums, keys: make([]any, len(q.Plan.Keys)), memos: make([]memo, q.memos)}
	var rows []row
	for i := range q.Plan.Cells() {
		x.number, x.first = i+1, i*len(q.Plan.Sums)
		if len(slots) > 0 && x.sum(0).Sign() == 0 {
			continue
		}
		q.locate(x, i, slots)
		if q.having != nil && q.having.eval(x) != true {
			continue
		}
		r := row{values: make([]any, len(columns)), order: make([]any, len(q.order))}
		for j, c := range columns {
			r.values[j] = c.value(x)
		}
		for j, k := range q.order {
			r.order[j] = sortable(k.node.eval(x), k.node.typ)
		}
		rows = append(rows, r)
	}
	return rows
}

// slots returns the released value of every slot of every key, the one of NULL included.
func (q *Query) slots() [][]any {
	out := make([][]any, len(q.Plan.Keys))
	for i := range q.Plan.Keys {
		k := &q.Plan.Keys[i]
		out[i] = make([]any, k.Size())
		for s := range out[i] {
			out[i][s] = slotValue(k.Slot(s))
		}
	}
	return out
}

// locate sets the keys of cell i; the last key varies fastest.
func (q *Query) locate(x *cell, i int, slots [][]any) {
	for k := len(slots) - 1; k >= 0; k-- {
		n := len(slots[k])
		x.keys[k] = slots[k][i%n]
		i /= n
	}
}

// sortable rounds doubles as they are shown, so that equal ones tie.
func sortable(v any, t result.Type) any {
	if v == nil || t.Kind != result.Double {
		return v
	}
	return toFloat(v)
}

func (q *Query) sort(rows []row) {
	if len(q.order) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for i, k := range q.order {
			if o := k.compare(a.order[i], b.order[i]); o != 0 {
				return o
			}
		}
		return 0
	})
}

// compare puts NULLs last, unless the query says NULLS FIRST.
func (k sortKey) compare(a, b any) int {
	switch {
	case a == nil || b == nil:
		o := boolOrder(a == nil, b == nil)
		if k.nullsFirst {
			return -o
		}
		return o
	case k.desc:
		return compareValues(b, a)
	default:
		return compareValues(a, b)
	}
}

func cut(rows []row, offset, limit int) []row {
	rows = rows[min(offset, len(rows)):]
	if limit >= 0 {
		rows = rows[:min(limit, len(rows))]
	}
	return rows
}

// export turns a released value into the value of a result column.
func export(v any, t result.Type) (result.Value, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case *big.Rat:
		return exportNumber(v, t)
	case float64, bool, string, time.Time:
		return v, nil
	default:
		return nil, fmt.Errorf("a value of Go type %T", v)
	}
}

func exportNumber(v *big.Rat, t result.Type) (result.Value, error) {
	switch t.Kind {
	case result.Double:
		return toFloat(v), nil
	case result.Decimal:
		n, _ := scaled(v, t.Scale)
		return n, nil
	case result.HugeInt:
		return v.Num(), nil
	default:
		return v.Num().Int64(), nil
	}
}
