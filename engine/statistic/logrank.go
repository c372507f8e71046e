package statistic

import (
	"fmt"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/survival"
)

func logRank() *Statistic {
	return &Statistic{
		Name: "log_rank", Aliases: []string{"logrank", "survdiff"},
		Synopsis: "test whether survival differs between groups; stratified, weighted",
		Parameters: []Parameter{
			formulaText("Surv(time, event) ~ groups + strata(…); or use time, event, by and strata", false),
			timeParameter, eventParameter, byParameter,
			{Name: "strata", Kind: Columns, Help: "categories within which groups are compared, such as the site"},
			{Name: "weight", Kind: Choice, Default: "logrank", Choices: []string{"logrank", "wilcoxon", "peto"}, Help: "how times are weighted"},
			where, step,
		},
		Example: `lung "Surv(time, status == 2) ~ sex"`,
		Prepare: prepareLogRank,
	}
}

func prepareLogRank(c *Call) (*Prepared, *fault.Fault) {
	g, f, bad := c.groupedOutcome()
	if bad != nil {
		return nil, bad
	}
	within, bad := c.Columns("strata")
	if bad != nil {
		return nil, bad
	}
	if f != nil {
		for _, n := range f.Strata {
			col, bad := c.named(n)
			if bad != nil {
				return nil, bad
			}
			within = append(within, col)
		}
	}
	if len(g.by) == 0 {
		return nil, BadParameter.New("log_rank needs groups to compare").With("Write them right of ~, or by => 'sex'.")
	}
	for _, col := range within {
		if slices.Contains(g.by, col) {
			return nil, BadParameter.New("column %q is a group and a stratum", col.Name)
		}
	}
	t := &comparison{groupedOutcome: g, within: within, weight: survival.Weight(c.Text("weight"))}
	return &Prepared{SQL: g.inner(c, append(slices.Clone(within), g.by...)), Finish: t.finish}, nil
}

// comparison finishes a log-rank test.
type comparison struct {
	*groupedOutcome
	within []*charter.Column
	weight survival.Weight
}

func (t *comparison) finish(in *Released) (*Report, *fault.Fault) {
	keys := len(t.within) + len(t.by)
	all, f := t.strata(in, keys)
	if f != nil {
		return nil, f
	}
	var groups [][]result.Value // labels of groups
	var within []string
	tables := map[string][]survival.Counts{}
	for _, s := range all {
		if s.hidden > 0 {
			return nil, Suppressed.New("%s has fewer than %d people or events", s.name(append(slices.Clone(t.within), t.by...)), s.hidden)
		}
		group := s.labels[len(t.within):]
		at := slices.IndexFunc(groups, func(g []result.Value) bool { return slices.Equal(g, group) })
		if at < 0 {
			at, groups = len(groups), append(groups, group)
		}
		name := fmt.Sprint(s.labels[:len(t.within)])
		if _, ok := tables[name]; !ok {
			within = append(within, name)
		}
		for len(tables[name]) <= at {
			tables[name] = append(tables[name], survival.Counts{})
		}
		tables[name][at] = s.counts
	}
	strata := make([][]survival.Counts, len(within))
	for i, name := range within {
		strata[i] = tables[name]
		for len(strata[i]) < len(groups) {
			strata[i] = append(strata[i], survival.Counts{})
		}
	}
	test, f := survival.LogRank(strata, t.weight)
	if f != nil {
		return nil, f
	}
	return t.report(test, groups), nil
}

func (t *comparison) report(test *survival.Test, groups [][]result.Value) *Report {
	table := headed(t.by, countColumn("n"), doubleColumn("observed"), doubleColumn("expected"), doubleColumn("variance"))
	n := int64(0)
	for i, g := range test.Groups {
		table.Rows = append(table.Rows, append(slices.Clone(groups[i]), g.N, g.Observed, g.Expected, g.Variance))
		n += g.N
	}
	r := &Report{Title: fmt.Sprintf("Log-rank test (%s)", t.weight), Tables: []Named{{Name: "groups", Table: table}}, Notes: t.remarks()}
	r.Add("chisq", "χ²", test.ChiSq)
	r.Add("df", "degrees of freedom", int64(test.DF))
	r.Add("p", "", test.P)
	r.Add("n", "", n)
	return r
}
