package charter

import (
	"slices"

	"github.com/tacit-space/tacit/engine/decimal"
)

// Normalise fills in defaults and puts sets in order, so that two valid charters
// that mean the same become equal. The order of members, tables, columns and of a
// domain has a meaning (roster, display) and is kept.
func (c *Charter) Normalise() {
	c.Rules.MaxCells = c.Rules.Cells()
	c.Rules.JobLifetime = Duration(c.Rules.Lifetime())
	c.Rules.Verification = c.Rules.Verify()
	c.Rules.Differencing = Differencing{c.Rules.Differencing.Rule(), Duration(c.Rules.Differencing.Span())}
	c.Rules.Privacy.normalise()
	c.Rules.Purposes = sorted(c.Rules.Purposes)
	if c.Rules.Questions == "" {
		c.Rules.Questions = QuestionsAny
	}
	for i := range c.Templates {
		c.Templates[i].normalise()
	}
	for i := range c.Rules.Quotas {
		c.Rules.Quotas[i].normalise()
	}
	for i := range c.Members {
		c.Members[i].Roles = sorted(c.Members[i].Roles)
	}
	for i := range c.Tables {
		c.normaliseTable(&c.Tables[i])
	}
}

func (c *Charter) normaliseTable(t *Table) {
	k := t.K()
	t.MinCohort = &k
	t.Contribution = Contribution{t.GroupBound(), t.RowBound()}
	if t.OutOfRange == "" {
		t.OutOfRange = Refuse
	}
	if t.Questions == "" {
		t.Questions = c.Rules.Questions
	}
	t.Analysts, t.Purposes = sorted(t.Analysts), sorted(t.Purposes)
	owners := c.OwnersOf(t.Name)
	t.Owners = make([]string, len(owners))
	for i, m := range owners {
		t.Owners[i] = m.ID
	}
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].normalise(k)
	}
}

// normalise of a column of a table with the minimum cohort k: what does not ask for
// more says nothing.
func (c *Column) normalise(k int) {
	t := c.Parsed()
	if c.K() <= k {
		c.MinCohort = nil
	}
	c.Type = t.String()
	nullable := c.IsNullable()
	c.Nullable = &nullable
	if t.Kind == KindBoolean {
		c.normaliseBoolean()
	}
	if c.Role == Measure {
		c.Range = canonicalNumbers(c.Range)
		c.Resolution = canonicalNumber(c.Resolution)
		c.Curve = canonicalNumber(c.Curve)
		if len(c.Aggregates) == 0 {
			c.Aggregates = Aggregates
		}
	}
	c.Aggregates = sorted(c.Aggregates)
}

func (c *Column) normaliseBoolean() {
	switch {
	case c.Role == Measure:
		c.Range = []string{"0", "1"}
	case c.Role == Category && len(c.Domain) == 0:
		c.Domain = []string{"false", "true"}
	}
}

func canonicalNumbers(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = canonicalNumber(text)
	}
	return out
}

func canonicalNumber(text string) string {
	if c, err := decimal.Canonical(text); err == nil {
		return c
	}
	return text
}

// sorted returns a sorted copy; nil stays nil.
func sorted[S ~[]E, E ~string](s S) S {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
