package column_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
)

// TestCells: sums and units of a cell may come in one row or in two, in any order.
func TestCells(t *testing.T) {
	p := sums(plan.Width64, "x")
	p.Keys = []plan.Key{{Kind: plan.KeyColumn, Slots: values(plan.Text, "a", "b", "c"), Null: true}}
	types := []arrow.DataType{text, int64s, huge, int64s, int64s}
	want := [][]uint64{{5, 2, 0, 1}, {0, 2, 0, 1}}
	for name, rows := range map[string][][]any{
		"together":    {{"b", 3, 7, 2, 2}, {"a", 5, -3, 5, 0}, {nil, 1, nil, 1, 1}},
		"apart":       {{"b", 3, 7, nil, nil}, {"a", 5, -3, nil, nil}, {nil, 1, nil, nil, nil}, {nil, nil, nil, 1, 1}, {"a", nil, nil, 5, 0}, {"b", nil, nil, 2, 2}},
		"units first": {{nil, nil, nil, 1, 1}, {"a", nil, nil, 5, 0}, {"b", nil, nil, 2, 2}, {"a", 5, -3, nil, nil}, {"b", 3, 7, nil, nil}, {nil, 1, nil, nil, nil}},
		"more sums":   {{"b", 1, 3, nil, nil}, {"b", nil, nil, 2, 2}, {"a", 5, -3, 5, 0}, {nil, 1, nil, 1, 1}, {"b", 2, 4, nil, nil}},
	} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r := stream(t, mem, types, rows...)
		got, units, n, err := column.Cells(t.Context(), r, p, make([]plan.Guard, 2), small())
		r.Release()
		mem.AssertSize(t, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.EqualFunc(units, want, slices.Equal) || got.Big(1).Int64() != -3 || got.Big(3).Int64() != 7 || n != 9 {
			t.Errorf("%s: units %v of sums %v, %d rows", name, units, got.Words, n)
		}
	}
}

// TestUnitsRefused: what cannot be a count of units is none.
func TestUnitsRefused(t *testing.T) {
	one := []arrow.DataType{int64s, huge, int64s}
	two := []arrow.DataType{int64s, huge, int64s, int64s}
	for name, c := range map[string]struct {
		types  []arrow.DataType
		guards int
		want   *fault.Kind
		rows   [][]any
	}{
		"as many as rows":      {one, 1, nil, [][]any{{7, 1, 7}}},
		"more than rows":       {one, 1, column.ErrBound, [][]any{{7, 1, 8}}},
		"more, apart":          {one, 1, column.ErrBound, [][]any{{nil, nil, 8}, {7, 1, nil}}},
		"the second has more":  {two, 2, column.ErrBound, [][]any{{7, 1, 7, 8}}},
		"negative":             {one, 1, column.ErrBound, [][]any{{7, 1, -1}}},
		"without rows":         {one, 1, column.ErrBound, [][]any{{nil, nil, 1}}},
		"rows beyond max_rows": {one, 1, column.ErrBound, [][]any{{101, 1, 7}}},
		"two rows":             {one, 1, column.ErrShape, [][]any{{7, 1, 2}, {7, 1, 2}}},
		"some are missing":     {two, 2, column.ErrShape, [][]any{{7, 1, 7, nil}}},
		"no column":            {one[:2], 1, column.ErrShape, nil},
		"a column too many":    {two, 1, column.ErrShape, nil},
		"no integer":           {[]arrow.DataType{int64s, huge, huge}, 1, column.ErrShape, nil},
	} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		r := stream(t, mem, c.types, c.rows...)
		_, units, _, err := column.Cells(t.Context(), r, sums(plan.Width64, "x"), make([]plan.Guard, c.guards), small())
		r.Release()
		mem.AssertSize(t, 0)
		if c.want == nil && (err != nil || units[0][0] != 7) || c.want != nil && (!c.want.Is(err) || units != nil) {
			t.Errorf("%s: got %v, %v", name, units, err)
		}
	}
}

// units counts by Go maps whose rows contribute to a sum of the plan, per cell.
func (n naive) units(rows []row, s *plan.Sum) []uint64 {
	across := n.plan.Across()
	seen, out := map[string]bool{}, make([]uint64, across.Cells())
	for i, r := range rows {
		if n.plan.Where != nil && n.holds(n.plan.Where, r) != yes || n.term(s, r) == nil {
			continue
		}
		cell := 0
		for j := range across.Keys {
			k := &across.Keys[j]
			cell = cell*k.Size() + n.slot(k, r)
		}
		unit := strconv.Itoa(i)
		if n.table.Unit != "" {
			if r[n.table.Unit] == nil {
				continue
			}
			unit = fmt.Sprint(r[n.table.Unit])
		}
		if key := fmt.Sprintf("%d %s", cell, unit); !seen[key] {
			seen[key] = true
			out[cell]++
		}
	}
	return out
}

// TestUnitsAgainstNaive: whatever the plan, and whatever the type of the unit, the units
// behind each sum are those that Go and free SQL of DuckDB count, from files and from an
// owner's query. Units occur several times in a cell, in several cells, and are NULL.
func TestUnitsAgainstNaive(t *testing.T) {
	seed := uint64(20240311)
	t.Logf("seed %d", seed)
	for i, c := range []struct{ name, typ string }{
		{"text", "text"},
		{"integer", "integer"},
		{"decimal", "decimal(4,1)"},
		{"rows", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			newCounting(t, rand.New(rand.NewPCG(seed, uint64(i))), c.typ).run(t, 25)
		})
	}
}

// counting is a random table at three engines: mapped as files, by a query, and free.
type counting struct {
	asker
	rows               []row
	files, query, free *source.Engine
}

func newCounting(t *testing.T, rng *rand.Rand, unit string) *counting {
	t.Helper()
	c := &counting{asker: asker{rng, testCharter()}}
	table := c.table()
	for range 500 {
		r := randomRow(rng, table)
		delete(r, "id")
		if n := rng.IntN(60); n < 50 {
			r["id"] = strconv.Itoa(n)
		}
		c.rows = append(c.rows, r)
	}
	if unit != "" {
		table.Unit, table.Column("id").Type = "id", unit
	}
	path := filepath.Join(t.TempDir(), "t.csv")
	writeCSV(t, path, table, c.rows)
	for e, m := range map[**source.Engine]source.Mapping{
		&c.files: {Files: []string{path}},
		&c.query: {Files: []string{path}, Query: "SELECT * FROM read_csv('" + path + "', all_varchar = true, header = true)"},
		&c.free:  {Files: []string{path}},
	} {
		*e = open(t)
		if err := (*e).AddTable(t.Context(), m, *table); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []*source.Engine{c.files, c.query} {
		if err := e.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *counting) run(t *testing.T, rounds int) {
	t.Helper()
	several, curves := 0, 0
	for done := 0; done < rounds; {
		p, ok := c.plan(c.rows)
		if !ok {
			continue
		}
		done++
		if n := len(p.Keys); n > 0 && (p.Keys[n-1].Kind == plan.KeyBins || p.Keys[n-1].Kind == plan.KeyTrunc) && c.IntN(3) > 0 {
			p.Keys[n-1].Along = true
			curves++
		}
		guards := plan.Guards(p, c.cohorts())
		if len(guards) > 1 {
			several++
		}
		for _, e := range []*source.Engine{c.files, c.query} {
			c.compare(t, e, p, guards)
		}
		c.compareFree(t, p, guards)
		if t.Failed() {
			t.Fatalf("plan %d: %s", done, p.SQL())
		}
	}
	if several < rounds/3 {
		t.Errorf("only %d of %d plans have several guards", several, rounds)
	}
	if curves < 3 {
		t.Errorf("only %d of %d plans are curves", curves, rounds)
	}
}

// cohorts is the charter with random cohorts, which plans are checked without.
func (c *counting) cohorts() *charter.Charter {
	ch := *c.ch
	ch.Tables = slices.Clone(ch.Tables)
	t := &ch.Tables[0]
	t.Columns = slices.Clone(t.Columns)
	k := 1 + c.IntN(20)
	t.MinCohort = &k
	for i := range t.Columns {
		if own := 1 + c.IntN(20); c.IntN(4) == 0 {
			t.Columns[i].MinCohort = &own
		}
	}
	return &ch
}

// compare compares sums and units with those of Go. Every sum of a guard stands for it.
func (c *counting) compare(t *testing.T, e *source.Engine, p *plan.Plan, guards []plan.Guard) {
	t.Helper()
	r, err := e.AggregateUnits(t.Context(), p, guards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	got, units, rows, err := column.Cells(t.Context(), r, p, guards, c.ch)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.SQL())
	}
	n := naive{c.table(), p}
	want, used := n.vector(c.rows)
	if rows != used {
		t.Errorf("%d rows, wants %d", rows, used)
	}
	for i := range want {
		if got.Big(i).Cmp(want[i]) != 0 {
			t.Errorf("element %d: got %s, want %s", i, got.Big(i), want[i])
		}
	}
	for g := range guards {
		for _, s := range guards[g].Sums {
			if want := n.units(c.rows, &p.Sums[s]); !slices.Equal(units[g], want) {
				t.Errorf("units of %s: got %v, wants %v", p.Sums[s].SQL(), units[g], want)
			}
		}
	}
}

// compareFree compares with SQL that is made from the readable text of the plan: the
// sorted counts of the cells that have rows.
func (c *counting) compareFree(t *testing.T, p *plan.Plan, guards []plan.Guard) {
	t.Helper()
	if slices.ContainsFunc(p.Keys, func(k plan.Key) bool { return k.Kind == plan.KeyBins }) {
		return // DuckDB has no width_bucket
	}
	r, err := c.files.AggregateUnits(t.Context(), p, guards)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	_, units, _, err := column.Cells(t.Context(), r, p, guards, c.ch)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(p.Across().SQL(), "\nFROM ")
	quoted := func(sql string) string { return regexp.MustCompile(`\bat\b`).ReplaceAllString(sql, `"at"`) } // a word of DuckDB
	for g := range guards {
		counted := "count(*)"
		if c.table().Unit != "" {
			counted = "count(DISTINCT id)"
		}
		s := &p.Sums[guards[g].Sums[0]]
		conditions := []*plan.Predicate{s.Filter}
		for _, name := range slices.Concat(s.Factors, s.Present) {
			conditions = append(conditions, plan.Negate(plan.Missing(name)))
		}
		if all := plan.AllOf(conditions...); all != nil {
			counted += " FILTER (WHERE " + all.SQL() + ")"
		}
		got := slices.DeleteFunc(slices.Clone(units[g]), func(n uint64) bool { return n == 0 })
		slices.Sort(got)
		if want := numbers(t, c.free, quoted("SELECT "+counted+" AS n FROM "+rest)); !slices.Equal(got, want) {
			t.Errorf("guard %d: got %v, wants %v", g+1, got, want)
		}
	}
}

// numbers returns the first column of a free query, sorted, without zeros.
func numbers(t *testing.T, e *source.Engine, sql string) (out []uint64) {
	t.Helper()
	r, err := e.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	defer r.Release()
	for r.Next() {
		col := r.Record().Column(0).(*array.Int64)
		for i := range col.Len() {
			if n := col.Value(i); n > 0 {
				out = append(out, uint64(n))
			}
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	slices.Sort(out)
	return out
}
