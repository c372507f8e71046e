package query_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/query/querygen"
	"github.com/tacit-space/tacit/engine/result"
)

// TestSmallGroups runs testdata/small/*.txt. The command "query rows=60 k=(10,5)"
// finishes a query over the first 60 rows, where sum s of a cell is suppressed if fewer
// than k[s mod 2] rows stand behind it; k=1 is an open sum. It shows the result as
// CSV, with the notes. "plan" shows the sums in their order.
func TestSmallGroups(t *testing.T) {
	ch := loadCharter(t)
	table := ch.Table("visits")
	rows := randomRows(table, rowCount)
	datadriven.Walk(t, "testdata/small", func(t *testing.T, path string) {
		ch := curved(ch, path)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			q, err := query.Compile(d.Input, ch)
			if err != nil {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			if d.Cmd == "plan" {
				return q.Plan.SQL() + "\n"
			}
			n, k := rowCount, []int{10}
			for _, arg := range d.CmdArgs {
				switch arg.Key {
				case "rows":
					arg.Scan(t, 0, &n)
				case "k":
					k = make([]int, len(arg.Vals))
					for i := range k {
						arg.Scan(t, i, &k[i])
					}
				}
			}
			out, err := q.Finish(guard(&q.Plan, table, rows[:n], k))
			if err != nil {
				t.Fatalf("%s: %v", d.Pos, err)
			}
			return show(t, out, true)
		})
	})
}

// TestSuppressed: in random queries with random sums suppressed, a value is marked
// exactly if computing it in the open reads a suppressed sum; else it is the value in
// the open. The oracle finishes every entry of the select list by itself, cell by cell.
func TestSuppressed(t *testing.T) {
	seed, rounds := *querySeed, *queryRounds
	t.Logf("seed %d, %d queries", seed, rounds)
	ch := loadCharter(t)
	o := &oracle{ch: ch, table: ch.Table("visits"), rng: rand.New(rand.NewPCG(seed, 0))}
	rows := randomRows(o.table, rowCount)
	g := querygen.New(seed, ch)
	for i := range rounds {
		q := g.Next()
		if diff := o.compare(t, q, rows); diff != "" {
			t.Fatalf("query %d: %s\n%s", i, diff, q.Tacit)
		}
	}
	t.Logf("%d values marked, %d released; %d rows undecided, %d small groups", o.marked, o.released, o.undecided, o.small)
	if min(o.marked, o.released) < 5*rounds || o.undecided < rounds/4 || o.small < rounds {
		t.Error("the queries no longer meet every case")
	}
}

type oracle struct {
	ch                                 *charter.Charter
	table                              *charter.Table
	rng                                *rand.Rand
	marked, released, undecided, small int
}

// maxNaive is how many cells are finished one by one.
const maxNaive = 300

func (o *oracle) compare(t *testing.T, q querygen.Query, rows []row) string {
	t.Helper()
	c, err := query.Compile(q.Tacit, o.ch)
	if err != nil || c.Plan.Cells() > maxNaive {
		return ""
	}
	sums := o.sums(&c.Plan, rows)
	got, err := c.Finish(sums)
	if err != nil {
		return err.Error()
	}
	want := o.rows(t, &c.Plan, &q.Parts, sums)
	if len(got.Rows) != len(want) {
		return fmt.Sprintf("%d rows, wants %d", len(got.Rows), len(want))
	}
	for r, w := range want {
		for i, v := range w {
			k, marked := got.Suppressed[result.Cell{Row: r, Column: i}]
			typ := got.Columns[i].Type
			switch {
			case marked != (len(v.below) > 0):
				return fmt.Sprintf("row %d column %d: marked %t, wants %t", r, i, marked, !marked)
			case marked && (got.Rows[r][i] != nil || !slices.Contains(v.below, k)):
				return fmt.Sprintf("row %d column %d: %v below %d, wants one of %v", r, i, got.Rows[r][i], k, v.below)
			case !marked && textOf(typ, got.Rows[r][i]) != textOf(typ, v.value):
				return fmt.Sprintf("row %d column %d: %v, wants %v", r, i, got.Rows[r][i], v.value)
			}
			if marked {
				o.marked++
			} else {
				o.released++
			}
		}
	}
	return ""
}

func textOf(t result.Type, v result.Value) string {
	text, ok := t.Text(v)
	return fmt.Sprint(ok, text)
}

// sums suppresses small elements, with a k for each sum of the plan, or any elements.
func (o *oracle) sums(p *plan.Plan, rows []row) guarded {
	k := make([]int, len(p.Sums))
	for i := range k {
		k[i] = []int{1, 2, 5, 10, 20}[o.rng.IntN(5)]
	}
	g := guard(p, o.table, rows[:10+o.rng.IntN(len(rows)-10)], k)
	if o.rng.IntN(3) == 0 {
		for i := range g.below {
			g.below[i] = []int{0, 0, 0, 0, 2, 5, 10, 20}[o.rng.IntN(8)]
		}
	}
	return g
}

// naive is a value that the oracle expects.
type naive struct {
	value result.Value
	below []int // k of the suppressed sums that it is computed from
}

// rows are the rows that Finish must give.
func (o *oracle) rows(t *testing.T, p *plan.Plan, parts *querygen.Parts, sums guarded) [][]naive {
	t.Helper()
	keys := o.keys(t, p, parts)
	measures := make([]*query.Query, len(parts.Measures))
	for i := range measures {
		measures[i] = o.compile(t, parts.Measure(i))
	}
	var having *query.Query
	if parts.Having != "" {
		having = o.compile(t, parts.Condition())
	}
	var rows [][]naive
	for cell := range p.Cells() {
		first := cell * len(p.Sums)
		if len(keys) > 0 && sums.below[first] == 0 && sums.sums[first].Sign() == 0 {
			continue
		}
		if len(keys) > 0 && sums.below[first] > 0 {
			o.small++
		}
		if having != nil {
			h := alone(t, having, p, sums, first)
			if len(h.below) > 0 {
				o.undecided++
			}
			if len(h.below) > 0 || h.value != true {
				continue
			}
		}
		var line []naive
		if len(keys) > 0 {
			line = slices.Clone(keys[cell])
		}
		for _, m := range measures {
			line = append(line, alone(t, m, p, sums, first))
		}
		rows = append(rows, line)
	}
	slices.SortStableFunc(rows, func(a, b []naive) int { return inOrder(parts.Order, a, b) })
	rows = rows[min(parts.Offset, len(rows)):]
	if parts.Limit >= 0 {
		rows = rows[:min(parts.Limit, len(rows))]
	}
	return rows
}

func (o *oracle) compile(t *testing.T, sql string) *query.Query {
	t.Helper()
	q, err := query.Compile(sql, o.ch)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return q
}

// keys are the keys of every cell; nil without GROUP BY.
func (o *oracle) keys(t *testing.T, p *plan.Plan, parts *querygen.Parts) [][]naive {
	t.Helper()
	if len(parts.Keys) == 0 {
		return nil
	}
	var list, ordinals []string
	for i, k := range parts.Keys {
		list = append(list, fmt.Sprintf("%s AS k%d", k, i+1))
		ordinals = append(ordinals, strconv.Itoa(i+1))
	}
	q := o.compile(t, "SELECT "+strings.Join(list, ", ")+" FROM "+parts.Table+parts.Where+" GROUP BY "+strings.Join(ordinals, ", "))
	ones := make(pooled, q.Plan.Length())
	for i := range ones {
		ones[i] = big.NewInt(1)
	}
	out, err := q.Finish(query.Open(ones))
	if err != nil || len(out.Rows) != p.Cells() {
		t.Fatalf("%d keys of %d cells: %v", len(out.Rows), p.Cells(), err)
	}
	keys := make([][]naive, len(out.Rows))
	for i, r := range out.Rows {
		for _, v := range r {
			keys[i] = append(keys[i], naive{value: v})
		}
	}
	return keys
}

// recorder notes which sums of a cell of the whole query an entry by itself reads.
type recorder struct {
	sums  pooled
	index []int // in sums, of each sum of the entry
	read  map[int]bool
}

func (r *recorder) At(i int) *big.Int {
	r.read[r.index[i]] = true
	return r.sums[r.index[i]]
}

// alone finishes a query of one entry in the open over the sums of a cell.
func alone(t *testing.T, entry *query.Query, p *plan.Plan, sums guarded, first int) naive {
	t.Helper()
	r := &recorder{sums: sums.sums, read: map[int]bool{}}
	for i := range entry.Plan.Sums {
		r.index = append(r.index, first+slices.IndexFunc(p.Sums, func(s plan.Sum) bool { return s.Equal(&entry.Plan.Sums[i]) }))
	}
	out, err := entry.Finish(query.Open(r))
	if err != nil {
		t.Fatal(err)
	}
	v := naive{value: out.Rows[0][0]}
	for i := range r.read {
		if sums.below[i] > 0 {
			v.below = append(v.below, sums.below[i])
		}
	}
	return v
}

// inOrder compares rows as ORDER BY says: suppressed values last in any case.
func inOrder(order []querygen.Order, a, b []naive) int {
	for _, k := range order {
		x, y := a[k.Item], b[k.Item]
		rank := func(v naive) int {
			switch {
			case len(v.below) > 0:
				return 3
			case v.value == nil && k.NullsFirst:
				return 0
			case v.value == nil:
				return 2
			default:
				return 1
			}
		}
		if d := rank(x) - rank(y); d != 0 {
			return d
		}
		if rank(x) != 1 {
			continue
		}
		d := inType(x.value, y.value)
		if k.Desc {
			d = -d
		}
		if d != 0 {
			return d
		}
	}
	return 0
}

func inType(a, b result.Value) int {
	switch a := a.(type) {
	case int64:
		return int(min(1, max(-1, a-b.(int64))))
	case *big.Int:
		return a.Cmp(b.(*big.Int))
	case bool:
		return strings.Compare(strconv.FormatBool(a), strconv.FormatBool(b.(bool)))
	case string:
		return strings.Compare(a, b.(string))
	case interface{ UnixMicro() int64 }:
		return inType(a.UnixMicro(), b.(interface{ UnixMicro() int64 }).UnixMicro())
	}
	panic(fmt.Sprintf("a value of type %T", a))
}
