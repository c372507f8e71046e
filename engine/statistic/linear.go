package statistic

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/result"
)

func linear() *Statistic {
	return &Statistic{
		Name: "lm", Aliases: []string{"linear_regression"},
		Synopsis: "linear regression by least squares, with factors and interactions",
		Parameters: []Parameter{
			formulaText("outcome ~ terms, in R's notation", true), where, level,
		},
		Example: `lung "wt_loss ~ age + factor(sex)"`,
		Prepare: prepareLinear,
	}
}

// model is the names in the inner question of the sums of a linear model.
type model struct {
	design *design
	level  float64
	n      string
	xx     [][]string // "": always 0
	xy     []string
	yy     string
}

func prepareLinear(c *Call) (*Prepared, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, bad
	}
	if f.Response.Event != nil || f.Response.Column == "" || len(f.Strata) > 0 || f.Offset != nil {
		return nil, c.At("formula", BadFormula.New("lm takes outcome ~ terms, without Surv, strata and offset"))
	}
	y, bad := c.named(f.Response.Name)
	if bad == nil && y.Role != charter.Measure {
		bad = c.At("formula", plan.WrongRole.New("the outcome %q is not a measure", y.Name))
	}
	if bad != nil {
		return nil, bad
	}
	d, bad := c.newDesign(f, f.Intercept, f.Intercept)
	if bad != nil {
		return nil, bad
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	m := &model{design: d, level: confidence}
	a, bad := m.sums(c, y)
	if bad != nil {
		return nil, c.At("formula", bad)
	}
	sql := "SELECT " + strings.Join(a.texts, ", ") + c.From(known(append([]*charter.Column{y}, d.columns...)...)...)
	return &Prepared{SQL: sql, Finish: m.finish}, nil
}

// sums lists what X'X, X'y and y'y are made of.
func (m *model) sums(c *Call, y *charter.Column) (*aggregates, *fault.Fault) {
	a := &aggregates{}
	m.n = a.add("COUNT(*)")
	outcome := term{measures: []string{y.Name}}
	entry := func(s, t term) (string, *fault.Fault) {
		measures, levels, ok := product(s, t)
		switch {
		case !ok:
			return "", nil
		case len(measures) > 2:
			return "", BadFormula.New("%s times %s is a product of %d measures; a linear model takes products of a measure and categories", s.name, t.name, len(measures))
		}
		return a.add(summand(measures, levels)), nil
	}
	var bad *fault.Fault
	take := func(s, t term) string {
		name, f := entry(s, t)
		if bad == nil {
			bad = f
		}
		return name
	}
	for i, s := range m.design.terms {
		m.xx = append(m.xx, make([]string, len(m.design.terms)))
		for j := range i + 1 {
			m.xx[i][j] = take(s, m.design.terms[j])
			m.xx[j][i] = m.xx[i][j]
		}
		m.xy = append(m.xy, take(s, outcome))
	}
	m.yy = take(outcome, outcome)
	if bad == nil && len(a.texts) > plan.MaxSums {
		bad = TooManyTerms.New("%d terms need %d sums, at most %d", len(m.design.terms), len(a.texts), plan.MaxSums)
	}
	return a, bad
}

func (m *model) finish(in *Released) (*Report, *fault.Fault) {
	s := &regression.Sums{Names: m.design.names(), Intercept: m.design.intercept, N: in.Count(0, m.n)}
	value := func(name, what string) (*big.Rat, *fault.Fault) {
		if name == "" {
			return new(big.Rat), nil
		}
		if k := in.Below(0, name); k > 0 {
			return nil, Suppressed.New("%s: fewer than %d privacy units", what, k)
		}
		return in.Sum(0, name), nil
	}
	if k := in.Below(0, m.n); k > 0 {
		return nil, Suppressed.New("there are fewer than %d complete rows", k)
	}
	for i, t := range m.design.terms {
		row := make([]*big.Rat, len(m.design.terms))
		for j, o := range m.design.terms {
			var f *fault.Fault
			if row[j], f = value(m.xx[i][j], both(t, o)); f != nil {
				return nil, f
			}
		}
		xy, f := value(m.xy[i], t.name)
		if f != nil {
			return nil, f
		}
		s.XX, s.XY = append(s.XX, row), append(s.XY, xy)
	}
	s.YY = in.Sum(0, m.yy)
	if f := enough(len(s.Names), s.N); f != nil {
		return nil, f
	}
	fit, f := regression.Linear(s, m.level)
	if f != nil {
		return nil, f
	}
	return m.report(fit), nil
}

// both names the rows that two columns have in common.
func both(a, b term) string {
	if a.name == b.name || len(b.levels) == 0 {
		return a.name
	}
	if len(a.levels) == 0 {
		return b.name
	}
	return a.name + " and " + b.name
}

// enough refuses more than 0.33 n coefficients.
func enough(p int, n int64) *fault.Fault {
	if float64(p) > 0.33*float64(n) {
		return TooManyTerms.New("%d coefficients for %d rows, at most a third", p, n)
	}
	return nil
}

func (m *model) report(fit *regression.LinearFit) *Report {
	r := &Report{
		Title:  "Linear regression, " + percent(m.level) + " intervals",
		Tables: []Named{coefficients(fit.Coefficients, "t")},
		Figure: forest(fit.Coefficients, "coefficient", false),
	}
	r.Add("n", "complete rows", fit.N)
	r.Add("df", "residual degrees of freedom", fit.DF)
	r.Add("sigma", "residual standard error", fit.Sigma)
	r.Add("r_squared", "R²", fit.RSquared)
	r.Add("adjusted_r_squared", "adjusted R²", fit.Adjusted)
	if !math.IsNaN(fit.F) {
		r.Add("f", fmt.Sprintf("F (%d, %d)", fit.FDF, fit.DF), fit.F)
		r.Add("f_p", "p of F", fit.FP)
	}
	return r
}

// coefficients is the table of a fitted model; statistic names its column of t or z.
func coefficients(all []regression.Coefficient, statistic string, ratio ...string) Named {
	t := newTable(textColumn("term"), doubleColumn("estimate"), doubleColumn("se"), doubleColumn(statistic), doubleColumn("p"),
		doubleColumn("lower"), doubleColumn("upper"))
	for _, name := range ratio {
		t.Columns = append(t.Columns, doubleColumn(name), doubleColumn(name+"_lower"), doubleColumn(name+"_upper"))
	}
	for _, c := range all {
		row := []result.Value{c.Term, c.Estimate, c.SE, c.Statistic, c.P, c.Lower, c.Upper}
		for range ratio {
			row = append(row, math.Exp(c.Estimate), math.Exp(c.Lower), math.Exp(c.Upper))
		}
		t.Rows = append(t.Rows, row)
	}
	return Named{Name: "coefficients", Table: t}
}

// forest draws coefficients, without the intercept; as ratios if they are logarithms of such. It is
// nil if there is nothing to draw.
func forest(all []regression.Coefficient, label string, ratio bool) chart.Figure {
	f := &chart.Forest{Title: "Coefficients", XLabel: label}
	if ratio {
		f.Ratio, f.Reference = true, 1
	}
	for _, c := range all {
		if c.Term == interceptName {
			continue
		}
		row := chart.ForestRow{Label: c.Term, Estimate: c.Estimate, Lower: c.Lower, Upper: c.Upper}
		if ratio {
			row.Estimate, row.Lower, row.Upper = math.Exp(c.Estimate), math.Exp(c.Lower), math.Exp(c.Upper)
		}
		f.Rows = append(f.Rows, row)
	}
	if len(f.Rows) == 0 {
		return nil
	}
	return f
}
