package statistic

import (
	"fmt"
	"math"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

var (
	exposureParameter = Parameter{Name: "exposure", Kind: Column, Required: true, Place: 1, Help: "category of the rows; of a 2×2 table the exposure"}
	outcomeParameter  = Parameter{Name: "outcome", Kind: Column, Required: true, Place: 2, Help: "category of the columns; of a 2×2 table the outcome"}

	exposedParameter    = Parameter{Name: "exposed", Kind: Text, Help: "value of the exposure that effects are about (default: the first)"}
	eventValueParameter = Parameter{Name: "event", Kind: Text, Help: "value of the outcome that effects are about (default: the first)"}
)

func contingency() *Statistic {
	return &Statistic{
		Name: "contingency", Aliases: []string{"crosstab", "chisq"},
		Synopsis: "table of two categories: χ², Fisher's exact test, risks and odds",
		Parameters: []Parameter{
			exposureParameter, outcomeParameter, exposedParameter, eventValueParameter,
			{Name: "yates", Kind: Flag, Default: "false", Help: "correct the χ² of a 2×2 table for continuity"},
			where, level,
		},
		Example: `lung sex status`,
		Prepare: prepareContingency,
	}
}

// pairOf reads the parameters exposure and outcome.
func (c *Call) pairOf() (a, b *charter.Column, bad *fault.Fault) {
	if a, bad = c.category("exposure"); bad != nil {
		return nil, nil, bad
	}
	if b, bad = c.category("outcome"); bad != nil {
		return nil, nil, bad
	}
	if a == b {
		return nil, nil, c.Refuse("outcome", "is the same column as exposure")
	}
	return a, b, nil
}

func (c *Call) category(parameter string) (*charter.Column, *fault.Fault) {
	col, bad := c.Column(parameter)
	if bad == nil && col.Role != charter.Category {
		bad = c.At(parameter, plan.WrongRole.New("column %q is not a category: its values are no groups", col.Name))
	}
	return col, bad
}

// counts asks how many rows there are of each combination of categories.
func (c *Call) counts(columns ...*charter.Column) string {
	selected := append(keys(columns), "COUNT(*) AS n")
	return "SELECT " + join(selected) + c.From(known(columns...)...) + grouped(len(columns))
}

func prepareContingency(c *Call) (*Prepared, *fault.Fault) {
	a, b, bad := c.pairOf()
	if bad != nil {
		return nil, bad
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	x := &crossed{exposure: a, outcome: b, level: confidence, yates: c.Flag("yates"), exposed: c.Text("exposed"), event: c.Text("event")}
	return &Prepared{SQL: c.counts(a, b), Finish: x.finish}, nil
}

// cross is a table of counts with the labels of its rows and columns, in the order in which the charter declares them: which
// is the first does not depend on who has what. A combination that does not occur counts 0.
type cross struct {
	rows, columns []result.Value
	counts        [][]int64
	hidden        map[[2]int]int // k of what is suppressed
}

func newCross(in *Released, first int, exposure, outcome *charter.Column) *cross {
	x := &cross{hidden: map[[2]int]int{}}
	at := func(list *[]result.Value, label result.Value) int {
		i := slices.Index(*list, label)
		if i < 0 {
			i = len(*list)
			*list = append(*list, label)
		}
		return i
	}
	for r := range in.Len() { // labels first, so that the table is whole
		at(&x.rows, in.Label(r, fmt.Sprintf("k%d", first)))
		at(&x.columns, in.Label(r, fmt.Sprintf("k%d", first+1)))
	}
	inOrder(x.rows, exposure)
	inOrder(x.columns, outcome)
	for range x.rows {
		x.counts = append(x.counts, make([]int64, len(x.columns)))
	}
	for r := range in.Len() {
		i, j := at(&x.rows, in.Label(r, fmt.Sprintf("k%d", first))), at(&x.columns, in.Label(r, fmt.Sprintf("k%d", first+1)))
		x.counts[i][j] = in.Count(r, "n")
		if k := in.Below(r, "n"); k > 0 {
			x.hidden[[2]int{i, j}] = k
		}
	}
	return x
}

// inOrder sorts labels as the column declares its values; what it does not declare comes last.
func inOrder(labels []result.Value, col *charter.Column) {
	at := map[result.Value]int{}
	for i, v := range plan.Domain(col) {
		at[v.Text] = i - len(col.Domain) - 2 // below 0: nothing undeclared comes before
	}
	slices.SortStableFunc(labels, func(a, b result.Value) int { return at[a] - at[b] })
}

// begin puts a row and a column first, by their labels; "" leaves them.
func (x *cross) begin(row, column string) *fault.Fault {
	if row != "" {
		i := slices.Index(x.rows, result.Value(row))
		if i < 0 {
			return UnknownLevel.New("nobody has the exposure %q", row)
		}
		x.rows[0], x.rows[i] = x.rows[i], x.rows[0]
		x.counts[0], x.counts[i] = x.counts[i], x.counts[0]
	}
	if column != "" {
		j := slices.Index(x.columns, result.Value(column))
		if j < 0 {
			return UnknownLevel.New("nobody has the outcome %q", column)
		}
		x.columns[0], x.columns[j] = x.columns[j], x.columns[0]
		for _, line := range x.counts {
			line[0], line[j] = line[j], line[0]
		}
	}
	return nil
}

// table has a row for each cell.
func (x *cross) table(a, b string, expected [][]float64) Named {
	t := newTable(textColumn(a), textColumn(b), countColumn("n"), doubleColumn("row_share"), doubleColumn("expected"))
	for i, row := range x.counts {
		sum := int64(0)
		for _, n := range row {
			sum += n
		}
		for j, n := range row {
			t.Rows = append(t.Rows, []result.Value{x.rows[i], x.columns[j], n, float64(n) / float64(sum), expected[i][j]})
		}
	}
	return Named{Name: "cells", Table: t}
}

// crossed finishes a table of two categories.
type crossed struct {
	exposure, outcome *charter.Column
	exposed, event    string
	level             float64
	yates             bool
}

func (t *crossed) finish(in *Released) (*Report, *fault.Fault) {
	x, a, b, yates, level := newCross(in, 0, t.exposure, t.outcome), t.exposure, t.outcome, t.yates, t.level
	if f := x.begin(t.exposed, t.event); f != nil {
		return nil, f
	}
	if len(x.hidden) > 0 {
		return nil, Suppressed.New("%d of %d cells have too few people", len(x.hidden), len(x.rows)*len(x.columns))
	}
	c, f := inference.Independence(x.counts, yates)
	if f != nil {
		return nil, f
	}
	r := &Report{Title: fmt.Sprintf("%s by %s", a.Name, b.Name), Tables: []Named{x.table(a.Name, b.Name, c.Expected)}}
	r.Add("n", "", c.N)
	label := "χ²"
	if yates && len(x.rows) == 2 && len(x.columns) == 2 {
		label = "χ² with Yates's correction"
	}
	r.Add("chisq", label, c.ChiSq)
	r.Add("df", "degrees of freedom", int64(c.DF))
	r.Add("p", "", c.P)
	r.Add("cramers_v", "Cramér's V", c.CramersV)
	if c.Least < 5 {
		r.Notes = append(r.Notes, fmt.Sprintf("an expected count is %.3g: below 5 the χ² test is not reliable", c.Least))
	}
	if len(x.rows) == 2 && len(x.columns) == 2 {
		t := inference.TwoByTwo{A: x.counts[0][0], B: x.counts[0][1], C: x.counts[1][0], D: x.counts[1][1]}
		effects, f := twoByTwo(r, t, level)
		if f != nil {
			return nil, f
		}
		effects.Title = fmt.Sprintf("%s = %v against %v, of %s = %v", a.Name, x.rows[0], x.rows[1], b.Name, x.columns[0])
		r.Tables = append(r.Tables, effects)
	}
	return r, nil
}

// twoByTwo adds risks, odds and Fisher's test.
func twoByTwo(r *Report, t inference.TwoByTwo, level float64) (Named, *fault.Fault) {
	e, f := t.Effects(level)
	if f != nil {
		return Named{}, f
	}
	exact, f := t.Exact(level)
	if f != nil {
		return Named{}, f
	}
	out := newTable(textColumn("effect"), doubleColumn("estimate"), doubleColumn("lower"), doubleColumn("upper"))
	out.Rows = append(out.Rows, []result.Value{"risk difference", e.RiskDifference.Value, e.RiskDifference.Lower, e.RiskDifference.Upper})
	for name, x := range map[string]*inference.Estimate{"risk ratio": e.RiskRatio, "odds ratio": e.OddsRatio} {
		if x != nil {
			out.Rows = append(out.Rows, []result.Value{name, x.Value, x.Lower, x.Upper})
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b []result.Value) int { return order(a[0]) - order(b[0]) })
	out.Rows = append(out.Rows, []result.Value{"odds ratio, conditional", finite(exact.OddsRatio), exact.Lower, finite(exact.Upper)})
	score, f := t.Newcombe(level)
	if f != nil {
		return Named{}, f
	}
	out.Rows = append(out.Rows, []result.Value{"risk difference, score", score.Value, score.Lower, score.Upper})
	r.Add("fisher_p", "p of Fisher's exact test", exact.P)
	return Named{Name: "effects", Table: out}, nil
}

func order(effect result.Value) int {
	return slices.Index([]string{"risk difference", "risk ratio", "odds ratio"}, fmt.Sprint(effect))
}

// finite is nil for an infinite or missing number.
func finite(x float64) result.Value {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return x
}
