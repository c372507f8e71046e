package statistic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/formula"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Faults of designs.
var (
	UnknownLevel = fault.Declare("TACIT-P165", "unknown level",
		"The reference of a factor is none of the values that the charter declares for it, or that the condition leaves.",
		"Use a value of the declared domain, as \"tacit space show\" lists it.")
	TooManyTerms = fault.Declare("TACIT-P166", "too many parameters",
		"The model has more coefficients than there may be sums in one question, or more than a third of the rows.",
		"Leave terms out, or merge levels.")
)

// term is one column of a model: a product of measures and of indicators of levels. Without
// either it is the intercept.
type term struct {
	name     string
	measures []string    // sorted
	levels   []indicator // of different columns
}

// indicator is 1 where a category has a value.
type indicator struct {
	column string
	value  plan.Value
}

func (i indicator) sql() string { return plan.QuoteName(i.column) + " = " + i.value.SQL() }

const interceptName = "(Intercept)"

// design is the columns of a model's matrix.
type design struct {
	terms     []term
	intercept bool
	columns   []*charter.Column // that the terms use
}

// newDesign makes the columns for the right side of a formula: a category, or a factor(…), has a
// column for each level but its reference.
//
// A model without an intercept column may span the constant all the same, as Cox models do.
func (c *Call) newDesign(f *formula.Formula, intercept, spanned bool) (*design, *fault.Fault) {
	d := &design{intercept: intercept}
	if intercept {
		d.terms = append(d.terms, term{name: interceptName})
	}
	for _, t := range f.Terms {
		columns := []term{{}}
		for i, factor := range t {
			full := !marginal(f, t, i, spanned)
			next, bad := c.expand(d, columns, factor, full)
			if bad != nil {
				return nil, c.At("formula", bad)
			}
			columns = next
		}
		spanned = spanned || len(t) == 1 && len(columns[0].levels) > 0
		d.terms = append(d.terms, columns...)
	}
	return d, nil
}

// marginal reports whether the term without its factor number i is in the model: then the factor needs no column
// for its reference, which the other columns span already. This is R's rule (J. M. Chambers, T. J. Hastie,
// Statistical Models in S, 1992, section 2.4.1).
func marginal(f *formula.Formula, t formula.Term, i int, spanned bool) bool {
	if len(t) == 1 {
		return spanned
	}
	rest := slices.Delete(slices.Clone(t), i, i+1)
	return slices.ContainsFunc(f.Terms, rest.Same)
}

// expand multiplies columns by one factor of a term.
func (c *Call) expand(d *design, columns []term, factor formula.Factor, full bool) ([]term, *fault.Fault) {
	col, bad := c.named(factor.Name)
	if bad != nil {
		return nil, bad
	}
	if !slices.Contains(d.columns, col) {
		d.columns = append(d.columns, col)
	}
	if col.Role == charter.Measure && !factor.Levels {
		var out []term
		for _, t := range columns {
			out = append(out, t.times(col.Name, nil))
		}
		return out, nil
	}
	if col.Role != charter.Category {
		return nil, plan.WrongRole.New("column %q is neither a measure nor a category", col.Name)
	}
	levels, bad := c.levels(col, factor.Reference, full)
	if bad != nil {
		return nil, bad
	}
	var out []term
	for _, v := range levels {
		for _, t := range columns {
			out = append(out, t.times("", &indicator{col.Name, v}))
		}
	}
	return out, nil
}

// levels are the values of a category that the condition leaves, without the reference.
func (c *Call) levels(col *charter.Column, reference string, full bool) ([]plan.Value, *fault.Fault) {
	q, err := query.Compile("SELECT "+plan.QuoteName(col.Name)+", COUNT(*)"+c.From()+" GROUP BY 1", c.Charter)
	if err != nil {
		return nil, fault.From(err)
	}
	levels := slices.Clone(q.Plan.Keys[0].Slots)
	if len(levels) < 2 {
		return nil, UnknownLevel.New("column %q has only one level", col.Name)
	}
	at := 0
	if reference != "" {
		if at = slices.IndexFunc(levels, func(v plan.Value) bool { return v.Text == reference }); at < 0 {
			return nil, UnknownLevel.New("column %q has no level %q", col.Name, reference)
		}
	}
	if full {
		return levels, nil
	}
	return slices.Delete(levels, at, at+1), nil
}

// times multiplies a column by a measure or an indicator.
func (t term) times(measure string, level *indicator) term {
	name := measure
	out := term{measures: slices.Clone(t.measures), levels: slices.Clone(t.levels)}
	if level != nil {
		name = level.column + "=" + level.value.Text
		out.levels = append(out.levels, *level)
	} else {
		out.measures = append(out.measures, measure)
		slices.Sort(out.measures)
	}
	if out.name = name; t.name != "" {
		out.name = t.name + ":" + name
	}
	return out
}

// product is the summand of two columns: measures, and the indicators that must all hold; ok is
// false if it is always 0, as for two levels of one factor.
func product(a, b term) (measures []string, levels []indicator, ok bool) {
	measures = append(slices.Clone(a.measures), b.measures...)
	slices.Sort(measures)
	levels = slices.Clone(a.levels)
	for _, l := range b.levels {
		i := slices.IndexFunc(levels, func(o indicator) bool { return o.column == l.column })
		switch {
		case i < 0:
			levels = append(levels, l)
		case levels[i].value != l.value:
			return nil, nil, false
		}
	}
	slices.SortFunc(levels, func(x, y indicator) int { return strings.Compare(x.column, y.column) })
	return measures, levels, true
}

// summand writes the aggregate of a product in SQL.
func summand(measures []string, levels []indicator) string {
	what := "COUNT(*)"
	if len(measures) > 0 {
		quoted := make([]string, len(measures))
		for i, m := range measures {
			quoted[i] = plan.QuoteName(m)
		}
		what = "SUM(" + strings.Join(quoted, " * ") + ")"
	}
	if len(levels) > 0 {
		parts := make([]string, len(levels))
		for i, l := range levels {
			parts[i] = l.sql()
		}
		what += " FILTER (WHERE " + strings.Join(parts, " AND ") + ")"
	}
	return what
}

func (d *design) names() []string {
	names := make([]string, len(d.terms))
	for i, t := range d.terms {
		names[i] = t.name
	}
	return names
}

// aggregates are the different summands of a question, each with its name.
type aggregates struct {
	texts []string
	names map[string]string
}

// add returns the name of a summand.
func (a *aggregates) add(sql string) string {
	if a.names == nil {
		a.names = map[string]string{}
	}
	name, ok := a.names[sql]
	if !ok {
		name = fmt.Sprintf("a%d", len(a.texts))
		a.names[sql] = name
		a.texts = append(a.texts, sql+" AS "+name)
	}
	return name
}

func join(parts []string) string { return strings.Join(parts, ", ") }
