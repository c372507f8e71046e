package statistic

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/result"
)

func calibration() *Statistic {
	return &Statistic{
		Name: "calibration", Aliases: []string{"brier"},
		Synopsis: "how predicted probabilities agree with events: Brier score, observed over expected, slope and intercept, by group",
		Parameters: []Parameter{
			{Name: "score", Kind: Column, Required: true, Place: 1, Help: "measure with the predicted probability, of the range 0 to 1"},
			{Name: "event", Kind: Condition, Required: true, Place: 2, Help: "condition of an event, such as died = 1"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a calibration for each combination"},
			edgesParameter, scoreStepParameter, fromParameter, toParameter, where, level,
		},
		Example: `admissions risk "died = 1" --step 0.1`,
		Prepare: prepareCalibration,
	}
}

// agreement finishes a calibration.
type agreement struct {
	by    []*charter.Column
	scale *scale
	level float64
}

func prepareCalibration(c *Call) (*Prepared, *fault.Fault) {
	a := &agreement{}
	o, bad := c.scored(&a.by, &a.scale)
	if bad != nil {
		return nil, bad
	}
	col := a.scale.column
	if lo, hi, ok := col.RangeRat(); !ok || lo.Sign() < 0 || hi.Cmp(big.NewRat(1, 1)) > 0 {
		return nil, c.Refuse("score", "is no probability: the declared range of %q is not within 0 to 1", col.Name)
	}
	if bad := c.At("score", plan.FactorRule(col, col)); bad != nil {
		return nil, bad
	}
	if a.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	p := plan.QuoteName(col.Name)
	return &Prepared{SQL: a.scale.question(c, o, a.by, "COUNT(*) AS n", "SUM("+p+") AS s", "SUM("+p+" * "+p+") AS ss"), Finish: a.finish}, nil
}

func (a *agreement) finish(in *Released) (*Report, *fault.Fault) {
	t := headed(a.by, countColumn("n"), countColumn("events"), doubleColumn("expected"), doubleColumn("ratio"), doubleColumn("lower"), doubleColumn("upper"),
		doubleColumn("brier"), doubleColumn("scaled_brier"), doubleColumn("intercept"), doubleColumn("intercept_se"), doubleColumn("slope"), doubleColumn("slope_se"))
	bands := headed(a.by, doubleColumn("from"), countColumn("n"), doubleColumn("predicted"), doubleColumn("observed"), doubleColumn("lower"), doubleColumn("upper"))
	figure := &chart.Profile{Title: "Calibration of " + axis(a.scale.column), XLabel: "predicted", YLabel: "observed", Zero: true, Low: true}
	r := &Report{Title: "Calibration of " + axis(a.scale.column) + ", " + percent(a.level) + " intervals"}
	for _, g := range a.scale.read(in, len(a.by)) {
		if g.hidden > 0 {
			suppressRow(t, g.hidden, g.labels...)
			suppressRow(bands, g.hidden, g.labels...)
			continue
		}
		groups := g.predicted(in)
		c, f := inference.Calibrate(groups, a.level)
		if f != nil {
			return nil, f
		}
		all := inference.Predicted{}
		for _, x := range groups {
			all.N, all.Events, all.Sum = all.N+x.N, all.Events+x.Events, all.Sum+x.Sum
		}
		row := append(slices.Clone(g.labels), all.N, all.Events, all.Sum, c.Ratio.Value, c.Ratio.Lower, c.Ratio.Upper, c.Brier, finite(c.Scaled))
		line, f := recalibrate(groups, a.level)
		if f != nil {
			r.Notes = append(r.Notes, "no slope: "+f.Message)
			row = append(row, nil, nil, nil, nil)
		} else {
			row = append(row, line[0].Estimate, line[0].SE, line[1].Estimate, line[1].SE)
		}
		t.Rows = append(t.Rows, row)
		name := (&stratum{labels: g.labels}).name(a.by)
		figure.Series = append(figure.Series, a.list(bands, g, groups, name))
		if len(a.by) == 0 {
			r.Add("chisq", fmt.Sprintf("χ² of the bands (Hosmer-Lemeshow, %d df)", c.DF), c.ChiSq)
			r.Add("p", "", c.P)
		}
	}
	if len(t.Rows) == 0 {
		return nil, inference.TooFew.New("there is nobody with a score")
	}
	if !a.scale.exact() {
		r.Notes = append(r.Notes, "intercept and slope are those of the mean prediction of each band")
	}
	r.Tables = []Named{{Name: "groups", Table: t}, {Name: "bands", Title: "Bands of the prediction", Table: bands, Aside: a.scale.len() > 25}}
	if len(figure.Series) > 0 {
		figure.Series = append(figure.Series, chart.Series{Label: "perfect", X: []float64{0, 1}, Y: []float64{0, 1}})
		r.Figure = figure
	}
	return r, nil
}

// predicted are the bands of a group.
func (g *scoredGroup) predicted(in *Released) []inference.Predicted {
	out := make([]inference.Predicted, len(g.rows[0]))
	for side, rows := range g.rows {
		for i, r := range rows {
			if r < 0 {
				continue
			}
			p, n, sum := &out[i], in.Count(r, "n"), float(in.Sum(r, "s"))
			p.N, p.Sum, p.Squares = p.N+n, p.Sum+sum, p.Squares+float(in.Sum(r, "ss"))
			if side == 1 {
				p.Events, p.EventSum = n, sum
			}
		}
	}
	return out
}

// list adds the bands in which anybody is to their table; it returns their line.
func (a *agreement) list(t *result.Table, g *scoredGroup, groups []inference.Predicted, name string) chart.Series {
	s := chart.Series{Label: name}
	for i, p := range groups {
		if p.N == 0 {
			continue
		}
		w, _ := inference.Wilson(p.Events, p.N, a.level) // counts were checked
		mean := p.Sum / float64(p.N)
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), a.scale.from(i), p.N, mean, w.Value, w.Lower, w.Upper))
		s.X, s.Y = append(s.X, mean), append(s.Y, w.Value)
	}
	return s
}

// recalibrate fits events to the logit of the mean prediction of each band: intercept 0 and slope 1 where it agrees. (D. R. Cox,
// Biometrika 45 (1958) 562–565.) Bands whose prediction is 0 or 1 have no logit and are left out.
func recalibrate(groups []inference.Predicted, level float64) ([]regression.Coefficient, *fault.Fault) {
	m := regression.Newton{Names: []string{"intercept", "slope"}, MaxRounds: 50}
	for {
		o := &regression.Outcome{XY: make([]float64, 2)}
		w := &regression.Weighted{Mean: make([]float64, 2), Information: [][]float64{{0}, {0, 0}}}
		beta := m.Coefficients()
		for _, g := range groups {
			mean := g.Sum / float64(g.N)
			if g.N == 0 || mean <= 0 || mean >= 1 {
				continue
			}
			n, d, x := float64(g.N), float64(g.Events), math.Log(mean/(1-mean))
			eta := beta[0] + beta[1]*x
			o.N, o.Y = o.N+g.N, o.Y+d
			o.XY[0], o.XY[1] = o.XY[0]+d, o.XY[1]+d*x
			mu, v := regression.Binomial.Mean(eta), regression.Binomial.Variance(eta)
			w.Cumulant += n * regression.Binomial.Cumulant(eta)
			w.Mean[0], w.Mean[1] = w.Mean[0]+n*mu, w.Mean[1]+n*mu*x
			w.Information[0][0] += n * v
			w.Information[1][0] += n * v * x
			w.Information[1][1] += n * v * x * x
		}
		model := &regression.GLM{Family: regression.Binomial, Intercept: true, Outcome: o}
		if f := model.Check(); f != nil {
			return nil, f
		}
		fit, f := m.Take(model.Round(beta, w), level)
		if f != nil {
			return nil, f
		}
		if fit != nil {
			return fit.Coefficients, nil
		}
	}
}
