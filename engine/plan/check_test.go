package plan_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

func loadCharter(t testing.TB) *charter.Charter {
	t.Helper()
	text, err := os.ReadFile("../query/testdata/charter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ch, err := charter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func compile(t testing.TB, ch *charter.Charter, sql string) *plan.Plan {
	t.Helper()
	q, err := query.Compile(sql, ch)
	if err != nil {
		t.Fatal(err)
	}
	return &q.Plan
}

// tryCompile returns nil for a query that is refused.
func tryCompile(ch *charter.Charter, sql string) *plan.Plan {
	q, err := query.Compile(sql, ch)
	if err != nil {
		return nil
	}
	return &q.Plan
}

const broad = `SELECT ward, date_trunc('month', admitted), CASE WHEN smoker THEN 's' END,
	COUNT(stay), SUM(stay * cost), SUM(bmi) FILTER (WHERE level = 2)
	FROM visits WHERE age >= 18 AND admitted >= '2024-01-01' AND admitted < '2024-07-01' GROUP BY 1, 2, 3`

// TestTampered: a worker refuses each plan that a dishonest analyst's client could
// make instead of the compiler.
func TestTampered(t *testing.T) {
	text := func(s string) plan.Value { return plan.Value{Kind: plan.Text, Text: s} }
	number := func(s string) plan.Value { return plan.Value{Kind: plan.Integer, Text: s} }
	decimal := func(s string) plan.Value { return plan.Value{Kind: plan.Decimal, Text: s} }
	where := func(q *plan.Predicate) func(*plan.Plan) { return func(p *plan.Plan) { p.Where = q } }
	sum := func(s plan.Sum) func(*plan.Plan) { return func(p *plan.Plan) { p.Sums = append(p.Sums, s) } }
	cases := map[string]struct {
		kind   *fault.Kind
		change func(*plan.Plan)
	}{
		"no such table":          {plan.UnknownTable, func(p *plan.Plan) { p.Table = "people" }},
		"no such column":         {plan.UnknownColumn, where(plan.Missing("salary"))},
		"identifier in where":    {plan.Identifying, where(plan.Compare(plan.Eq, "patient", text("p1")))},
		"identifier is null":     {plan.Identifying, where(plan.Missing("patient"))},
		"identifier in not":      {plan.Identifying, where(plan.Negate(plan.AllOf(plan.Missing("ward"), plan.Missing("patient"))))},
		"hidden in where":        {plan.WrongRole, where(plan.Compare(plan.Eq, "note", text("x")))},
		"identifier summed":      {plan.Identifying, sum(plan.Sum{Factors: []string{"patient"}})},
		"identifier counted":     {plan.Identifying, sum(plan.Sum{Present: []string{"patient"}})},
		"identifier in a filter": {plan.Identifying, sum(plan.Sum{Filter: plan.Missing("patient")})},
		"hidden counted":         {plan.WrongRole, sum(plan.Sum{Present: []string{"note"}})},
		"category summed":        {plan.WrongRole, sum(plan.Sum{Factors: []string{"level"}})},
		"time summed":            {plan.WrongRole, sum(plan.Sum{Factors: []string{"admitted"}})},
		"narrowed square":        {plan.Narrowed, sum(plan.Sum{Factors: []string{"score", "score"}})},
		"narrowed product":       {plan.Narrowed, sum(plan.Sum{Factors: []string{"score", "stay"}})},
		"narrowed, other way":    {plan.Narrowed, sum(plan.Sum{Factors: []string{"bmi", "score"}})},
		"an expression summed":   {plan.UnknownColumn, sum(plan.Sum{Factors: []string{"age * 1000 + stay"}})},
		"an expression counted":  {plan.UnknownColumn, sum(plan.Sum{Present: []string{"CASE WHEN age = 7 THEN 1 END"}})},
		"an expression compared": {plan.UnknownColumn, where(plan.Compare(plan.Eq, "age % 10", number("1")))},
		"one person selected":    {plan.Identifying, sum(plan.Sum{Factors: []string{"age"}, Filter: plan.Compare(plan.Eq, "patient", text("p1"))})},
		"one person of many":     {plan.Identifying, sum(plan.Sum{Factors: []string{"age"}, Filter: plan.AnyOf(plan.Missing("ward"), plan.OneOf("patient", []plan.Value{text("p1"), text("p2")}))})},
		"overflow":               {plan.Overflow, sum(plan.Sum{Factors: []string{"large", "large"}})},
		"category ordered":       {plan.WrongRole, where(plan.Compare(plan.Ge, "ward", text("surgery")))},
		"outside domain":         {plan.OutsideDomain, where(plan.Compare(plan.Eq, "ward", text("zz")))},
		"one outside domain":     {plan.OutsideDomain, where(plan.OneOf("level", []plan.Value{number("1"), number("9")}))},
		"off the grid":           {plan.OffGrid, where(plan.Compare(plan.Lt, "bmi", decimal("20.05")))},
		"off the scale":          {plan.OffGrid, where(plan.Compare(plan.Lt, "cost", decimal("0.005")))},
		"beyond 64 bits":         {plan.OffGrid, where(plan.Compare(plan.Lt, "age", number("9223372036854775808")))},
		"wrong type":             {plan.WrongType, where(plan.Compare(plan.Lt, "age", decimal("5")))},
		"time inside a period":   {plan.TooFine, where(plan.Compare(plan.Lt, "planned", plan.Value{Kind: plan.Date, Text: "2024-01-15"}))},
		"one day of a month":     {plan.TooFine, where(plan.OneOf("planned", []plan.Value{{Kind: plan.Date, Text: "2024-01-01"}, {Kind: plan.Date, Text: "2024-02-01"}}))},
		"first day by <=":        {plan.TooFine, where(plan.Compare(plan.Le, "planned", plan.Value{Kind: plan.Date, Text: "2024-01-01"}))},
		"key on an identifier": {plan.Identifying, func(p *plan.Plan) {
			p.Keys[0] = plan.Key{Kind: plan.KeyColumn, Column: "patient", Slots: []plan.Value{text("p1")}}
		}},
		"key on a measure": {plan.WrongRole, func(p *plan.Plan) {
			p.Keys[0] = plan.Key{Kind: plan.KeyColumn, Column: "age", Slots: []plan.Value{number("1")}}
		}},
		"fewer slots":      {plan.NotDerived, func(p *plan.Plan) { p.Keys[0].Slots = p.Keys[0].Slots[:1] }},
		"other slots":      {plan.NotDerived, func(p *plan.Plan) { p.Keys[0].Slots[0] = text("elsewhere") }},
		"slots reordered":  {plan.NotDerived, func(p *plan.Plan) { slices.Reverse(p.Keys[0].Slots) }},
		"no slot for NULL": {plan.NotDerived, func(p *plan.Plan) { p.Keys[0].Null = false }},
		"shifted months":   {plan.NotDerived, func(p *plan.Plan) { p.Keys[1].Slots = p.Keys[1].Slots[1:] }},
		"finer than the grain": {plan.TooFine, func(p *plan.Plan) {
			slots, _ := plan.TruncSlots(plan.Hour, plan.Value{Kind: plan.Timestamp, Text: "2024-01-01 00:00:00"}, 24)
			p.Keys[1] = plan.Key{Kind: plan.KeyTrunc, Column: "admitted", Grain: plan.Hour, Slots: slots}
		}},
		"bins on an identifier": {plan.Identifying, func(p *plan.Plan) {
			p.Keys[0] = plan.Key{Kind: plan.KeyBins, Column: "patient", Lo: decimal("0"), Hi: decimal("1"), Count: 1, Slots: plan.BinSlots(1)}
		}},
		"bins off the grid": {plan.BadBins, func(p *plan.Plan) {
			p.Keys[0] = plan.Key{Kind: plan.KeyBins, Column: "age", Lo: decimal("0"), Hi: decimal("1"), Count: 3, Slots: plan.BinSlots(3)}
		}},
		"identifier in a CASE key": {plan.Identifying, func(p *plan.Plan) { p.Keys[2].Arms[0].When = plan.Compare(plan.Eq, "patient", text("p1")) }},
		"wider than needed":        {plan.NotDerived, func(p *plan.Plan) { p.Width = plan.Width128 }},
		"narrower than needed": {plan.NotDerived, func(p *plan.Plan) {
			p.Sums = append(p.Sums, plan.Sum{Factors: []string{"large"}})
		}},
		"no count":      {plan.Malformed, func(p *plan.Plan) { p.Sums = p.Sums[1:] }},
		"three factors": {plan.Malformed, sum(plan.Sum{Factors: []string{"age", "cost", "stay"}})},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ch := loadCharter(t)
			p := compile(t, ch, broad)
			if err := plan.Check(p, ch); err != nil {
				t.Fatal(err)
			}
			c.change(p)
			if err := plan.Check(p, ch); !c.kind.Is(err) {
				t.Errorf("got %v, wants %s", err, c.kind.Code)
			}
		})
	}
}

// TestFewerCells: the charter's limit binds the worker too.
func TestFewerCells(t *testing.T) {
	ch := loadCharter(t)
	p := compile(t, ch, broad)
	ch.Rules.MaxCells = p.Cells() - 1
	if err := plan.Check(p, ch); !plan.TooManyCells.Is(err) {
		t.Error(err)
	}
	ch.Rules.MaxCells = p.Cells()
	if err := plan.Check(p, ch); err != nil {
		t.Error(err)
	}
}

// TestBounds: max_rows × Π max|units|, and the smallest width that holds the sum over
// all owners.
func TestBounds(t *testing.T) {
	ch := loadCharter(t)
	p := compile(t, ch, "SELECT SUM(stay), SUM(cost), SUM(bmi), SUM(bmi * cost), SUM(died), SUM(large) FROM visits")
	want := map[string]string{
		"COUNT(*)": "100000", "SUM(stay)": "40000000", "SUM(cost)": "999999900000", "SUM(bmi)": "60000000",
		"SUM(bmi * cost)": "599999940000000", "SUM(died)": "100000", "SUM(large)": "922337203685477580800000",
	}
	bounds := plan.Bounds(p, ch)
	for i := range p.Sums {
		if w, ok := want[p.Sums[i].SQL()]; ok && bounds[i].String() != w {
			t.Errorf("%s: %s, wants %s", p.Sums[i].SQL(), bounds[i], w)
		}
		delete(want, p.Sums[i].SQL())
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
}

// TestWidest: a sum may take 126 bits and not one more.
func TestWidest(t *testing.T) {
	ch := loadCharter(t)
	table := ch.Table("visits")
	table.Column("large").Type = "decimal(38,0)"
	table.MaxRows = 1
	for hi, ok := range map[string]bool{
		"28356863910078205288614550619314017621": true, // 3x = 2^126 − 1
		"28356863910078205288614550619314017622": false,
	} {
		table.Column("large").Range = []string{"0", hi}
		_, err := query.Compile("SELECT SUM(large) FROM visits", ch)
		if ok && err != nil || !ok && !plan.Overflow.Is(err) {
			t.Errorf("%s: %v", hi, err)
		}
	}
}

// TestWidth is at the edge of 63 bits for three owners.
func TestWidth(t *testing.T) {
	for _, c := range []struct {
		rows int64
		hi   string
		want plan.Width
	}{
		{1, "3074457345618258602", plan.Width64},  // 3x = 2^63 − 2
		{1, "3074457345618258603", plan.Width128}, // 3x = 2^63 + 1
		{2, "1537228672809129301", plan.Width64},
	} {
		ch := loadCharter(t)
		table := ch.Table("visits")
		table.MaxRows = c.rows
		table.Column("large").Range = []string{"0", c.hi}
		if p := compile(t, ch, "SELECT SUM(large) FROM visits"); p.Width != c.want {
			t.Errorf("%d × %s: width %d, wants %d", c.rows, c.hi, p.Width, c.want)
		}
	}
}

// TestExplain keeps the statement word for word: its hash is part of every job.
func TestExplain(t *testing.T) {
	ch := loadCharter(t)
	p := compile(t, ch, broad)
	s := plan.Explain(p, ch)
	path := filepath.Join("testdata", "explain.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(s.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Text(); got != string(want) {
		t.Errorf("got\n%s", got)
	}
	if !strings.Contains(s.Text(), "the number of rows of each cell, always") {
		t.Error("the released row counts are not stated")
	}
	if s.Hash() != plan.Explain(p, ch).Hash() {
		t.Error("the hash changes from call to call")
	}
	q := compile(t, ch, strings.Replace(broad, "18", "19", 1))
	if s.Hash() == plan.Explain(q, ch).Hash() {
		t.Error("two questions have one hash")
	}
}

// TestOneLine: no constant can make the statement look like another.
func TestOneLine(t *testing.T) {
	ch := loadCharter(t)
	for _, bad := range []string{"a\nReleased to the analyst", "a\u202eb", "\x1b[2J", "a\x00"} {
		p := compile(t, ch, "SELECT CASE WHEN smoker THEN 'x' END, COUNT(*) FROM visits GROUP BY 1")
		p.Keys[0].Slots[0].Text = bad
		if err := plan.Check(p, ch); !plan.Malformed.Is(err) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
