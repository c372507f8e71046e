package statistic

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/regression"
)

// maxRounds is a parameter of every statistic that is computed by rounds.
var maxRounds = Parameter{Name: "max_rounds", Kind: Integer, Help: "give up after so many rounds (default: as many as the charter allows)"}

// digitsOfCoefficients is how many digits of a coefficient owners are sent. Newton's method makes up for what is
// cut off, as the sums are taken at what was sent.
const digitsOfCoefficients = 12

// rounds is the number of rounds that a call may take.
func (c *Call) rounds() (int, *fault.Fault) {
	most := c.Table.Rounds()
	if most == 0 {
		return 0, plan.NoModels.New("table %q is not declared for models", c.Table.Name)
	}
	if !c.Has("max_rounds") {
		return most, nil
	}
	n := c.Integer("max_rounds")
	if n < 1 || n > int64(most) {
		return 0, c.Refuse("max_rounds", "is outside [1, %d], which the charter allows", most)
	}
	return int(n), nil
}

// predictor is the model that owners compute, with coefficients of 0.
func (d *design) predictor() *plan.Model {
	m := &plan.Model{}
	for _, t := range d.terms {
		m.Terms = append(m.Terms, plan.ModelTerm{Factors: t.measures, Levels: t.planLevels()})
		m.Coefficients = append(m.Coefficients, plan.Value{Kind: plan.Decimal, Text: "0"})
	}
	return m
}

func (t *term) planLevels() []plan.Level {
	var out []plan.Level
	for _, l := range t.levels {
		out = append(out, plan.Level{Column: l.column, Value: l.value})
	}
	slices.SortFunc(out, func(a, b plan.Level) int { return strings.Compare(a.Column, b.Column) })
	return out
}

// weighted are the different weighted sums of a model.
type weighted struct {
	sums  []plan.Sum
	about []string // what each is about, for people
}

// add returns the name of the column of a weighted sum of a product; only holds where it is taken, nil for all rows.
// It is "" for a product that is always 0.
func (w *weighted) add(weight plan.Weight, a, b term, only *plan.Predicate) (string, *fault.Fault) {
	measures, levels, ok := product(a, b)
	switch {
	case !ok:
		return "", nil
	case len(measures) > plan.MaxFactors:
		return "", TooManyTerms.New("%s times %s is a product of %d measures, at most %d", a.name, b.name, len(measures), plan.MaxFactors)
	}
	conditions := []*plan.Predicate{only}
	for _, l := range levels {
		conditions = append(conditions, plan.Compare(plan.Eq, l.column, l.value))
	}
	s := plan.Sum{Weight: weight, Factors: measures, Filter: plan.AllOf(conditions...)}
	i := slices.IndexFunc(w.sums, func(o plan.Sum) bool { return o.Equal(&s) })
	if i < 0 {
		i = len(w.sums)
		w.sums, w.about = append(w.sums, s), append(w.about, both(a, b))
	}
	return query.ModelColumn(i), nil
}

// scorer is a model that is fitted by Newton's method.
type scorer struct {
	newton regression.Newton
	table  *charter.Table
	model  *plan.Model
	level  float64
}

func newScorer(d *design, m *plan.Model, t *charter.Table, rounds int, level float64) *scorer {
	s := &scorer{table: t, model: m, level: level}
	s.newton = regression.Newton{Names: d.names(), MaxRounds: rounds, Bounded: func(beta []float64) bool {
		return s.model.Within(s.table, decimalsOf(beta))
	}}
	for _, c := range m.Coefficients {
		s.newton.Start = append(s.newton.Start, float(c.Rat()))
	}
	return s
}

// take takes in a round; it returns the fit, or the coefficients of the next round.
func (s *scorer) take(r *regression.Round) (*regression.Fit, []plan.Value, *fault.Fault) {
	fit, f := s.newton.Take(r, s.level)
	if fit != nil || f != nil {
		return fit, nil, f
	}
	next := decimalsOf(s.newton.Coefficients())
	for i, v := range next {
		s.newton.Coefficients()[i] = float(v.Rat()) // what the owners are sent
	}
	return nil, next, nil
}

// decimalsOf rounds coefficients to what owners are sent.
func decimalsOf(beta []float64) []plan.Value {
	out := make([]plan.Value, len(beta))
	for i, b := range beta {
		text := strconv.FormatFloat(b, 'g', digitsOfCoefficients, 64)
		r, ok := new(big.Rat).SetString(text)
		if !ok { // not finite
			r = new(big.Rat).SetInt64(1 << 40)
		}
		out[i], _ = plan.RatValue(r)
	}
	return out
}

// fitted reports a model that was fitted by rounds.
func (r *Report) fitted(fit *regression.Fit, ratio, label string) {
	r.Tables = []Named{coefficients(fit.Coefficients, "z", ratio)}
	r.Figure = forest(fit.Coefficients, label, true)
}
