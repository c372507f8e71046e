package query

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/result"
)

// row is one row of the result before it is sorted and converted.
type row struct {
	values []any
	order  []any
	cell   int // from 0
	below  int // k of the group's number of rows if that is suppressed, else 0
	spans  []*interval
}

// Finish evaluates the query over the released sums: arithmetic, HAVING, ORDER BY,
// LIMIT. Groups that are known to have no rows do not appear; a query without GROUP BY
// has one row. What was computed from a suppressed sum is marked in the table.
func (q *Query) Finish(sums Sums) (*result.Table, error) { return q.FinishNoisy(sums, 0) }

// FinishNoisy is [Query.Finish] for sums with the noise of so many owners, as they were released. Of
// a question with noise every group appears unless its exact number of rows is 0: a noised one does not
// tell which have none. It may be negative, as other numbers may.
func (q *Query) FinishNoisy(sums Sums, contributors int) (*result.Table, error) {
	if q.noise != nil {
		if contributors < 1 {
			return nil, errContributors
		}
		sums = divided{sums, q.noise}
	}
	return q.finish(sums, contributors, level)
}

// Around evaluates the query over sums without noise, and its intervals hold each released number that has an
// interval: with the noise of so many owners, a number is outside of its interval with a probability of at most alarm. A number that noise
// leaves NULL is not meant. Every group appears, in the order of the plan: HAVING, ORDER BY and LIMIT look at noisy numbers.
func (q *Query) Around(sums Sums, contributors int, alarm float64) (*result.Table, error) {
	if q.noise == nil || contributors < 1 {
		return nil, errContributors
	}
	all := *q
	all.having, all.order, all.offset, all.limit = nil, nil, 0, -1
	return all.finish(sums, contributors, 1-alarm)
}

// finish evaluates over sums in the units of the plan, with intervals of a confidence.
func (q *Query) finish(sums Sums, contributors int, confidence float64) (*result.Table, error) {
	columns := q.reporters()
	if err := q.prepare(sums, columns, contributors, confidence); err != nil {
		return nil, err
	}
	var seen census
	rows := q.rows(sums, columns, &seen)
	q.sort(rows)
	rows = cut(rows, q.offset, q.limit)
	table := &result.Table{Rows: make([][]result.Value, len(rows))}
	for i, r := range rows {
		out := make([]result.Value, len(columns))
		for j, c := range columns {
			if k, ok := r.values[j].(withheld); ok {
				table.Suppress(i, j, int(k))
				continue
			}
			v, err := export(r.values[j], c.Type)
			if err != nil {
				return nil, fmt.Errorf("query: column %d: %w", j+1, err)
			}
			out[j] = v
			if s := r.spans[j]; s != nil {
				table.Span(i, j, toFloat(s.lo), toFloat(s.hi))
			}
		}
		table.Rows[i] = out
	}
	for _, c := range columns {
		table.Columns = append(table.Columns, c.finish())
	}
	table.Notes = seen.notes(rows, table)
	if q.noise != nil {
		table.Notes = append(table.Notes, q.privacyNote(contributors))
	}
	return table, nil
}

// reporter collects what there is to say about a column while cells go by.
type reporter struct {
	result.Column
	node     *node
	note     note
	shown    int
	withheld int
	problems int
	problem  string
	noisy    bool // noise is in a value that was shown
	bare     int  // noised values that are shown without an interval
	noising  *noising
}

// prepare readies the columns for noise.
func (q *Query) prepare(sums Sums, columns []*reporter, contributors int, confidence float64) error {
	slots := q.slots()
	x := q.cell(sums)
	q.locate(x, 0, slots)
	for _, c := range columns {
		if err := c.prepare(q, x, contributors, confidence); err != nil {
			return err
		}
	}
	return nil
}

func (q *Query) cell(sums Sums) *cell {
	x := &cell{sums: sums, keys: make([]any, len(q.Plan.Keys)), memos: make([]memo, q.memos)}
	if q.noise != nil {
		x.noising = &noising{noise: q.noise}
	}
	return x
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
	v, met := x.apart(r.node)
	if met.below > 0 {
		r.withheld++
		return withheld(met.below)
	}
	r.shown++
	r.noisy = r.noisy || met.noisy
	if met.problem != "" && v == nil {
		r.problems++
		r.problem = met.problem
	}
	if r.note != nil {
		r.note.see(x, v)
	}
	return v
}

func (r *reporter) finish() result.Column {
	if r.note != nil && (r.shown > 0 || r.withheld == 0) {
		r.Note = r.note.String()
		if b, ok := r.note.(*bound); ok && r.noisy {
			r.Note = rough(b.rounded).String() // of how many rows, nobody knows
		}
	}
	if r.noisy && r.Noise == nil {
		r.noised(r.noising.noise, 0, level)
	}
	r.add(r.bareNote())
	if r.problems > 0 {
		r.add(fmt.Sprintf("%d NULL: %s", r.problems, r.problem))
	}
	return r.Column
}

// add adds to the note of the column.
func (r *reporter) add(text string) {
	if r.Note != "" && text != "" {
		text = r.Note + "; " + text
	}
	if text != "" {
		r.Note = text
	}
}

func (q *Query) rows(sums Sums, columns []*reporter, seen *census) []row {
	slots := q.slots()
	x := q.cell(sums)
	curve := q.newCurve(seen)
	var rows []row
	for i := range q.Plan.Cells() {
		x.number, x.first = i+1, i*len(q.Plan.Sums)
		below := 0
		if len(slots) > 0 {
			var empty bool
			if empty, below = x.size(); empty {
				continue
			}
			first := curve.enter(i)
			if first {
				seen.enter(below)
			}
			if !first && below > 0 { // one row stands for a curve that is suppressed
				continue
			}
		}
		q.locate(x, i, slots)
		if !q.admits(x, seen) {
			continue
		}
		rows = append(rows, q.row(x, columns, below))
	}
	return rows
}

// size reports whether the cell is known to have no rows, and the k of its number of
// rows if that is suppressed, else 0.
func (x *cell) size() (empty bool, below int) {
	if below = x.sums.Suppressed(x.first); below > 0 || x.noising.noised(0) {
		return false, below
	}
	return x.sums.At(x.first).Sign() == 0, 0
}

// admits evaluates HAVING. A cell for which nobody can tell is left out and counted.
func (q *Query) admits(x *cell, seen *census) bool {
	if q.having == nil {
		return true
	}
	v, met := x.apart(q.having)
	if met.below > 0 {
		seen.undecided++
		return false
	}
	return v == true
}

func (q *Query) row(x *cell, columns []*reporter, below int) row {
	r := row{values: make([]any, len(columns)), order: make([]any, len(q.order)), cell: x.number - 1, below: below}
	r.spans = make([]*interval, len(columns))
	for j, c := range columns {
		r.values[j] = c.value(x)
		r.spans[j] = c.interval(x, r.values[j])
	}
	for j, k := range q.order {
		v, met := x.apart(k.node)
		r.order[j] = sortable(v, k.node.typ)
		if met.below > 0 {
			r.order[j] = withheld(met.below)
		}
	}
	return r
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

// compare puts suppressed values last, whatever the query says: their place tells
// nothing. Before them come NULLs, unless the query says NULLS FIRST.
func (k sortKey) compare(a, b any) int {
	_, hiddenA := a.(withheld)
	_, hiddenB := b.(withheld)
	switch {
	case hiddenA || hiddenB:
		return boolOrder(hiddenA, hiddenB)
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
