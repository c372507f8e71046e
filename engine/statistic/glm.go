package statistic

import (
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/formula"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/regression"
)

func generalised() *Statistic {
	return &Statistic{
		Name:     "glm",
		Synopsis: "logistic and Poisson regression, with factors, interactions and offsets",
		Parameters: []Parameter{
			formulaText("outcome ~ terms, in R's notation", true),
			{Name: "family", Kind: Choice, Default: "binomial", Choices: []string{"binomial", "poisson"}, Help: "distribution of the outcome: binomial (logit), poisson (log)"},
			where, level, maxRounds,
		},
		Example: `lung "status ~ age + factor(sex)" --family binomial`,
		Prepare: prepareGLM,
	}
}

// glm is a generalised linear model before it is asked: what it is, and the names of its sums.
type glm struct {
	design *design
	family regression.Family
	level  float64
	rounds int
	offset *formula.Offset
	notes  []string

	n, y, yOffset, entropy string // yOffset, entropy and factorial: "" if they are not asked for
	factorial              string
	xy                     []string
	cumulant               string
	weighted               weighted
	terms                  columns // Σ b′(η) x and Σ b″(η) xx'
}

func prepareGLM(c *Call) (*Prepared, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, bad
	}
	if f.Response.Event != nil || f.Response.Column == "" || len(f.Strata) > 0 || len(f.Terms) == 0 && !f.Intercept {
		return nil, c.At("formula", BadFormula.New("glm takes outcome ~ terms, without Surv and strata"))
	}
	g := &glm{family: regression.Family(c.Text("family")), offset: f.Offset}
	if g.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	if g.rounds, bad = c.rounds(); bad != nil {
		return nil, bad
	}
	if g.design, bad = c.newDesign(f, f.Intercept, f.Intercept); bad != nil {
		return nil, bad
	}
	column, bad := c.named(f.Response.Name)
	if bad != nil {
		return nil, bad
	}
	y, bad := g.response(column)
	if bad != nil {
		return nil, c.At("formula", bad)
	}
	p, bad := g.prepare(c, y)
	return p, c.At("formula", bad)
}

// response is the outcome: a measure, or 1 where a condition holds.
type response struct {
	column *charter.Column
	event  string
}

// response reads the outcome. Of a logistic model it is 0 or 1 by its declaration.
func (g *glm) response(y *charter.Column) (response, *fault.Fault) {
	coded := y.Role == charter.Category || y.Kind() == charter.KindBoolean
	switch {
	case g.family == regression.Binomial && coded:
		o := &outcome{}
		f := o.code(y)
		if o.note != "" {
			g.notes = append(g.notes, o.note)
		}
		return response{y, o.event}, f
	case y.Role != charter.Measure || y.Kind() == charter.KindBoolean:
		return response{}, plan.WrongRole.New("the outcome %q is not a measure", y.Name)
	}
	lo, hi, ok := y.RangeRat()
	if !ok || lo.Sign() < 0 || g.family == regression.Binomial && (y.Kind() != charter.KindInteger || hi.Cmp(big.NewRat(1, 1)) > 0) {
		return response{}, regression.BadOutcome.New("the declared range of %q is outside what the family %s has", y.Name, g.family)
	}
	return response{column: y}, nil
}

// sum is the aggregate of the outcome times a column of the design.
func (y response) sum(t term) (string, *fault.Fault) {
	measures, levels := t.measures, t.levels
	if y.event == "" {
		measures, levels, _ = product(t, term{measures: []string{y.column.Name}})
	}
	if len(measures) > 2 {
		return "", TooManyTerms.New("%s times the outcome is a product of %d measures, at most 2", t.name, len(measures))
	}
	sql := summand(measures, levels)
	if y.event != "" {
		sql = among(sql, y.event)
	}
	return sql, nil
}

// prepare lists the sums. They are the same in every round but for the weights.
func (g *glm) prepare(c *Call, y response) (*Prepared, *fault.Fault) {
	model := g.design.predictor()
	used := append([]*charter.Column{y.column}, g.design.columns...)
	a := &aggregates{}
	g.n = a.add("COUNT(*)")
	take := func(t term) (string, *fault.Fault) {
		sql, f := y.sum(t)
		if f != nil {
			return "", f
		}
		return a.add(sql), nil
	}
	var f *fault.Fault
	if g.y, f = take(term{}); f != nil {
		return nil, f
	}
	for _, t := range g.design.terms {
		name, f := take(t)
		if f != nil {
			return nil, f
		}
		g.xy = append(g.xy, name)
	}
	if g.offset != nil {
		o, f := c.named(g.offset.Name)
		if f != nil {
			return nil, f
		}
		model.Offset, model.LogOffset = o.Name, g.offset.Log
		used = append(used, o)
		if g.yOffset, f = g.shift(c, y, o, take); f != nil {
			return nil, f
		}
	}
	if f := g.weigh(y); f != nil {
		return nil, f
	}
	return &Prepared{
		SQL: "SELECT " + strings.Join(a.texts, ", ") + c.From(known(used...)...),
		Fit: &Fit{
			Model:    model,
			Weighted: func(*plan.Plan) []plan.Sum { return g.weighted.sums },
			Begin:    func() Run { return &glmRun{g, newScorer(g.design, model, c.Table, g.rounds, g.level)} },
		},
	}, nil
}

// weigh lists the weighted sums.
func (g *glm) weigh(y response) (bad *fault.Fault) {
	cumulant, mean, variance := plan.Softplus, plan.Logistic, plan.Variance
	if g.family == regression.Poisson {
		cumulant, mean, variance = plan.Exp, plan.Exp, plan.Exp
	}
	one := term{}
	take := func(w plan.Weight, a, b term) string {
		name, f := g.weighted.add(w, a, b, nil)
		if bad == nil {
			bad = f
		}
		return name
	}
	g.cumulant = take(cumulant, one, one)
	for i, t := range g.design.terms {
		g.terms.x = append(g.terms.x, take(mean, one, t))
		var row []string
		for _, o := range g.design.terms[:i+1] {
			row = append(row, take(variance, t, o))
		}
		g.terms.xx = append(g.terms.xx, row)
	}
	if g.family == regression.Poisson {
		g.entropy = take(plan.Entropy, one, term{measures: []string{y.column.Name}})
		if y.column.Kind() == charter.KindInteger {
			g.factorial = take(plan.LogFactorial, one, term{measures: []string{y.column.Name}})
		}
	}
	return bad
}

// glmRun is one run of a generalised linear model.
type glmRun struct {
	*glm
	*scorer
}

// Take implements [Run].
func (r *glmRun) Take(in *Released) ([]plan.Value, *Report, *fault.Fault) {
	m, f := r.outcome(in)
	if f != nil {
		return nil, nil, f
	}
	sums := r.terms.read(in, 0)
	w := &regression.Weighted{Cumulant: float(in.Sum(0, r.cumulant)), Mean: sums.X, Information: sums.XX}
	if r.newton.Rounds() == 0 {
		r.newton.Second = m.Second(w)
	}
	fit, next, f := r.take(m.Round(r.newton.Coefficients(), w))
	if f != nil || fit == nil {
		return next, nil, f
	}
	return nil, r.report(m, fit), nil
}

// outcome reads the sums that are the same in every round.
func (g *glm) outcome(in *Released) (*regression.GLM, *fault.Fault) {
	if f := g.hidden(in); f != nil {
		return nil, f
	}
	o := &regression.Outcome{N: in.Count(0, g.n), Y: float(in.Sum(0, g.y))}
	for _, name := range g.xy {
		o.XY = append(o.XY, float(in.Sum(0, name)))
	}
	if g.yOffset != "" {
		o.YOffset = float(in.Sum(0, g.yOffset))
	}
	if g.entropy != "" {
		o.YLogY = float(in.Sum(0, g.entropy))
	}
	if g.factorial != "" {
		o.LogFactorials = float(in.Sum(0, g.factorial))
	}
	m := &regression.GLM{Family: g.family, Intercept: g.design.intercept, Offset: g.offset != nil, Outcome: o}
	if f := enough(len(g.xy), o.N); f != nil {
		return nil, f
	}
	return m, m.Check()
}

// hidden names what is suppressed.
func (g *glm) hidden(in *Released) *fault.Fault {
	if in.Hidden(0) == 0 {
		return nil
	}
	if k := in.Below(0, g.n); k > 0 {
		return Suppressed.New("there are fewer than %d complete rows", k)
	}
	if what, k := in.Locked(0); k > 0 {
		return Suppressed.New("rows with %s: fewer than %d privacy units", what, k)
	}
	for i, about := range g.weighted.about {
		if k := in.Below(0, query.ModelColumn(i)); k > 0 && about != "" {
			return Suppressed.New("%s: fewer than %d privacy units", about, k)
		}
	}
	for i, name := range g.xy {
		if k := in.Below(0, name); k > 0 {
			return Suppressed.New("rows with the outcome and %s: fewer than %d privacy units", g.design.terms[i].name, k)
		}
	}
	return Suppressed.New("rows with the outcome: fewer than %d privacy units", in.Hidden(0))
}

func (g *glm) report(m *regression.GLM, fit *regression.Fit) *Report {
	ratio, title := "odds_ratio", "Logistic regression"
	if g.family == regression.Poisson {
		ratio, title = "rate_ratio", "Poisson regression"
	}
	r := &Report{Title: title + ", " + percent(g.level) + " intervals", Notes: slices.Clone(g.notes)}
	r.fitted(fit, ratio, strings.ReplaceAll(ratio, "_", " "))
	r.Add("n", "complete rows", m.Outcome.N)
	if y := m.Outcome.Y; y == math.Trunc(y) {
		r.Add("events", "sum of the outcome", int64(y))
	} else {
		r.Add("events", "sum of the outcome", y)
	}
	g.deviances(r, m, fit)
	r.Add("rounds", "", int64(fit.Rounds))
	return r
}

// deviances adds what the model leaves unexplained, as R's glm has it.
func (g *glm) deviances(r *Report, m *regression.GLM, fit *regression.Fit) {
	d := m.Deviances(fit)
	r.Add("deviance", "residual deviance", d.Residual)
	r.Add("df", "residual degrees of freedom", d.ResidualDF)
	if !math.IsNaN(d.Null) {
		r.Add("null_deviance", "null deviance", d.Null)
		r.Add("null_df", "null degrees of freedom", d.NullDF)
	}
	if g.family == regression.Binomial || g.factorial != "" { // counts are whole numbers: others have no likelihood
		r.Add("loglik", "log-likelihood", m.LogLikelihood(fit))
		r.Add("aic", "AIC", m.AIC(fit))
	}
}
