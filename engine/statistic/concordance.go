package statistic

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/formula"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/survival"
)

func concordance() *Statistic {
	return &Statistic{
		Name: "concordance", Aliases: []string{"c_index", "harrell"},
		Synopsis: "how well a score ranks survival: Harrell's C, over bands of the score",
		Parameters: []Parameter{
			formulaText("Surv(time, event) ~ score: a category whose declared order is that of the risk, or with edges a measure", true),
			{Name: "edges", Kind: Text, Help: "where bands of a measure begin, ascending, separated by commas: '50, 65' makes three"},
			{Name: "reverse", Kind: Flag, Help: "a higher score means less risk"},
			where, level, step,
		},
		Example: `admissions "Surv(days, dead) ~ score" --edges "12, 18, 24"`,
		Prepare: prepareConcordance,
	}
}

// ranking finishes a concordance.
type ranking struct {
	*groupedOutcome
	score   *charter.Column
	names   []string // of bands in ascending order
	reverse bool
	level   float64
}

func prepareConcordance(c *Call) (*Prepared, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, bad
	}
	if len(f.Terms) != 1 || len(f.Terms[0]) != 1 || len(f.Strata) > 0 || f.Offset != nil || !f.Intercept {
		return nil, c.At("formula", BadFormula.New("concordance takes Surv(time, event) ~ score, with one score"))
	}
	k := &ranking{groupedOutcome: &groupedOutcome{}, reverse: c.Flag("reverse")}
	if k.outcome, bad = c.surv(f); bad != nil {
		return nil, bad
	}
	if k.grid, bad = newGrid(c, "formula", k.time); bad != nil {
		return nil, bad
	}
	if k.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	key, bad := k.bands(c, f.Terms[0][0])
	if bad != nil {
		return nil, bad
	}
	selected := []string{key + " AS k0", k.grid.key() + " AS t", "COUNT(*) AS n", "COUNT(*) FILTER (WHERE " + k.event + ") AS d"}
	used := append(slices.Clone(k.columns), k.time, k.score)
	return &Prepared{SQL: "SELECT " + join(selected) + c.From(known(used...)...) + grouped(2), Finish: k.finish}, nil
}

// bands is the key of the score in SQL.
func (k *ranking) bands(c *Call, factor formula.Factor) (string, *fault.Fault) {
	var bad *fault.Fault
	if k.score, bad = c.named(factor.Name); bad != nil {
		return "", bad
	}
	if k.score.Role == charter.Category && !c.Has("edges") {
		levels, bad := c.levels(k.score, "", true)
		for _, v := range levels {
			k.names = append(k.names, labelOf(v))
		}
		return plan.QuoteName(k.score.Name), c.At("formula", bad)
	}
	if k.score.Role != charter.Measure {
		return "", c.At("formula", plan.WrongRole.New("column %q is neither a measure nor a category", k.score.Name))
	}
	if !c.Has("edges") {
		return "", BadParameter.New("concordance of the measure %q needs edges: where bands of it begin", k.score.Name)
	}
	edges, bad := c.numbers("edges")
	if bad != nil {
		return "", bad
	}
	key, names := bandsKey(k.score, edges)
	if k.names = names; names == nil {
		return "", c.Refuse("edges", "do not ascend")
	}
	return key, nil
}

func (k *ranking) finish(in *Released) (*Report, *fault.Fault) {
	strata, f := k.strata(in, 1)
	if f != nil {
		return nil, f
	}
	t := newTable(textColumn(k.score.Name), countColumn("n"), countColumn("events"))
	var bands []survival.Counts
	for _, name := range k.names {
		i := slices.IndexFunc(strata, func(s *stratum) bool { return s.labels[0] == name })
		if i < 0 {
			continue // known to be empty
		}
		if s := strata[i]; s.hidden > 0 {
			return nil, Suppressed.New("the band %q of %s has fewer than %d people or events", name, k.score.Name, s.hidden)
		}
		bands = append(bands, strata[i].counts)
		t.Rows = append(t.Rows, []result.Value{name, strata[i].counts.N(), strata[i].counts.D()})
	}
	if k.reverse {
		slices.Reverse(bands)
	}
	a, f := survival.Concordance(bands, k.level)
	if f != nil {
		return nil, f
	}
	r := &Report{Title: fmt.Sprintf("Concordance of %s with survival, %s interval", axis(k.score), percent(k.level)), Tables: []Named{{Name: "bands", Table: t}}, Notes: k.remarks()}
	r.Add("concordance", "Harrell's C", a.C)
	r.Add("se", "standard error", a.SE)
	r.Add("lower", "", a.Lower)
	r.Add("upper", "", a.Upper)
	r.Add("least", "if those of a band were all in the wrong order", a.Least)
	r.Add("most", "if they were all in the right one", a.Most)
	r.Add("concordant", "concordant pairs", a.Concordant)
	r.Add("discordant", "discordant pairs", a.Discordant)
	r.Add("tied", "pairs within a band", a.Tied)
	return r, nil
}
