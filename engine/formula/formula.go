// Package formula reads model formulas in R's notation, as far as tacit's models go:
//
//	y ~ age + factor(race, ref = "white") + age:smoke
//	Surv(time, status == 2) ~ sex + strata(inst)
//	deaths ~ age * sex + offset(log(pyears)) - 1
//
// What a name means is for the caller: nothing is known here of tables and columns.
//
// Start at [Parse].
package formula

import (
	"slices"
	"strings"
)

// Formula is a parsed formula.
type Formula struct {
	Response  Response
	Terms     []Term // in the order of the text, a*b as a, b, a:b; each once
	Intercept bool   // false after "- 1" or "+ 0"
	Strata    []Name // of strata(…)
	Offset    *Offset
}

// Response is what stands left of ~. A formula without a left side has no Column.
type Response struct {
	Name  // of the outcome, or of the time in Surv(time, …)
	Event *Event
}

// Event is the second argument of Surv: a column, perhaps with the value that means the event.
type Event struct {
	Name
	Value *string // nil: a column by itself
}

// Name is the name of a column and where it stands, in bytes.
type Name struct {
	Column string
	At     int
}

// Term is a product of factors; one is a main effect.
type Term []Factor

// Factor is a column in a term.
type Factor struct {
	Name
	Levels    bool   // written as factor(…)
	Reference string // of factor(x, ref = "…"); "": the first level
}

// Offset is a column that enters with the coefficient 1.
type Offset struct {
	Name
	Log bool // its natural logarithm
}

// String writes a term as R names it.
func (t Term) String() string {
	parts := make([]string, len(t))
	for i, f := range t {
		parts[i] = f.Column
	}
	return strings.Join(parts, ":")
}

// Same reports whether two terms are products of the same columns.
func (t Term) Same(o Term) bool {
	return len(t) == len(o) && !slices.ContainsFunc(t, func(f Factor) bool {
		return !slices.ContainsFunc(o, func(g Factor) bool { return f.Column == g.Column })
	})
}

// Columns returns every column that the formula names, each once, in the order of the text.
func (f *Formula) Columns() []Name {
	var all []Name
	add := func(n Name) {
		if n.Column != "" && !slices.ContainsFunc(all, func(o Name) bool { return o.Column == n.Column }) {
			all = append(all, n)
		}
	}
	add(f.Response.Name)
	if f.Response.Event != nil {
		add(f.Response.Event.Name)
	}
	for _, t := range f.Terms {
		for _, factor := range t {
			add(factor.Name)
		}
	}
	for _, n := range f.Strata {
		add(n)
	}
	if f.Offset != nil {
		add(f.Offset.Name)
	}
	return all
}
