package column_test

import (
	"encoding/csv"
	"fmt"
	"math/big"
	oldrand "math/rand"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
)

// bigSource adapts the generator to what math/big wants.
type bigSource struct{ *rand.Rand }

func (s bigSource) Int63() int64 { return s.Int64() }
func (s bigSource) Seed(int64)   {}

func (s bigSource) rand() *oldrand.Rand { return oldrand.New(s) }

// asker makes random plans that pass the check.
type asker struct {
	*rand.Rand
	ch *charter.Charter
}

func (a asker) table() *charter.Table { return &a.ch.Tables[0] }

func (a asker) pick(roles ...charter.ColumnRole) *charter.Column {
	for {
		c := &a.table().Columns[a.IntN(len(a.table().Columns))]
		if slices.Contains(roles, c.Role) {
			return c
		}
	}
}

func (a asker) constant(c *charter.Column, rows []row) plan.Value {
	v := rows[a.IntN(len(rows))][c.Name]
	if v == nil {
		v = randomValue(a.Rand, c)
	}
	if c.Kind() == charter.KindDouble { // a multiple of the resolution
		r := new(big.Rat).Mul(new(big.Rat).SetInt(units(c, v)), c.ResolutionRat())
		value, _ := plan.RatValue(r)
		return value
	}
	if r, ok := v.(*big.Rat); ok {
		value, _ := plan.RatValue(r)
		return value
	}
	if at, ok := v.(interface{ Unix() int64 }); ok && at != nil {
		g, _ := plan.ParseGrain(c.Grain)
		kind := plan.Kind(c)
		t, _ := plan.Value{Kind: kind, Text: written(c, v)}.Time()
		if c.Role == charter.Time {
			t = g.Trunc(t)
		}
		return plan.InstantValue(kind, t)
	}
	return plan.Value{Kind: plan.Kind(c), Text: written(c, v)}
}

func (a asker) predicate(rows []row, depth int) *plan.Predicate {
	if depth > 0 && a.IntN(2) == 0 {
		args := []*plan.Predicate{a.predicate(rows, depth-1), a.predicate(rows, depth-1)}
		switch a.IntN(3) {
		case 0:
			return plan.AllOf(args...)
		case 1:
			return plan.AnyOf(args...)
		default:
			return plan.Negate(args[0])
		}
	}
	c := a.pick(charter.Category, charter.Measure, charter.Time)
	if a.IntN(6) == 0 {
		return &plan.Predicate{Op: plan.IsNull, Column: c.Name}
	}
	v := a.constant(c, rows)
	switch c.Role {
	case charter.Category:
		return plan.OneOf(c.Name, []plan.Value{v, a.constant(c, rows)})
	case charter.Time:
		return plan.Compare([]plan.Op{plan.Lt, plan.Ge}[a.IntN(2)], c.Name, v)
	}
	if c.Kind() == charter.KindBoolean {
		return plan.Compare(plan.Eq, c.Name, v)
	}
	return plan.Compare([]plan.Op{plan.Eq, plan.Ne, plan.Lt, plan.Le, plan.Gt, plan.Ge}[a.IntN(6)], c.Name, v)
}

func (a asker) key(rows []row) plan.Key {
	switch a.IntN(4) {
	case 0:
		c := a.pick(charter.Time)
		k := plan.Key{Kind: plan.KeyTrunc, Column: c.Name, Grain: plan.Grain(1 + a.IntN(7))}
		if c.Name == "day" {
			k.Grain = max(k.Grain, plan.Day)
		}
		return k
	case 1:
		bins := []plan.Key{
			{Column: "small", Lo: dec("-10"), Hi: dec("20"), Count: 30},
			{Column: "large", Lo: dec("-9223372036854775808"), Hi: dec("9223372036854775806"), Count: 2},
			{Column: "price", Lo: dec("-999.99"), Hi: dec("0.03"), Count: 6},
			{Column: "wide", Lo: dec("-9999999999999999.999"), Hi: dec("9999999999999999.999"), Count: 2},
			{Column: "temp", Lo: dec("-0.3"), Hi: dec("0.7"), Count: 100},
			{Column: "mass", Lo: dec("15"), Hi: dec("1000005"), Count: 6},
			{Column: "odd", Lo: dec("-0.15"), Hi: dec("2.85"), Count: 20},
		}
		k := bins[a.IntN(len(bins))]
		k.Kind = plan.KeyBins
		return k
	case 2:
		k := plan.Key{Kind: plan.KeyCase, Slots: []plan.Value{{Kind: plan.Text, Text: "p"}, {Kind: plan.Text, Text: "q"}}, Null: true}
		k.Arms = []plan.Arm{{When: a.predicate(rows, 2), Slot: 0}, {When: a.predicate(rows, 1), Slot: 1}}
		k.Else = 2
		return k
	}
	return plan.Key{Kind: plan.KeyColumn, Column: a.pick(charter.Category).Name}
}

func dec(text string) plan.Value { return plan.Value{Kind: plan.Decimal, Text: text} }

func (a asker) sum(rows []row) plan.Sum {
	var s plan.Sum
	for range a.IntN(3) {
		s.Factors = append(s.Factors, a.pick(charter.Measure).Name)
	}
	slices.Sort(s.Factors)
	for range a.IntN(3) {
		if c := a.pick(charter.Category, charter.Measure, charter.Time).Name; !slices.Contains(s.Factors, c) {
			s.Present = append(s.Present, c)
		}
	}
	slices.Sort(s.Present)
	s.Present = slices.Compact(s.Present)
	if a.IntN(3) == 0 {
		s.Filter = a.predicate(rows, 2)
	}
	return s
}

// plan makes a random plan; it gives up, with false, where the charter refuses it.
func (a asker) plan(rows []row) (*plan.Plan, bool) {
	p := &plan.Plan{Table: "t", Sums: []plan.Sum{{}}}
	if a.IntN(2) == 0 {
		p.Where = a.predicate(rows, 3)
	}
	for range a.IntN(3) {
		k := a.key(rows)
		if err := k.Derive(a.table(), p.Where); err != nil {
			return nil, false
		}
		p.Keys = append(p.Keys, k)
	}
	for range 1 + a.IntN(4) {
		p.Sums = append(p.Sums, a.sum(rows))
	}
	w, _, f := plan.FitWidth(p, a.ch)
	if f != nil {
		return nil, false
	}
	p.Width = w
	return p, plan.Check(p, a.ch) == nil
}

func writeCSV(t *testing.T, path string, table *charter.Table, rows []row) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	_ = w.Write(names)
	for _, r := range rows {
		fields := make([]string, len(names))
		for i := range fields {
			fields[i] = written(&table.Columns[i], r[names[i]])
		}
		_ = w.Write(fields)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// convert copies a CSV file into another format with the charter's types.
func convert(t *testing.T, e *source.Engine, table *charter.Table, from, to string) {
	t.Helper()
	cols := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		typ := strings.NewReplacer("integer", "BIGINT", "text", "VARCHAR").Replace(c.Type)
		if c.Name == "wide" && strings.HasSuffix(to, ".json") {
			typ = "VARCHAR" // JSON numbers are doubles
		}
		cols[i] = fmt.Sprintf(`CAST("%s" AS %s) AS "%s"`, c.Name, typ, strings.ToUpper(c.Name))
	}
	r, err := e.Query(t.Context(), fmt.Sprintf("COPY (SELECT %s FROM read_csv('%s', all_varchar = true, header = true, delim = ',')) TO '%s'",
		strings.Join(cols, ", "), from, to))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
}

// TestAgainstNaive: whatever the plan, the vector is what Go computes from the rows,
// from CSV, Parquet and JSON, and from all three together.
func TestAgainstNaive(t *testing.T) {
	seed := uint64(20240229)
	rounds := 60
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	a := asker{rng, testCharter()}
	table := a.table()
	rows := make([]row, 600)
	for i := range rows {
		rows[i] = randomRow(rng, table)
	}
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.parquet"), filepath.Join(dir, "c.json")}
	free := open(t)
	for i, path := range paths {
		part := filepath.Join(dir, fmt.Sprintf("part%d.csv", i))
		writeCSV(t, part, table, rows[200*i:200*(i+1)])
		convert(t, free, table, part, path)
	}
	e := open(t)
	if err := e.AddTable(t.Context(), source.Mapping{Files: paths}, *table); err != nil {
		t.Fatal(err)
	}
	if err := e.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := 0
	for done < rounds {
		p, ok := a.plan(rows)
		if !ok {
			continue
		}
		done++
		want, used := naive{table, p}.vector(rows)
		compareVector(t, e, a.ch, p, want, used)
		if t.Failed() {
			t.Fatalf("plan %d: %s", done, p.SQL())
		}
	}
}

func compareVector(t *testing.T, e *source.Engine, ch *charter.Charter, p *plan.Plan, want []*big.Int, used int64) {
	t.Helper()
	r, err := e.Aggregate(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	got, rows, err := column.Vector(t.Context(), r, p, ch)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.SQL())
	}
	if rows != used {
		t.Errorf("%d rows, wants %d", rows, used)
	}
	for i := range want {
		if got.Big(i).Cmp(want[i]) != 0 {
			t.Errorf("element %d: got %s, want %s", i, got.Big(i), want[i])
		}
	}
}

func open(t *testing.T) *source.Engine {
	t.Helper()
	e, err := source.Open(source.Config{Threads: 2, Memory: "500MB"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}
