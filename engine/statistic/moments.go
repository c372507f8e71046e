package statistic

import (
	"fmt"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// valueByGroup is outcome ~ group, or the parameters value and by.
type valueByGroup struct {
	value *charter.Column
	by    []*charter.Column // none: one group
}

var valueParameter = Parameter{Name: "value", Kind: Column, Help: "measure whose mean is looked at; or write a formula"}

// valueByGroup reads the parameters formula, value and by.
func (c *Call) valueByGroup() (*valueByGroup, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, bad
	}
	v := &valueByGroup{}
	switch {
	case f != nil && c.Has("value"):
		return nil, c.Refuse("value", "and a formula exclude each other")
	case f != nil:
		if f.Response.Column == "" || f.Response.Event != nil || len(f.Strata) > 0 {
			return nil, c.At("formula", BadFormula.New("the formula is not value ~ group"))
		}
		v.value, bad = c.named(f.Response.Name)
	case c.Has("value"):
		v.value, bad = c.Column("value")
	default:
		return nil, BadParameter.New("%s needs a formula, or value and by", c.Statistic.Name)
	}
	if bad == nil {
		bad = c.At("formula", plan.FactorRule(v.value, v.value))
	}
	if bad != nil {
		return nil, bad
	}
	v.by, bad = c.groups(f)
	return v, bad
}

// inner asks for the moments of each group.
func (v *valueByGroup) inner(c *Call) string {
	x := plan.QuoteName(v.value.Name)
	selected := append(keys(v.by), fmt.Sprintf("COUNT(%[1]s) AS n, SUM(%[1]s) AS s, SUM(%[1]s * %[1]s) AS ss", x))
	return "SELECT " + strings.Join(selected, ", ") + c.From(known(append([]*charter.Column{v.value}, v.by...)...)...) + grouped(len(v.by))
}

// group is the moments of one group.
type group struct {
	labels  []result.Value
	moments inference.Moments
	hidden  int // k if it is suppressed
}

func (v *valueByGroup) groups(in *Released) (all []*group, visible []*group) {
	for r := range in.Len() {
		g := &group{labels: labels(in, r, len(v.by)), hidden: in.Hidden(r)}
		if g.hidden == 0 {
			g.moments = inference.Moments{N: in.Count(r, "n"), Sum: in.Sum(r, "s"), SumSquares: in.Sum(r, "ss")}
			if g.moments.N == 0 {
				continue
			}
			visible = append(visible, g)
		}
		all = append(all, g)
	}
	return all, visible
}

// table has a row for each group: its number, mean, standard deviation and standard error.
func (v *valueByGroup) table(groups []*group) Named {
	t := headed(v.by, countColumn("n"), doubleColumn("mean"), doubleColumn("sd"), doubleColumn("se"))
	for _, g := range groups {
		if g.hidden > 0 {
			suppressRow(t, g.hidden, g.labels...)
			continue
		}
		mean, variance := meanVariance(g.moments.N, g.moments.Sum, g.moments.SumSquares)
		values := intervalOfMean(g.moments.N, mean, variance, 0.95)
		t.Rows = append(t.Rows, append(append([]result.Value{}, g.labels...), g.moments.N, values[0], values[1], values[2]))
	}
	return Named{Name: "groups", Table: t}
}

func (g *group) name(by []*charter.Column) string { return (&stratum{labels: g.labels}).name(by) }
