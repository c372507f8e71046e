package differencing

import (
	"reflect"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// condition holds for every row of a cell: a predicate, or a slot of a key that has none.
type condition struct {
	predicate *plan.Predicate
	key       *plan.Key
	slot      int
}

// implies may miss an implication; it never reports one that is none.
func (c condition) implies(d condition) bool {
	if d.predicate == nil {
		return c.key != nil && c.slot == d.slot && reflect.DeepEqual(c.key, d.key)
	}
	if c.predicate == nil { // a bin is not NULL, and no more is known
		return c.key.Kind == plan.KeyBins && plan.Negate(plan.Missing(c.key.Column)).Implies(d.predicate)
	}
	return c.predicate.Implies(d.predicate)
}

// conditions of a cell: those of every cell of the series, and those of its slots.
func (s *Series) conditions(cell int) []condition {
	all := s.common()
	for i, slot := range s.slots(cell) {
		all = append(all, s.slotConditions(&s.Plan.Keys[i], slot)...)
	}
	return all
}

func (s *Series) common() []condition {
	var all []condition
	for _, p := range slices.Concat(s.Plan.Where.Conjuncts(), s.Filter.Conjuncts()) {
		all = append(all, condition{predicate: p})
	}
	for _, name := range s.Present {
		all = append(all, condition{predicate: plan.Negate(plan.Missing(name))})
	}
	return all
}

// slots of a cell: that of the last key varies fastest.
func (s *Series) slots(cell int) []int {
	out := make([]int, len(s.Plan.Keys))
	for i := len(out) - 1; i >= 0; i-- {
		n := s.Plan.Keys[i].Size()
		out[i], cell = cell%n, cell/n
	}
	return out
}

func (s *Series) slotConditions(k *plan.Key, slot int) []condition {
	v := k.Slot(slot)
	switch {
	case k.Kind == plan.KeyCase:
	case v.Kind == plan.Null:
		return []condition{{predicate: plan.Missing(k.Column)}}
	case k.Kind == plan.KeyColumn:
		return []condition{{predicate: plan.Compare(plan.Eq, k.Column, v)}}
	case k.Kind == plan.KeyTrunc:
		return s.period(k, v)
	}
	return []condition{{key: k, slot: slot}}
}

// period is the range of the column in a slot of date_trunc, in constants of its type, which
// the column's declaration tells.
func (s *Series) period(k *plan.Key, v plan.Value) []condition {
	from, ok := v.Time()
	if !ok {
		return []condition{{key: k}}
	}
	kind := plan.Timestamp
	if s.dates[k.Column] {
		kind = plan.Date
	}
	return []condition{
		{predicate: plan.Compare(plan.Ge, k.Column, plan.InstantValue(kind, from))},
		{predicate: plan.Compare(plan.Lt, k.Column, plan.InstantValue(kind, k.Grain.Next(from)))},
	}
}

// datesOf names the columns of a table whose constants are dates.
func datesOf(t *charter.Table) map[string]bool {
	out := map[string]bool{}
	for i := range t.Columns {
		if t.Columns[i].Kind() == charter.KindDate {
			out[t.Columns[i].Name] = true
		}
	}
	return out
}

// emptyPart reports whether a cell of the parts lies, by its conditions, within cell a of the
// totals, and has no rows here.
func (s *side) emptyPart(a int) bool {
	allowed := s.part.possible()
	for _, need := range s.total.conditions(a) {
		fixed := slices.ContainsFunc(s.part.common(), func(c condition) bool { return c.implies(need) })
		if !fixed && !s.part.narrow(allowed, need) {
			return false
		}
	}
	return s.part.count(allowed) > s.inhabited(allowed)
}

// contradicts may miss a contradiction.
func (c condition) contradicts(d condition) bool {
	return c.predicate != nil && d.predicate != nil &&
		(c.predicate.Implies(plan.Negate(d.predicate)) || d.predicate.Implies(plan.Negate(c.predicate)))
}

// possible returns the slots that the other conditions of the series do not rule out: no owner has
// rows in the others.
func (s *Series) possible() [][]bool {
	allowed, common := make([][]bool, len(s.Plan.Keys)), s.common()
	for i := range s.Plan.Keys {
		k := &s.Plan.Keys[i]
		allowed[i] = make([]bool, k.Size())
		for slot := range allowed[i] {
			allowed[i][slot] = !slices.ContainsFunc(s.slotConditions(k, slot), func(c condition) bool {
				return slices.ContainsFunc(common, c.contradicts)
			})
		}
	}
	return allowed
}

// narrow keeps the slots of a key that imply a condition; it reports false if no key has one.
func (s *Series) narrow(allowed [][]bool, need condition) bool {
	for i := range s.Plan.Keys {
		k := &s.Plan.Keys[i]
		kept, found := make([]bool, k.Size()), false
		for slot := range kept {
			if !allowed[i][slot] {
				continue
			}
			kept[slot] = slices.ContainsFunc(s.slotConditions(k, slot), func(c condition) bool { return c.implies(need) })
			found = found || kept[slot]
		}
		if found {
			allowed[i] = kept
			return true
		}
	}
	return false
}

// count of cells with allowed slots.
func (s *Series) count(allowed [][]bool) int {
	n := 1
	for i := range s.Plan.Keys {
		slots := 0
		for _, ok := range allowed[i] {
			if ok {
				slots++
			}
		}
		n *= slots
	}
	return n
}

// inhabited counts the cells with allowed slots that have rows here.
func (s *side) inhabited(allowed [][]bool) int {
	n := 0
	for cell := range s.parts {
		inside := true
		for i, slot := range s.part.slots(cell) {
			inside = inside && allowed[i][slot]
		}
		if inside {
			n++
		}
	}
	return n
}
