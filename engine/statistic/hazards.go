package statistic

import (
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/survival"
)

// Parameters of what a Cox model says beside its coefficients. Both are functions of the sums of its last round, so nothing more
// is asked for.
var (
	atParameter        = Parameter{Name: "at", Kind: Text, Help: "predict the survival of somebody with these values of all terms, such as 'age=60, sex=male'"}
	transformParameter = Parameter{Name: "transform", Kind: Choice, Default: "km", Choices: []string{"km", "identity"}, Help: "how time enters the test of proportional hazards: km (one less the Kaplan-Meier estimate), identity"}
)

// pattern is somebody whose survival is predicted.
type pattern struct {
	text string
	x    []float64 // a value of each term
}

// pattern reads the parameter at: a value of each column of a design.
func (c *Call) pattern(d *design) (*pattern, *fault.Fault) {
	if !c.Has("at") {
		return nil, nil
	}
	values := map[string]string{}
	for _, part := range splitOutsideQuotes(c.Text("at")) {
		name, text, ok := strings.Cut(part, "=")
		name, text = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(text), `"`)
		i := slices.IndexFunc(d.columns, func(col *charter.Column) bool { return col.Name == name })
		switch {
		case !ok:
			return nil, c.Refuse("at", "wants column=value, separated by commas")
		case i < 0:
			return nil, c.Refuse("at", "has %q, which is in no term", name)
		case values[name] != "":
			return nil, c.Refuse("at", "names %q twice", name)
		}
		if f := c.valueOf(d.columns[i], text); f != nil {
			return nil, c.At("at", f)
		}
		values[name] = text
	}
	for _, col := range d.columns {
		if values[col.Name] == "" {
			return nil, c.Refuse("at", "has no value of %q", col.Name)
		}
	}
	p := &pattern{text: c.Text("at")}
	for _, t := range d.terms {
		x := 1.0
		for _, m := range t.measures {
			r, _ := decimal.Parse(values[m]) // checked
			x *= float(r)
		}
		for _, l := range t.levels {
			if values[l.column] != l.value.Text {
				x = 0
			}
		}
		p.x = append(p.x, x)
	}
	return p, nil
}

// valueOf makes sure that a column may have a value.
func (c *Call) valueOf(col *charter.Column, text string) *fault.Fault {
	if col.Role == charter.Category {
		if !slices.ContainsFunc(plan.Domain(col), func(v plan.Value) bool { return v.Text == text }) {
			return UnknownLevel.New("column %q has no level %q", col.Name, text)
		}
		return nil
	}
	x, err := decimal.Parse(text)
	if lo, hi, ok := col.RangeRat(); err != nil || !ok || x.Cmp(lo) < 0 || x.Cmp(hi) > 0 {
		return BadParameter.New("at wants a number in the declared range of %q, %s to %s", col.Name, col.Range[0], col.Range[1])
	}
	return nil
}

// hazards adds to a report whether hazards are proportional, and the survival of somebody.
func (r *coxRun) hazards(out *Report, strata []survival.CoxStratum, beta []float64, fit *regression.Fit) *fault.Fault {
	each, all, f := survival.Proportional(strata, beta, r.coxModel.ties, r.transform)
	if f != nil {
		return f
	}
	out.Tables = append(out.Tables, drift(fit, each, all))
	if r.at == nil {
		return nil
	}
	curves, f := survival.Baseline(strata, beta, r.coxModel.ties, fit, r.at.x, r.coxModel.level)
	if f != nil {
		return f
	}
	r.predict(out, curves)
	return nil
}

// drift is the table of the test of proportional hazards; a number that there is none of is NULL.
func drift(fit *regression.Fit, each []*regression.Test, all *regression.Test) Named {
	t := newTable(textColumn("term"), doubleColumn("chisq"), countColumn("df"), doubleColumn("p"))
	row := func(name string, test *regression.Test) {
		if test == nil {
			t.Rows = append(t.Rows, []result.Value{name, nil, nil, nil})
			return
		}
		t.Rows = append(t.Rows, []result.Value{name, test.ChiSq, int64(test.DF), test.P})
	}
	for i, c := range fit.Coefficients {
		row(c.Term, each[i])
	}
	row("all terms", all)
	return Named{Name: "proportional_hazards", Title: "Do coefficients drift with time? (score test)", Table: t}
}

// predict adds the predicted curves, and their medians.
func (r *coxRun) predict(out *Report, curves [][]survival.HazardPoint) {
	points := headed(r.by, doubleColumn("time"), countColumn("at_risk"), countColumn("events"), doubleColumn("hazard"),
		doubleColumn("survival"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"))
	medians := headed(r.by, doubleColumn("median"), doubleColumn("lower"), doubleColumn("upper"))
	figure := &chart.Survival{Title: "Predicted survival at " + r.at.text, XLabel: axis(r.time), YLabel: "proportion without the event"}
	for i, curve := range curves {
		line := chart.SurvivalCurve{Label: (&stratum{labels: r.strata[i]}).name(r.by)}
		for _, p := range curve {
			points.Rows = append(points.Rows, append(slices.Clone(r.strata[i]), p.Time, p.AtRisk, p.Events, p.Hazard, p.Survival, p.Survival*p.SE, p.Lower, p.Upper))
			line.Times, line.Values = append(line.Times, p.Time), append(line.Values, p.Survival)
			line.Lower, line.Upper = append(line.Lower, p.Lower), append(line.Upper, p.Upper)
			line.AtRisk, line.Leaving = append(line.AtRisk, p.AtRisk), append(line.Leaving, p.Leave)
		}
		if len(curve) > 0 {
			line.Start = curve[0].AtRisk
		}
		first := func(value func(*survival.HazardPoint) float64) result.Value {
			for j := range curve {
				if value(&curve[j]) <= 0.5 {
					return curve[j].Time
				}
			}
			return nil
		}
		medians.Rows = append(medians.Rows, append(slices.Clone(r.strata[i]), first(func(p *survival.HazardPoint) float64 { return p.Survival }),
			first(func(p *survival.HazardPoint) float64 { return p.Lower }), first(func(p *survival.HazardPoint) float64 { return p.Upper })))
		figure.Curves = append(figure.Curves, line)
	}
	out.Tables = append(out.Tables, Named{Name: "medians", Title: "Predicted median at " + r.at.text, Table: medians},
		Named{Name: "predicted", Table: points, Aside: true, Curve: true, Keys: len(r.by)})
	out.Figure = figure
}
