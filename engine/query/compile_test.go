package query_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// TestHostileText: length, NUL, encoding and nesting are refused before or by the
// parser, whose stack is limited.
func TestHostileText(t *testing.T) {
	ch := loadCharter(t)
	repeat := strings.Repeat
	cases := []struct {
		name, sql string
		kind      *fault.Kind // nil: any of this package
	}{
		{"1 MB", "SELECT COUNT(*) FROM visits WHERE level IN (" + repeat("1,", 1<<19) + "1)", query.TooLong},
		{"NUL", "SELECT COUNT(*) FROM visits\x00; DROP TABLE visits", query.NotText},
		{"not UTF-8", "SELECT COUNT(*) FROM visits WHERE ward = '\xff'", query.NotText},
		{"10 000 parentheses", "SELECT " + repeat("(", 10000) + "1" + repeat(")", 10000) + " FROM visits", query.TooLong},
		{"6 000 parentheses", "SELECT " + repeat("(", 6000) + "1" + repeat(")", 6000) + " FROM visits", query.TooLong},
		{"2 000 parentheses", "SELECT " + repeat("(", 2000) + "COUNT(*)" + repeat(")", 2000) + " FROM visits LIMIT -1", query.BadLimit},
		{"5 000 terms", "SELECT 1" + repeat("+1", 5000) + " FROM visits", query.TooLong},
		{"2 000 terms", "SELECT 1" + repeat("+1", 2000) + " FROM visits", query.TooDeep},
		{"4 000 signs", "SELECT " + repeat("+", 4000) + "COUNT(*) FROM visits", nil},
		{"4 000 spaced signs", "SELECT " + repeat("- ", 4000) + "COUNT(*) FROM visits", query.TooDeep},
		{"4 000 NOT", "SELECT COUNT(*) FROM visits WHERE " + repeat("NOT ", 4000) + "smoker", query.TooDeep},
		{"2 000 casts", "SELECT COUNT(*)" + repeat("::int", 2000) + " FROM visits", query.TooDeep},
		{"500 CASE", "SELECT " + repeat("CASE WHEN true THEN ", 500) + "1" + repeat(" END", 500) + " FROM visits", query.TooDeep},
		{"650 subqueries", repeat("SELECT * FROM (", 650) + "SELECT 1" + repeat(") x", 650), query.Subquery},
		{"1 000 UNION", repeat("SELECT 1 UNION ", 1000) + "SELECT 1", query.SetOperation},
		{"1 300 calls", "SELECT " + repeat("f(", 1300) + "1" + repeat(")", 1300) + " FROM visits", query.UnknownFunction},
		{"1 300 arrays", "SELECT " + repeat("array[", 1300) + repeat("]", 1300) + " FROM visits", nil},
		{"1 000 scalar subqueries", "SELECT " + repeat("(select ", 1000) + "1" + repeat(")", 1000) + " FROM visits", query.Subquery},
		{"1 300 tables", "SELECT 1 FROM " + repeat("a join ", 1300) + "a" + repeat(" on b", 1300), nil},
		{"2 000 names", "SELECT a" + repeat(".a", 2000) + " FROM visits", query.Unsupported},
		{"1 300 indices", "SELECT a" + repeat("[1]", 1300) + " FROM visits", query.Unsupported},
		{"1 000 IN", "SELECT COUNT(*) FROM visits WHERE " + repeat("a in(", 1000) + "1" + repeat(")", 1000), query.TooDeep},
		{"2 000 IS NULL", "SELECT COUNT(*)" + repeat(" ISNULL", 2000) + " FROM visits", query.TooDeep},
		{"1 500 collations", "SELECT 1" + repeat(" collate a", 1500) + " FROM visits", query.Unsupported},
		{"open comment", "SELECT 1 /* " + repeat("/* ", 4000), query.Syntax},
		{"open quote", "SELECT '" + repeat("a", 10000), query.Syntax},
		{"empty", "", query.NotSelect},
		{"comment", "-- nothing", query.NotSelect},
	}
	for _, c := range cases {
		_, err := query.Compile(c.sql, ch)
		if c.kind == nil && strings.HasPrefix(fault.Code(err), "TACIT-P0") {
			continue
		}
		if !c.kind.Is(err) {
			t.Errorf("%s: %v, wants %s", c.name, err, c.kind.Code)
		}
		if f := fault.From(err); f.Position == nil || f.Remedy == "" {
			t.Errorf("%s: without position or remedy", c.name)
		}
	}
}

// TestFoldedDepth: operands that SQL repeats are compiled once, so nesting costs no
// exponential time.
func TestFoldedDepth(t *testing.T) {
	ch := loadCharter(t)
	for _, layout := range [][2]string{
		{"(", " BETWEEN false AND true)"},
		{"(", " IN (true, false, NULL))"},
		{"CASE ", " WHEN true THEN true WHEN false THEN false END"},
		{"NULLIF(", ", false)"},
		{"COALESCE(", ", false, true)"},
	} {
		sql := "SELECT " + strings.Repeat(layout[0], 50) + "(COUNT(*) > 1)" + strings.Repeat(layout[1], 50) + " AS x FROM visits"
		q, err := query.Compile(sql, ch)
		if err != nil {
			t.Fatalf("%s: %v", layout, err)
		}
		if _, err := q.Finish(query.Open(pooled{big.NewInt(5)})); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSquaring: aliases of aliases cost neither exponential time nor memory.
func TestSquaring(t *testing.T) {
	ch := loadCharter(t)
	sql := "SELECT AVG(stay) AS x0"
	for i := range 200 {
		sql += fmt.Sprintf(", x%d * x%d AS x%d", i, i, i+1)
	}
	q, err := query.Compile(sql+" FROM visits", ch)
	if err != nil {
		t.Fatal(err)
	}
	sums := make(pooled, q.Plan.Length())
	for i := range sums {
		sums[i] = big.NewInt(3 + int64(i)*4)
	}
	if _, err := q.Finish(query.Open(sums)); err != nil {
		t.Fatal(err)
	}
}

// TestNothingEchoed: no fault repeats a constant of the query.
func TestNothingEchoed(t *testing.T) {
	ch := loadCharter(t)
	for _, sql := range []string{
		"SELECT COUNT(*) FROM visits WHERE patient = 'sesame'",
		"SELECT COUNT(*) FROM visits WHERE ward = 'sesame'",
		"SELECT COUNT(*) FROM visits WHERE level = 'sesame'",
		"SELECT COUNT(*) FROM visits WHERE admitted > 'sesame'",
		"SELECT COUNT(*) FROM visits WHERE ward = 'sesame' 'oil'",
		"SELECT COUNT(*) FROM visits WHERE ward = DATE 'sesame'",
		"SELECT SUM(stay + 'sesame') FROM visits",
		"SELECT COUNT(*) FROM visits GROUP BY date_trunc('sesame', seen)",
	} {
		_, err := query.Compile(sql, ch)
		if err == nil {
			t.Errorf("%s: accepted", sql)
			continue
		}
		if f := fault.From(err); strings.Contains(f.Message+f.Remedy, "sesame") {
			t.Errorf("%s: %s %s", sql, f.Message, f.Remedy)
		}
	}
}

func TestTooFewOwners(t *testing.T) {
	ch := loadCharter(t)
	ch.Tables[0].Owners = []string{"north", "south"}
	_, err := query.Compile("SELECT COUNT(*) FROM visits", ch)
	if !plan.TooFewOwners.Is(err) {
		t.Error(err)
	}
}

// TestQuotedNames: charters made by other means may have names that need quotes.
func TestQuotedNames(t *testing.T) {
	ch := loadCharter(t)
	table := ch.Table("visits")
	table.Columns = append(table.Columns,
		charter.Column{Name: "ph.ecog", Type: "integer", Role: charter.Measure, Range: []string{"0", "5"}},
		charter.Column{Name: "Mixed", Type: "integer", Role: charter.Measure, Range: []string{"0", "5"}})
	for sql, want := range map[string]string{
		`SELECT SUM("ph.ecog") FROM visits`: `SUM("ph.ecog")`,
		`SELECT SUM(mixed) FROM visits`:     `SUM("Mixed")`,
		`SELECT SUM(MIXED) FROM visits`:     `SUM("Mixed")`,
		`SELECT SUM("Mixed") FROM visits`:   `SUM("Mixed")`,
	} {
		q, err := query.Compile(sql, ch)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if !strings.Contains(q.Plan.SQL(), want) {
			t.Errorf("%s: %s", sql, q.Plan.SQL())
		}
	}
	if _, err := query.Compile(`SELECT SUM("mixed") FROM visits`, ch); !plan.UnknownColumn.Is(err) {
		t.Error(err)
	}
}

// TestFinishTwice: a query is not changed by finishing.
func TestFinishTwice(t *testing.T) {
	ch := loadCharter(t)
	table := ch.Table("visits")
	q, err := query.Compile("SELECT ward, SUM(bmi), SQRT(-COUNT(*)) FROM visits GROUP BY ward ORDER BY 1", ch)
	if err != nil {
		t.Fatal(err)
	}
	many := evaluate(&q.Plan, table, randomRows(table, 300))
	few := evaluate(&q.Plan, table, randomRows(table, 20))
	first, err := q.Finish(query.Open(few))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Finish(query.Open(many)); err != nil {
		t.Fatal(err)
	}
	again, err := q.Finish(query.Open(few))
	if err != nil {
		t.Fatal(err)
	}
	if first.Columns[1].Note != again.Columns[1].Note || first.Columns[2].Note != again.Columns[2].Note {
		t.Errorf("%v and %v", first.Columns, again.Columns)
	}
}

func FuzzCompile(f *testing.F) {
	ch := loadCharter(f)
	table := ch.Table("visits")
	rows := randomRows(table, 20)
	f.Add("SELECT ward, COUNT(*), CORR(age, bmi) FROM visits WHERE smoker AND level IN (1, 2) GROUP BY ward HAVING COUNT(*) > 2 ORDER BY 2 DESC LIMIT 3")
	f.Add("SELECT CASE WHEN age >= 65 THEN 'old' END AS g, SUM(CASE WHEN died THEN cost ELSE 0 END) / NULLIF(COUNT(*), 0) FROM visits GROUP BY g")
	f.Add("SELECT width_bucket(bmi, 20, 30, 5) b, ROUND(AVG(stay), 1)::decimal(5,1) FROM visits v GROUP BY 1")
	f.Add("SELECT date_trunc('month', planned), -SUM(-stay * 2.5) FROM visits WHERE planned BETWEEN '2024-02-01' AND '2024-04-30' GROUP BY 1")
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := query.Compile(sql, ch)
		if err != nil {
			if fault.Code(err) == "" || fault.Code(err) == fault.Internal.Code {
				t.Fatalf("without a code: %v", err)
			}
			return
		}
		b, err := q.Plan.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Check(p, ch); err != nil {
			t.Fatal(err)
		}
		if p.Cells() > 2000 {
			return
		}
		if _, err := q.Finish(query.Open(evaluate(p, table, rows))); err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkFinish finishes 16 384 cells.
func BenchmarkFinish(b *testing.B) {
	ch := loadCharter(b)
	ch.Rules.MaxCells = 1 << 20
	q, err := query.Compile("SELECT width_bucket(age, 0, 100, 100) AS a, width_bucket(dose, 0, 160, 160) AS d, AVG(stay), STDDEV(cost), SUM(bmi) FROM visits GROUP BY a, d ORDER BY 3", ch)
	if err != nil {
		b.Fatal(err)
	}
	sums := make(pooled, q.Plan.Length())
	for i := range sums {
		sums[i] = big.NewInt(int64(100 + i%977))
	}
	b.ReportMetric(float64(q.Plan.Cells()), "cells")
	for b.Loop() {
		if _, err := q.Finish(query.Open(sums)); err != nil {
			b.Fatal(err)
		}
	}
}
