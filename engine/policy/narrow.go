package policy

import (
	"maps"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// checkColumns applies what the owner narrows of columns, key by key, so that a refusal names the
// one that made it: the plan has to pass the charter's own rules with the narrower declaration too.
func checkColumns(ch *charter.Charter, p *plan.Plan, own map[string]map[string]config.Column) error {
	table := ch.Table(p.Table)
	for _, name := range slices.Sorted(maps.Keys(own[p.Table])) {
		i := slices.IndexFunc(table.Columns, func(c charter.Column) bool { return c.Name == name })
		if i < 0 {
			continue // an amendment took it away: no question can name it
		}
		for _, n := range narrowings(own[p.Table][name], table.K()) {
			narrower := *table
			narrower.Columns = slices.Clone(table.Columns)
			n.apply(&narrower.Columns[i])
			if why := n.breaks(ch, p, &narrower); why != "" {
				rule := OfOwner + "accept.columns." + p.Table + "." + name + "." + n.key
				return ByRule(rule, OwnRule.New("column %q: %s", name, why))
			}
		}
	}
	return nil
}

// narrowing is one key of an owner's [config.Column].
type narrowing struct {
	key   string
	apply func(*charter.Column)
	units bool // it is about how many units are needed, and not about what may be asked
}

func narrowings(c config.Column, k int) []narrowing {
	var all []narrowing
	if c.Use == config.Unused {
		all = append(all, narrowing{"use", func(c *charter.Column) { c.Role = charter.Hidden }, false})
	}
	if c.Aggregates != nil {
		all = append(all, narrowing{"aggregates", func(n *charter.Column) { n.Aggregates = c.Aggregates }, false})
	}
	if c.Grain != "" {
		all = append(all, narrowing{"grain", func(n *charter.Column) { n.Grain = c.Grain }, false})
	}
	if c.MinCohort > k {
		all = append(all, narrowing{"min_cohort", func(n *charter.Column) { n.MinCohort = &c.MinCohort }, true})
	}
	return all
}

// breaks says why a plan does not fit the narrower table, "" if it does.
func (n *narrowing) breaks(ch *charter.Charter, p *plan.Plan, t *charter.Table) string {
	if !n.units {
		if f := plan.CheckColumns(p, t); f != nil {
			return f.Message
		}
		return ""
	}
	with := *ch
	with.Tables = slices.Clone(ch.Tables)
	with.Tables[slices.IndexFunc(with.Tables, func(o charter.Table) bool { return o.Name == t.Name })] = *t
	noised, before := plan.Noised(p, ch), plan.Cohorts(p, ch)
	for i, k := range plan.Cohorts(p, &with) {
		if k > before[i] && !noised[i] {
			return "a number that is made with it needs fewer privacy units behind it than this owner wants"
		}
	}
	return ""
}
