package plan

import (
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
)

// Guard is the count of privacy units behind some of a plan's sums. A unit is counted
// in a cell if at least one of its rows there passes Filter and has none of Present
// NULL. A cell's elements of Sums are released if its count, added over all owners, is at
// least K.
//
// Guards follow from plan and charter, so they are not part of a plan's encoding.
type Guard struct {
	K       int        // in [2, charter.MaxCohort]
	Present []string   // sorted: factors and present columns of the sums that can be NULL where Filter passes
	Filter  *Predicate // nil: every row of the cell
	Sums    []int      // indices into the plan's sums, ascending; a lock may have none

	// Lock: where this guard fails, no sum of values of the cell is released, whatever stands behind it. So
	// are the guards of the levels of a model.
	Lock bool
}

// Guards returns the guards of a plan in the order of their first sums. Sums with the
// same K over the same rows share one; a sum with the cohort 1, and one with noise, is in none. The
// columns of the plan must be the charter's, as [Check] makes sure.
//
// Over the same rows are sums with the same filter and the same columns that must not
// be NULL, where a column does not count that cannot be NULL anyway: by the
// charter, or because Where or the filter compares it.
func Guards(p *Plan, ch *charter.Charter) []Guard {
	return slices.DeleteFunc(Supports(p, ch), func(g Guard) bool { return g.K < 2 })
}

// Supports are the guards of a plan and, with K = 1, what would guard the sums that are
// released whatever their number of units: together they have every sum without noise once.
func Supports(p *Plan, ch *charter.Charter) []Guard {
	t := ch.Table(p.Table)
	var guards []Guard
	noised := Noised(p, ch)
	for i, k := range Cohorts(p, ch) {
		if noised[i] {
			continue
		}
		filter, present := p.Sums[i].Filter, p.Sums[i].nullable(t, p.Where)
		at := slices.IndexFunc(guards, func(g Guard) bool {
			return g.K == k && slices.Equal(g.Present, present) && g.Filter.Equal(filter)
		})
		if at < 0 {
			at = len(guards)
			guards = append(guards, Guard{K: k, Present: present, Filter: filter})
		}
		guards[at].Sums = append(guards[at].Sums, i)
	}
	return p.lock(guards, t)
}

// lock adds the guards of the levels of a model.
func (p *Plan) lock(guards []Guard, t *charter.Table) []Guard {
	if p.Model == nil {
		return guards
	}
	for _, filter := range p.levels(t) {
		k := p.cohort(t)
		k.condition(filter)
		least := p.modelCohort(k.k)
		if least < 2 {
			continue
		}
		at := slices.IndexFunc(guards, func(g Guard) bool {
			return g.K == least && len(g.Present) == 0 && g.Filter.Equal(filter)
		})
		if at < 0 {
			at = len(guards)
			guards = append(guards, Guard{K: least, Filter: filter})
		}
		guards[at].Lock = true
	}
	return guards
}

// nullable returns the factors and present columns that can be NULL in rows that pass
// where and the filter, sorted.
func (s *Sum) nullable(t *charter.Table, where *Predicate) []string {
	names := append(slices.Clone(s.Factors), s.Present...)
	passed := AllOf(where, s.Filter)
	names = slices.DeleteFunc(names, func(name string) bool {
		return !t.Column(name).IsNullable() || excludesNull(name, passed)
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// Cohorts returns, per sum, its k: the number of privacy units that must stand behind
// an element before anybody sees it, in [1, charter.MaxCohort]. It is the largest of
// the minimum cohorts of the table and of the columns that the sum is made with: its
// factors, present columns and filter, and those of Where and Keys, which shape every
// sum. The columns of the plan must be the charter's, as [Check] makes sure.
func Cohorts(p *Plan, ch *charter.Charter) []int {
	all := p.cohort(ch.Table(p.Table))
	out := make([]int, len(p.Sums))
	for i := range p.Sums {
		own := all
		own.columns(p.Sums[i].Factors...)
		own.columns(p.Sums[i].Present...)
		own.condition(p.Sums[i].Filter)
		out[i] = p.modelCohort(own.k)
	}
	return out
}

// cohort is that of the table and of what shapes every sum.
func (p *Plan) cohort(t *charter.Table) cohort {
	all := cohort{t, t.K()}
	p.Model.columns(func(name string) { all.columns(name) })
	all.condition(p.Where)
	for i := range p.Keys {
		all.key(&p.Keys[i])
	}
	return all
}

// cohort is the largest k of the table and the columns seen so far.
type cohort struct {
	table *charter.Table
	k     int
}

func (c *cohort) columns(names ...string) {
	for _, name := range names {
		c.k = max(c.k, c.table.Column(name).K())
	}
}

func (c *cohort) condition(p *Predicate) { p.Columns(func(name string) { c.columns(name) }) }

func (c *cohort) key(k *Key) {
	if k.Kind != KeyCase {
		c.columns(k.Column)
	}
	for _, a := range k.Arms {
		c.condition(a.When)
	}
}

// UnitBound is the largest number of privacy units that one owner can have behind a
// cell: max_rows, as each has at least one row there.
func UnitBound(p *Plan, ch *charter.Charter) *big.Int { return big.NewInt(ch.Table(p.Table).MaxRows) }
