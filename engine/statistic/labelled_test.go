package statistic_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// Levels of every type of category are those that an analyst writes: none is missed in a total because it is written in another way.
func TestLevelsOfEveryType(t *testing.T) {
	k := 1
	category := func(name, kind string, domain ...string) charter.Column {
		return charter.Column{Name: name, Type: kind, Role: charter.Category, Nullable: no(), Domain: domain}
	}
	table1 := charter.Table{Name: "mixed", MaxRows: 1000, MinCohort: &k, Columns: []charter.Column{
		category("word", "text", "a", "b, c"), category("whole", "integer", "-1", "2"), category("part", "decimal(3,2)", "0.5", "1.25"),
		category("day", "date", "2024-02-29", "2024-03-01"), category("yes", "boolean"),
		{Name: "x", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "100"}},
		{Name: "time", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "50"}, Curve: "1"},
		category("dead", "integer", "0", "1"),
	}}
	var rows [][]string
	first, second := 0, 0
	for i := range 40 {
		row := []string{"a", "-1", "0.5", "2024-02-29", "false", strconv.Itoa(i), strconv.Itoa(i), strconv.Itoa(i % 2)}
		if i%3 == 0 {
			row = []string{"b, c", "2", "1.25", "2024-03-01", "true", row[5], row[6], row[7]}
			second += i
		} else {
			first += i
		}
		rows = append(rows, row)
	}
	space := statistictest.New(t, table1, []string{"word", "whole", "part", "day", "yes", "x", "time", "dead"}, rows, 3, 1)
	for _, c := range table1.Columns[:5] {
		levels := c.Domain
		if c.Name == "yes" {
			levels = []string{"false", "true"}
		}
		quoted := fmt.Sprintf(`"%s"=2, "%s"=5`, levels[0], levels[1])
		r, err := space.Statistic(t.Context(), "SELECT * FROM footprint(mixed, 'x', of => '"+c.Name+"', factors => '"+quoted+"')", false)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		closeTo(t, c.Name, cell(t, r.Main(), 0, "footprint"), float64(2*first+5*second))
		if r, err = space.Statistic(t.Context(), "SELECT * FROM concordance(mixed, 'Surv(time, dead) ~ "+c.Name+"')", false); err != nil || len(r.Main().Rows) != 2 {
			t.Errorf("%s: bands %v, %v", c.Name, r, err)
		}
		if r, err = space.Statistic(t.Context(), "SELECT * FROM mh_rate(mixed, 'dead = 1', 'x', '"+c.Name+"', 'word', exposed => '"+levels[1]+"')", false); c.Name != "word" && err == nil {
			t.Errorf("%s: a rate ratio within strata that each have one exposure: %v", c.Name, r.Main().Rows)
		}
		for _, row := range table(t, mustAsk(t, space, "describe(mixed, 'x', by => '"+c.Name+"')"), "groups").Rows {
			if row[0] != levels[0] && row[0] != levels[1] {
				t.Errorf("%s: a group is called %v", c.Name, row[0])
			}
		}
	}
}

func mustAsk(t *testing.T, space *pooled.Space, call string) *statistic.Report {
	t.Helper()
	r, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
	if err != nil {
		t.Fatal(call, ": ", err)
	}
	return r
}
