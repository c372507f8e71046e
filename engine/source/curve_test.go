package source

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/plan"
)

// costs is a curve along cost: 0 below 0, 1 to 2 in bins of 50, 3 from 100.
func costs(null bool) plan.Key {
	decimal := func(s string) plan.Value { return plan.Value{Kind: plan.Decimal, Text: s} }
	return plan.Key{Kind: plan.KeyBins, Column: "cost", Lo: decimal("0"), Hi: decimal("100"), Count: 2, Slots: plan.BinSlots(2), Null: null, Along: true}
}

// TestCurveUnits: a unit with rows at several points of a curve counts once.
func TestCurveUnits(t *testing.T) {
	ward := plan.Key{Kind: plan.KeyColumn, Column: "ward"}
	rows := "patient,ward,cost\np,a,1\np,a,60\nq,a,2\n,a,3\nq,b,70\n"
	path := write(t, "t.csv", rows)
	query := Mapping{Files: []string{path}, Query: "SELECT * FROM read_csv(" + quote(path) + ", all_varchar = true, header = true)"}
	for name, c := range map[string]struct {
		mapping Mapping
		unit    string
		want    []string
	}{
		"files": {Mapping{Files: []string{path}}, "patient", []string{
			"a 1 (null) (null) (null) 2 2 2", "a 1 3 6 2 (null) (null) (null)", "a 2 1 60 1 (null) (null) (null)",
			"b 2 (null) (null) (null) 1 1 1", "b 2 1 70 1 (null) (null) (null)",
		}},
		"query": {query, "patient", []string{
			"a 1 (null) (null) (null) 2 2 2", "a 1 3 6 2 (null) (null) (null)", "a 2 1 60 1 (null) (null) (null)",
			"b 2 (null) (null) (null) 1 1 1", "b 2 1 70 1 (null) (null) (null)",
		}},
		"rows": {Mapping{Files: []string{path}}, "", []string{"a 1 3 6 2 3 3 2", "a 2 1 60 1 1 1 1", "b 2 1 70 1 1 1 1"}},
	} {
		e := open(t)
		if err := e.AddTable(t.Context(), c.mapping, unitTable(c.unit)); err != nil {
			t.Fatal(err)
		}
		if got := cellsOf(t, e, unitGuards(), ward, costs(false)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
}

// TestCurveOfNothing: an owner without rows has no points and no units.
func TestCurveOfNothing(t *testing.T) {
	path := write(t, "t.csv", "patient,ward,cost\n")
	query := Mapping{Files: []string{path}, Query: "SELECT * FROM read_csv(" + quote(path) + ", all_varchar = true, header = true)"}
	for _, m := range []Mapping{{Files: []string{path}}, query} {
		e := open(t)
		if err := e.AddTable(t.Context(), m, unitTable("patient")); err != nil {
			t.Fatal(err)
		}
		if got := cellsOf(t, e, unitGuards(), costs(false)); !slices.Equal(got, []string{""}) {
			t.Errorf("got %q", got)
		}
	}
}

// TestCurveQueryRunsOnce: as [TestQueryRunsOnce], for the units of a curve, be it one guard or several.
func TestCurveQueryRunsOnce(t *testing.T) {
	e := open(t)
	query := "SELECT 'p' || range AS patient, 'a' AS ward, 2 AS cost FROM range(2000) WHERE random() < 0.5"
	if err := e.AddTable(t.Context(), Mapping{Query: query}, unitTable("patient")); err != nil {
		t.Fatal(err)
	}
	for _, guards := range []int{1, 3} {
		for range 4 {
			lines := cellsOf(t, e, unitGuards()[:guards], costs(false))
			if len(lines) != 2 {
				t.Fatalf("got %q", lines)
			}
			n := strings.Fields(lines[0])[4]
			if rows, err := strconv.Atoi(n); err != nil || !strings.HasPrefix(lines[1], fmt.Sprintf("1 %d %d", rows, 2*rows)) {
				t.Errorf("got %q", lines)
			}
		}
	}
}
