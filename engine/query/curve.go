package query

import (
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// curveKey compiles curve(width_bucket(…)) and curve(date_trunc(…)): the groups of the argument are
// released together, see [plan.Plan.Along].
func (c *compiler) curveKey(e *call) (plan.Key, result.Type, *fault.Fault) {
	arg, ok := e.args[0].(*call)
	if !ok || arg.name != "width_bucket" && arg.name != "date_trunc" {
		return plan.Key{}, result.Type{}, c.fault(plan.BadCurve, e.args[0], "curve wants width_bucket or date_trunc")
	}
	k, typ, f := c.key(arg)
	k.Along = true
	return k, typ, f
}

// curveLast makes the curve the last group, as plans have it.
func (c *compiler) curveLast() {
	for i := range c.plan.Keys {
		if c.plan.Keys[i].Along {
			c.plan.Keys = append(append(c.plan.Keys[:i:i], c.plan.Keys[i+1:]...), c.plan.Keys[i])
			c.keys = append(append(c.keys[:i:i], c.keys[i+1:]...), c.keys[i])
			return
		}
	}
}

// point is the key along at a cell. If the curve is suppressed one row stands for all of it, and the
// key is suppressed too.
func (x *cell) point(key int) any {
	if k := x.sums.Suppressed(x.first); k > 0 {
		x.below = max(x.below, k)
		return nil
	}
	return x.keys[key]
}

// curve tells when the cells of a group that is released together begin.
type curve struct {
	points int
	last   int // number of the group before, -1: none
}

func (q *Query) newCurve(seen *census) *curve {
	seen.curves = q.Plan.Along() != nil
	return &curve{points: q.Plan.Points(), last: -1}
}

// enter reports whether cell i is the first of its group that is entered.
func (c *curve) enter(i int) bool {
	first := i/c.points != c.last
	c.last = i / c.points
	return first
}

func (c *census) noun() string {
	if c.curves {
		return "curves"
	}
	return "groups"
}
