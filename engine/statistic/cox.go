package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/survival"
)

func cox() *Statistic {
	return &Statistic{
		Name: "cox", Aliases: []string{"coxph", "cox_regression"},
		Synopsis: "Cox proportional hazards regression, with ties by Efron or Breslow, and strata",
		Parameters: []Parameter{
			formulaText("Surv(time, event) ~ terms + strata(…), in R's notation", true),
			{Name: "ties", Kind: Choice, Default: "efron", Choices: []string{"efron", "breslow"}, Help: "how events at one time are treated"},
			atParameter, transformParameter,
			where, level, step, maxRounds,
		},
		Example: `lung "Surv(time, status == 2) ~ age + sex"`,
		Prepare: prepareCox,
	}
}

// coxModel is a Cox model before it is asked.
type coxModel struct {
	*groupedOutcome // by: the strata
	design          *design
	ties            survival.Ties
	level           float64
	rounds          int
	table           *charter.Table
	model           *plan.Model
	at              *pattern // whose survival is predicted; nil: nobody's
	transform       survival.Transform

	failed   []string // columns of Σ x over events, unweighted
	weighted weighted
	leaving  columns
	failing  columns // of Efron's ties
}

// columns are the names of the columns of Σ w, Σ w x and Σ w xx'.
type columns struct {
	w  string
	x  []string
	xx [][]string // lower triangle; "": always 0
}

func prepareCox(c *Call) (*Prepared, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, bad
	}
	if f.Offset != nil || !f.Intercept || len(f.Terms) == 0 {
		return nil, c.At("formula", BadFormula.New("cox takes Surv(time, event) ~ terms, without offset and \"- 1\""))
	}
	m := &coxModel{groupedOutcome: &groupedOutcome{}, ties: survival.Ties(c.Text("ties")), table: c.Table}
	if m.outcome, bad = c.surv(f); bad != nil {
		return nil, bad
	}
	if m.grid, bad = newGrid(c, "formula", m.time); bad != nil {
		return nil, bad
	}
	for _, n := range f.Strata {
		col, bad := c.named(n)
		if bad != nil {
			return nil, bad
		}
		m.by = append(m.by, col)
	}
	if m.design, bad = c.newDesign(f, false, true); bad != nil {
		return nil, bad
	}
	if m.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	m.transform = survival.Transform(c.Text("transform"))
	if m.at, bad = c.pattern(m.design); bad != nil {
		return nil, bad
	}
	if m.rounds, bad = c.rounds(); bad != nil {
		return nil, bad
	}
	m.model = m.design.predictor()
	sql, bad := m.inner(c)
	if bad != nil {
		return nil, c.At("formula", bad)
	}
	return &Prepared{SQL: sql, Fit: &Fit{Model: m.model, Weighted: m.sums, Begin: m.begin}}, nil
}

// inner asks for the people of each stratum by when they leave, and Σ x over events.
func (m *coxModel) inner(c *Call) (string, *fault.Fault) {
	a := &aggregates{}
	for _, t := range m.design.terms {
		if len(t.measures) > 2 {
			return "", TooManyTerms.New("%s is a product of more than two measures", t.name)
		}
		m.failed = append(m.failed, a.add(among(summand(t.measures, t.levels), m.event)))
	}
	if _, f := m.list(nil); f != nil { // what owners could not compute is said before anything is compiled
		return "", f
	}
	selected := append(keys(m.by), m.grid.key()+" AS t", "COUNT(*) AS n", "COUNT(*) FILTER (WHERE "+m.event+") AS d")
	used := append(slices.Clone(m.columns), append(m.design.columns, m.time)...)
	return "SELECT " + strings.Join(append(selected, a.texts...), ", ") + c.From(known(used...)...) + grouped(len(m.by)+1), nil
}

// among narrows an aggregate to rows of a condition.
func among(aggregate, condition string) string {
	if head, ok := strings.CutSuffix(aggregate, ")"); ok && strings.Contains(aggregate, " FILTER (WHERE ") {
		return head + " AND (" + condition + "))"
	}
	return aggregate + " FILTER (WHERE " + condition + ")"
}

// sums lists the weighted sums. The event is the filter of the second count of the inner question.
func (m *coxModel) sums(p *plan.Plan) []plan.Sum {
	i := slices.IndexFunc(p.Sums, func(s plan.Sum) bool { return s.Filter != nil && len(s.Factors) == 0 })
	w, _ := m.list(p.Sums[i].Filter) // tried before
	m.weighted = *w
	return w.sums
}

func (m *coxModel) list(event *plan.Predicate) (*weighted, *fault.Fault) {
	w := &weighted{}
	var f *fault.Fault
	if m.leaving, f = m.moments(w, nil); f != nil {
		return nil, f
	}
	if m.ties == survival.Efron && event != nil {
		m.failing, f = m.moments(w, event)
	}
	return w, f
}

func (m *coxModel) moments(w *weighted, only *plan.Predicate) (c columns, bad *fault.Fault) {
	one := term{}
	take := func(a, b term) string {
		name, f := w.add(plan.Exp, a, b, only)
		if bad == nil {
			bad = f
		}
		return name
	}
	c.w = take(one, one)
	for i, t := range m.design.terms {
		c.x = append(c.x, take(one, t))
		var row []string
		for _, o := range m.design.terms[:i+1] {
			row = append(row, take(t, o))
		}
		c.xx = append(c.xx, row)
	}
	return c, bad
}

// coxRun is one run of a Cox model.
type coxRun struct {
	*coxModel
	*scorer
	n, d, missing int64
	strata        [][]result.Value // their labels
}

func (m *coxModel) begin() Run {
	return &coxRun{coxModel: m, scorer: newScorer(m.design, m.model, m.table, m.rounds, m.level)}
}

// Take implements [Run].
func (r *coxRun) Take(in *Released) ([]plan.Value, *Report, *fault.Fault) {
	strata, f := r.read(in)
	if f != nil {
		return nil, nil, f
	}
	if f := enough(len(r.design.terms), r.n); f != nil {
		return nil, nil, f
	}
	round, f := survival.PartialLikelihood(strata, r.newton.Coefficients(), r.coxModel.ties)
	if f != nil {
		return nil, nil, f
	}
	beta := slices.Clone(r.newton.Coefficients())
	fit, next, f := r.take(round)
	if f != nil || fit == nil {
		return next, nil, f
	}
	out := r.report(fit)
	return nil, out, r.hazards(out, strata, beta, fit)
}

// read makes the bins of each stratum.
func (r *coxRun) read(in *Released) ([]survival.CoxStratum, *fault.Fault) {
	var strata []survival.CoxStratum
	r.n, r.d, r.missing, r.strata = 0, 0, 0, nil
	for row := range in.Len() {
		if f := r.hidden(in, row); f != nil {
			return nil, f
		}
		if in.Count(row, "n") == 0 {
			continue
		}
		at := labels(in, row, len(r.by))
		if strata == nil || !slices.Equal(r.strata[len(r.strata)-1], at) {
			strata, r.strata = append(strata, nil), append(r.strata, at)
		}
		if f := r.bin(&strata[len(strata)-1], in, row); f != nil {
			return nil, f
		}
	}
	return strata, nil
}

// hidden names what is suppressed in a row.
func (r *coxRun) hidden(in *Released, row int) *fault.Fault {
	k := in.Hidden(row)
	if k == 0 {
		return nil
	}
	what := "people with the event"
	if in.Below(row, "n") > 0 {
		what = "people"
	}
	level, least := in.Locked(row)
	if least > 0 {
		what, k = "people with "+level, least
	}
	for i, about := range r.weighted.about {
		if least == 0 && in.Below(row, query.ModelColumn(i)) > 0 && about != "" {
			what = "people or events with " + about
			break
		}
	}
	s := stratum{labels: labels(in, row, len(r.by))}
	if len(r.by) > 0 {
		what += " in " + s.name(r.by)
	}
	return Suppressed.New("there are fewer than %d %s", k, what)
}

func (r *coxRun) bin(s *survival.CoxStratum, in *Released, row int) *fault.Fault {
	bin, ok := in.Value(row, "t").(*big.Rat)
	if !ok {
		r.missing += in.Count(row, "n")
		return nil
	}
	if i := bin.Num().Int64(); i < 1 || i > int64(r.grid.bins) || r.grid.value(i).Sign() < 0 {
		return BadTimes.New("rows have a time outside the declared range, or below 0")
	}
	b := survival.CoxBin{Time: float(r.grid.value(bin.Num().Int64())), N: in.Count(row, "n"), Leaving: r.leaving.read(in, row), Events: in.Count(row, "d")}
	if r.coxModel.ties == survival.Efron {
		b.Failing = r.failing.read(in, row)
	}
	for _, name := range r.failed {
		b.X = append(b.X, float(in.Sum(row, name)))
	}
	r.n, r.d = r.n+in.Count(row, "n"), r.d+b.Events
	*s = append(*s, b)
	return nil
}

// read reads Σ w, Σ w x and Σ w xx' of a row.
func (c *columns) read(in *Released, row int) survival.Moments {
	value := func(name string) float64 {
		if name == "" {
			return 0
		}
		return float(in.Sum(row, name))
	}
	m := survival.Moments{W: value(c.w)}
	for i := range c.x {
		m.X = append(m.X, value(c.x[i]))
		var line []float64
		for _, name := range c.xx[i] {
			line = append(line, value(name))
		}
		m.XX = append(m.XX, line)
	}
	return m
}

func (r *coxRun) report(fit *regression.Fit) *Report {
	out := &Report{Title: fmt.Sprintf("Cox regression, ties by %s, %s intervals", r.coxModel.ties, percent(r.coxModel.level)), Notes: r.remarks()}
	out.fitted(fit, "hazard_ratio", "hazard ratio")
	out.Add("n", "", r.n)
	out.Add("events", "", r.d)
	if len(r.by) > 0 {
		out.Add("strata", "", int64(len(r.strata)))
	}
	out.Add("loglik", "log-likelihood", fit.LogLik)
	out.Add("loglik_null", "log-likelihood without terms", fit.First.LogLik)
	for _, t := range []struct {
		name, label string
		test        regression.Test
	}{
		{"likelihood_ratio", "likelihood ratio test", fit.LikelihoodRatio()}, {"wald", "Wald test", fit.Wald()}, {"score", "score (log-rank) test", fit.Score()},
	} {
		out.Add(t.name, fmt.Sprintf("%s (χ², %d df)", t.label, t.test.DF), t.test.ChiSq)
		out.Add(t.name+"_p", "p", t.test.P)
	}
	out.Add("rounds", "", int64(fit.Rounds))
	return out
}
