package differencing

import (
	"slices"

	"github.com/tacit-space/tacit/engine/plan"
)

// Along a curve every point is released, however few units stand behind it. So a condition on the column along,
// in the curve's question or in another, hides nothing: at the points for which it holds, whatever else two
// questions differ in is seen. The series of a question are therefore also compared with those of a curve as if
// no condition were about that column, and it were no key.

// project adds the series of all without what they say of columns along which one of them is a curve.
func project(all []Series) ([]Series, error) {
	var columns []string
	for i := range all {
		columns = append(columns, all[i].curves...)
	}
	slices.Sort(columns)
	asked := all
	for _, column := range slices.Compact(columns) {
		for i := range asked {
			if !mentions(asked[i].Plan, asked[i].Filter, asked[i].Present, column) {
				continue // it is its own projection
			}
			s := asked[i].projected(column)
			if err := s.identify(); err != nil {
				return nil, err
			}
			all = merge(all, s)
		}
	}
	return all, nil
}

// alongs lists the columns along which a question is a curve.
func alongs(question *plan.Plan, earlier []*plan.Plan) (columns []string) {
	for _, p := range append([]*plan.Plan{question}, earlier...) {
		if k := p.Along(); k != nil && !slices.Contains(columns, k.Column) {
			columns = append(columns, k.Column)
		}
	}
	return columns
}

// projected returns the series without what it says of a column. Conditions that mix it with others are
// none of the conjuncts that are left out: see [mixed].
func (s *Series) projected(column string) Series {
	p := *s.Plan
	p.Where = unconditioned(p.Where, column)
	p.Keys = slices.DeleteFunc(slices.Clone(p.Keys), func(k plan.Key) bool { return keyMentions(&k, column) })
	out := *s
	out.Plan, out.Filter, out.along = &p, unconditioned(s.Filter, column), column
	out.Present = slices.DeleteFunc(slices.Clone(s.Present), func(name string) bool { return name == column })
	return out
}

// meets reports whether two series are compared at all: as they were asked, or one of them a curve, and both
// without what they say of its column.
func (s *Series) meets(o *Series) bool {
	along := s.along
	switch {
	case s.along == "" && o.along == "":
		return true
	case s.along == "":
		along = o.along
	case o.along != "" && o.along != s.along:
		return false
	}
	for _, x := range []*Series{s, o} {
		if x.along == "" && mentions(x.Plan, x.Filter, x.Present, along) {
			return false
		}
	}
	return slices.Contains(s.curves, along) || slices.Contains(o.curves, along)
}

// mixed reports whether a plan has a condition about a column along which there are curves and others. The
// charter allows none ([plan.Check]), but may have before it declared the column.
func mixed(p *plan.Plan, column string) bool {
	conditions := p.Where.Conjuncts()
	for i := range p.Sums {
		conditions = append(slices.Clip(conditions), p.Sums[i].Filter.Conjuncts()...)
	}
	for i := range p.Keys {
		var arms []*plan.Predicate
		for _, arm := range p.Keys[i].Arms {
			arms = append(arms, arm.When)
		}
		if len(arms) > 0 {
			conditions = append(conditions, &plan.Predicate{Op: plan.Or, Args: arms})
		}
	}
	return slices.ContainsFunc(conditions, func(c *plan.Predicate) bool { return c.Mixes(column) })
}

func mentions(p *plan.Plan, filter *plan.Predicate, present []string, column string) bool {
	return p.Where.Mentions(column) || filter.Mentions(column) || slices.Contains(present, column) ||
		slices.ContainsFunc(p.Keys, func(k plan.Key) bool { return keyMentions(&k, column) })
}

func keyMentions(k *plan.Key, column string) bool {
	return k.Column == column || slices.ContainsFunc(k.Arms, func(a plan.Arm) bool { return a.When.Mentions(column) })
}

// unconditioned leaves the conjuncts out that are about a column.
func unconditioned(p *plan.Predicate, column string) *plan.Predicate {
	return plan.AllOf(slices.DeleteFunc(slices.Clone(p.Conjuncts()), func(c *plan.Predicate) bool { return c.Mentions(column) })...)
}
