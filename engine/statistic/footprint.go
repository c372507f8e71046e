package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func footprint() *Statistic {
	return &Statistic{
		Name: "footprint", Aliases: []string{"emissions", "carbon_footprint"},
		Synopsis: "roll-up of amounts times emission factors, and the share of it that rests on primary data",
		Parameters: []Parameter{
			{Name: "amount", Kind: Column, Required: true, Place: 1, Help: "measure with the amount of a row, such as kg or kWh"},
			{Name: "factor", Kind: Column, Place: 2, Help: "measure with the emission factor of a row; or give factors"},
			{Name: "primary", Kind: Condition, Help: "condition of rows whose factor is primary data; goes with factor"},
			{Name: "of", Kind: Column, Help: "category whose levels have the factors, such as the material or the hour"},
			{Name: "factors", Kind: Text, Help: "public factors: level=factor for each level of it, separated by commas"},
			{Name: "primary_levels", Kind: Text, Help: "levels whose factor is primary data, separated by commas; goes with factors"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			where,
		},
		Example: "goods kg factor --primary \"source = 'primary'\" --by material",
		Prepare: prepareFootprint,
	}
}

// rollUp finishes a footprint.
type rollUp struct {
	amount, factor *charter.Column // factor: nil with factors of levels
	by             []*charter.Column
	sided          bool // rows with primary data apart from the others
	of             *charter.Column
	factors        *labelled
	primary        []string // levels
}

func prepareFootprint(c *Call) (*Prepared, *fault.Fault) {
	p := &rollUp{}
	var bad *fault.Fault
	if p.amount, bad = c.Column("amount"); bad == nil {
		bad = c.At("amount", plan.FactorRule(p.amount, nil))
	}
	if bad != nil {
		return nil, bad
	}
	if p.by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	switch {
	case c.Has("factor") && (c.Has("of") || c.Has("factors") || c.Has("primary_levels")):
		return nil, c.Refuse("factor", "and of, factors, primary_levels exclude each other")
	case c.Has("factor"):
		return p.ofRows(c)
	case c.Has("of") && c.Has("factors"):
		return p.ofLevels(c)
	}
	return nil, BadParameter.New("footprint needs a factor, or of and factors").
		With("Write factor => 'kg_co2e' for a column, or of => 'material', factors => 'steel=1.9, glass=0.8'.")
}

// ofRows is the footprint with a factor in each row.
func (p *rollUp) ofRows(c *Call) (*Prepared, *fault.Fault) {
	var bad *fault.Fault
	if p.factor, bad = c.Column("factor"); bad == nil {
		bad = c.At("factor", plan.FactorRule(p.factor, p.amount))
	}
	if bad != nil {
		return nil, bad
	}
	a, f := plan.QuoteName(p.amount.Name), plan.QuoteName(p.factor.Name)
	aggregates := []string{"COUNT(*) AS n", "SUM(" + a + ") AS a", "SUM(" + a + " * " + f + ") AS f"}
	used := append(slices.Clone(p.by), p.amount, p.factor)
	if !c.Has("primary") {
		sql := "SELECT " + join(append(keys(p.by), aggregates...)) + c.From(known(used...)...) + grouped(len(p.by))
		return &Prepared{SQL: sql, Finish: p.finish}, nil
	}
	p.sided = true
	o := &outcome{event: c.Text("primary")}
	if bad := c.At("primary", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	return &Prepared{SQL: o.apart(c, p.by, []*charter.Column{p.amount, p.factor}, aggregates...), Finish: p.finish}, nil
}

// ofLevels is the footprint with a public factor for each level of a category.
func (p *rollUp) ofLevels(c *Call) (*Prepared, *fault.Fault) {
	if c.Has("primary") {
		return nil, c.Refuse("primary", "goes with a factor in each row: say with primary_levels which levels have primary data")
	}
	var bad *fault.Fault
	if p.of, bad = c.category("of"); bad != nil {
		return nil, bad
	}
	if slices.Contains(p.by, p.of) {
		return nil, c.Refuse("of", "is one of the groups too: its levels are shown as parts")
	}
	if p.factors, bad = c.labelled("factors", p.of); bad != nil {
		return nil, bad
	}
	if c.Has("primary_levels") {
		p.sided = true
		for _, part := range splitOutsideQuotes(c.Text("primary_levels")) {
			level := strings.Trim(strings.TrimSpace(part), `"`)
			if !slices.Contains(p.factors.levels, level) {
				return nil, c.At("primary_levels", UnknownLevel.New("column %q has no level %q, or the condition leaves it out", p.of.Name, level))
			}
			p.primary = append(p.primary, level)
		}
	}
	used := append(slices.Clone(p.by), p.of, p.amount)
	selected := append(keys(append(slices.Clone(p.by), p.of)), "COUNT(*) AS n", "SUM("+plan.QuoteName(p.amount.Name)+") AS a")
	sql := "SELECT " + join(selected) + c.From(known(used...)...) + grouped(len(p.by)+1)
	return &Prepared{SQL: sql, Finish: p.finish}, nil
}

// part is what a group has of a level, or of rows with primary data or without.
type part struct {
	level             result.Value // nil: no level
	n                 int64
	amount, footprint *big.Rat
	primary           bool
	hidden            int
}

// goods is the parts of one group.
type goods struct {
	labels []result.Value
	parts  []part
}

func (p *rollUp) read(in *Released) []*goods {
	var out []*goods
	for r := range in.Len() {
		shown := labels(in, r, len(p.by))
		i := slices.IndexFunc(out, func(g *goods) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(out)
			out = append(out, &goods{labels: shown})
		}
		x := part{n: in.Count(r, "n"), amount: in.Sum(r, "a"), hidden: in.Hidden(r)}
		if p.of != nil {
			x.level = in.Label(r, fmt.Sprintf("k%d", len(p.by)))
			factor := p.factors.of(x.level)
			if factor == nil {
				continue // a level that the condition leaves out
			}
			x.footprint = new(big.Rat).Mul(x.amount, factor)
			x.primary = slices.ContainsFunc(p.primary, func(s string) bool { return s == x.level })
		} else {
			x.footprint = in.Sum(r, "f")
			if p.sided {
				event, known := in.Value(r, "event").(bool)
				if !known {
					continue // the question leaves these rows out
				}
				x.primary = event
			}
		}
		if x.hidden == 0 && x.n == 0 {
			continue
		}
		out[i].parts = append(out[i].parts, x)
	}
	return slices.DeleteFunc(out, func(g *goods) bool { return len(g.parts) == 0 })
}

func (p *rollUp) finish(in *Released) (*Report, *fault.Fault) {
	t := headed(p.by, countColumn("n"), doubleColumn("amount"), doubleColumn("footprint"), doubleColumn("intensity"))
	if p.sided {
		t.Columns = append(t.Columns, doubleColumn("primary"), doubleColumn("primary_share"))
	}
	r := &Report{Title: "Footprint: " + axis(p.amount) + " times " + p.factorName(), Tables: []Named{{Name: "groups", Table: t}}}
	all, hidden := &sums{}, 0
	groups := p.read(in)
	if len(groups) == 0 {
		return nil, load.NoFootprint.New("there are no rows with an amount and a factor")
	}
	for _, g := range groups {
		s, k := g.add()
		if k > 0 {
			hidden++
			suppressRow(t, k, g.labels...)
			continue
		}
		row, f := p.row(s)
		if f != nil {
			return nil, f
		}
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), row...))
		all.addSums(s)
	}
	if p.of != nil {
		r.Tables = append(r.Tables, p.parts(groups))
	}
	switch {
	case hidden > 0:
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d groups are not released, so that nothing is said of all together", hidden, len(groups)))
	case len(p.by) > 0:
		row, f := p.row(all)
		if f != nil {
			return nil, f
		}
		for i, s := range []Scalar{
			{Name: "n", Label: "rows of all groups"},
			{Name: "amount", Label: "amount"},
			{Name: "footprint", Label: "footprint"},
			{Name: "intensity", Label: "footprint per unit of the amount"},
			{Name: "primary", Label: "footprint from primary data"},
			{Name: "primary_share", Label: "share of primary data"},
		}[:len(row)] {
			r.Add(s.Name, s.Label, row[i])
		}
	}
	return r, nil
}

func (p *rollUp) factorName() string {
	if p.of != nil {
		return "the factor of each " + p.of.Name
	}
	return axis(p.factor)
}

// sums are exact.
type sums struct {
	n                          int64
	amount, footprint, primary big.Rat
}

func (s *sums) addSums(o *sums) {
	s.n += o.n
	s.amount.Add(&s.amount, &o.amount)
	s.footprint.Add(&s.footprint, &o.footprint)
	s.primary.Add(&s.primary, &o.primary)
}

// add adds the parts of a group up; k if one is suppressed.
func (g *goods) add() (s *sums, k int) {
	s = &sums{}
	for _, x := range g.parts {
		k = max(k, x.hidden)
		s.n += x.n
		s.amount.Add(&s.amount, x.amount)
		s.footprint.Add(&s.footprint, x.footprint)
		if x.primary {
			s.primary.Add(&s.primary, x.footprint)
		}
	}
	return s, k
}

// row is n, amount, footprint, intensity, and of a question that tells primary data apart their part and its share.
func (p *rollUp) row(s *sums) ([]result.Value, *fault.Fault) {
	row := []result.Value{s.n, float(&s.amount), float(&s.footprint), nil}
	if s.amount.Sign() > 0 {
		row[3] = float(new(big.Rat).Quo(&s.footprint, &s.amount))
	}
	if p.sided {
		share, f := load.RollUp(&s.footprint, &s.primary)
		if f != nil {
			return nil, f
		}
		row = append(row, float(&s.primary), float(share.Primary))
	}
	return row, nil
}

// parts lists the levels of each group.
func (p *rollUp) parts(groups []*goods) Named {
	t := headed(append(slices.Clone(p.by), p.of), doubleColumn("factor"), countColumn("n"), doubleColumn("amount"), doubleColumn("footprint"), doubleColumn("share"))
	for _, g := range groups {
		whole, hidden := g.add()
		for _, x := range g.parts {
			shown := append(slices.Clone(g.labels), x.level, float(p.factors.of(x.level)))
			if x.hidden > 0 {
				suppressRow(t, x.hidden, shown...)
				continue
			}
			var share result.Value
			if hidden == 0 && whole.footprint.Sign() > 0 {
				share = float(new(big.Rat).Quo(x.footprint, &whole.footprint))
			}
			t.Rows = append(t.Rows, append(shown, x.n, float(x.amount), float(x.footprint), share))
		}
	}
	return Named{Name: "parts", Title: "Parts", Table: t}
}
