package statistic

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func mannWhitney() *Statistic {
	return &Statistic{
		Name: "mann_whitney", Aliases: []string{"wilcoxon", "rank_sum"},
		Synopsis: "rank test: do values of one group tend to be above those of another",
		Parameters: []Parameter{
			{Name: "column", Kind: Column, Required: true, Place: 1, Help: "measure whose values are compared"},
			{Name: "by", Kind: Column, Required: true, Place: 2, Help: "category with two values"},
			stepParameter, fromParameter, toParameter, where,
		},
		Example: "lung time sex",
		Prepare: prepareMannWhitney,
	}
}

// ranked finishes a rank test.
type ranked struct {
	grid *binning
	by   *charter.Column
}

func prepareMannWhitney(c *Call) (*Prepared, *fault.Fault) {
	col, bad := c.Column("column")
	if bad != nil {
		return nil, bad
	}
	by, bad := c.category("by")
	if bad != nil {
		return nil, bad
	}
	groups := []*charter.Column{by}
	g, bad := newBinning(c, col, groupsOf(groups), 0)
	if bad != nil {
		return nil, bad
	}
	selected := append(keys(groups), g.sql()+" AS bin", "COUNT(*) AS n")
	sql := "SELECT " + join(selected) + c.From(known(col, by)...) + grouped(2)
	return &Prepared{SQL: sql, Finish: (&ranked{g, by}).finish}, nil
}

func (t *ranked) finish(in *Released) (*Report, *fault.Fault) {
	var groups []*binned
	for _, b := range t.grid.read(in, 1) {
		if b.labels[0] == "NULL" {
			continue // the question leaves rows without a group out
		}
		if b.below > 0 {
			return nil, Suppressed.New("%s=%v has fewer than %d privacy units, or a bin of it has", t.by.Name, b.labels[0], b.below).
				With("Use wider bins, leave the group out with a condition, or have the charter declare the column for curves, whose bins are released together.")
		}
		if n := total64(t.ordered(b)); n > 0 {
			groups = append(groups, b)
		}
	}
	if len(groups) != 2 {
		return nil, inference.TooFew.New("%d groups have values, a rank test compares two", len(groups)).With("Leave others out with a condition.")
	}
	test, f := inference.MannWhitney(t.ordered(groups[0]), t.ordered(groups[1]))
	if f != nil {
		return nil, f
	}
	return t.report(test, groups), nil
}

// ordered are the counts from the lowest to the highest, with what is outside of the bins at the ends.
func (t *ranked) ordered(b *binned) []int64 {
	out := append([]int64{b.Below}, b.Counts...)
	return append(out, b.Above)
}

func total64(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func (t *ranked) report(test *inference.RankSum, groups []*binned) *Report {
	table := newTable(textColumn("comparison"), countColumn("n1"), countColumn("n2"), doubleColumn("u"), doubleColumn("superiority"), doubleColumn("z"), doubleColumn("p"))
	what := fmt.Sprintf("%s: %v against %v", t.by.Name, groups[0].labels[0], groups[1].labels[0])
	table.Rows = [][]result.Value{{what, test.N1, test.N2, test.U, test.Superiority, test.Z, test.P}}
	r := &Report{Title: "Mann–Whitney rank test, corrected for ties and continuity", Tables: []Named{{Name: "test", Table: table}}}
	if !t.grid.exact() {
		r.Notes = append(r.Notes, "values within a bin of width "+text(t.grid.step)+" count as tied")
	}
	return r
}
