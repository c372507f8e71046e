package statistic

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/formula"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/survival"
)

var (
	timeParameter  = Parameter{Name: "time", Kind: Column, Help: "measure with the time, which the charter declares for curves"}
	eventParameter = Parameter{Name: "event", Kind: Condition, Help: "condition of the event, such as status = 2; or a column coded 0/1, 1/2 or false/true"}
	byParameter    = Parameter{Name: "by", Kind: Columns, Help: "categories, separated by commas: a group for each combination"}
)

func kaplanMeier() *Statistic {
	return &Statistic{
		Name: "kaplan_meier", Aliases: []string{"km", "survfit"},
		Synopsis: "survival curves with intervals, medians and restricted means, by group",
		Parameters: []Parameter{
			formulaText("Surv(time, event) ~ groups; or use time, event and by", false),
			timeParameter, eventParameter, byParameter, where, level,
			{Name: "interval", Kind: Choice, Default: "log", Choices: []string{"log", "log-log", "plain"}, Help: "kind of interval"},
			{Name: "horizon", Kind: Number, Help: "end of the restricted mean (default: the last time of the group that ends first)"},
			step,
		},
		Example: `lung "Surv(time, status == 2) ~ sex"`,
		Prepare: prepareKaplanMeier,
	}
}

// groupedOutcome is what curves by group are asked with.
type groupedOutcome struct {
	*outcome
	grid *grid
	by   []*charter.Column
}

func (c *Call) groupedOutcome() (*groupedOutcome, *formula.Formula, *fault.Fault) {
	f, bad := c.parseFormula()
	if bad != nil {
		return nil, nil, bad
	}
	o, bad := c.outcome(f)
	if bad != nil {
		return nil, nil, bad
	}
	g := &groupedOutcome{outcome: o}
	if g.grid, bad = newGrid(c, o.from, o.time); bad != nil {
		return nil, nil, bad
	}
	if g.by, bad = c.groups(f); bad != nil {
		return nil, nil, bad
	}
	return g, f, nil
}

// groups are the categories right of ~, or of the parameter by.
func (c *Call) groups(f *formula.Formula) ([]*charter.Column, *fault.Fault) {
	if f == nil || c.Has("by") {
		if f != nil && len(f.Terms) > 0 {
			return nil, c.Refuse("by", "and groups in the formula exclude each other")
		}
		return c.Columns("by")
	}
	if f.Offset != nil || !f.Intercept {
		return nil, c.At("formula", BadFormula.New("only groups can stand right of ~"))
	}
	var out []*charter.Column
	for _, t := range f.Terms {
		for _, factor := range t {
			col, bad := c.named(factor.Name)
			if bad != nil {
				return nil, bad
			}
			if !slices.Contains(out, col) {
				out = append(out, col)
			}
		}
	}
	return out, nil
}

// inner asks for the people of each group by when they leave.
func (g *groupedOutcome) inner(c *Call, by []*charter.Column) string {
	selected := append(keys(by), g.grid.key()+" AS t", "COUNT(*) AS n", "COUNT(*) FILTER (WHERE "+g.event+") AS d")
	return "SELECT " + strings.Join(selected, ", ") + c.From(known(g.columns...)...) + grouped(len(by)+1)
}

func prepareKaplanMeier(c *Call) (*Prepared, *fault.Fault) {
	g, f, bad := c.groupedOutcome()
	if bad != nil {
		return nil, bad
	}
	if f != nil && len(f.Strata) > 0 {
		return nil, c.At("formula", BadFormula.New("strata(…) is for tests and models: write its columns as groups"))
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	k := &curves{groupedOutcome: g, interval: survival.Interval(c.Text("interval")), level: confidence, horizon: c.Number("horizon")}
	return &Prepared{SQL: g.inner(c, g.by), Finish: k.finish}, nil
}

// stratum is the people of one group.
type stratum struct {
	labels  []result.Value
	counts  survival.Counts
	missing int64 // without a time
	hidden  int   // k if it is suppressed
}

// name is the group for people.
func (s *stratum) name(by []*charter.Column) string {
	parts := make([]string, len(by))
	for i, col := range by {
		parts[i] = fmt.Sprintf("%s=%v", col.Name, s.labels[i])
	}
	return strings.Join(parts, ", ")
}

// strata collects the rows of each group.
func (g *groupedOutcome) strata(in *Released, keys int) ([]*stratum, *fault.Fault) {
	var out []*stratum
	for r := range in.Len() {
		labels := labels(in, r, keys)
		if len(out) == 0 || !slices.Equal(out[len(out)-1].labels, labels) {
			out = append(out, &stratum{labels: labels})
		}
		s := out[len(out)-1]
		if k := max(in.Below(r, "n"), in.Below(r, "d")); k > 0 {
			s.hidden = max(s.hidden, k)
			continue
		}
		if f := g.enter(s, in, r); f != nil {
			return nil, f
		}
	}
	return out, nil
}

func (g *groupedOutcome) enter(s *stratum, in *Released, r int) *fault.Fault {
	n, d := in.Count(r, "n"), in.Count(r, "d")
	if n == 0 {
		return nil
	}
	bin, ok := in.Value(r, "t").(*big.Rat)
	if !ok { // NULL
		s.missing += n
		return nil
	}
	i := bin.Num().Int64()
	if i < 1 || i > int64(g.grid.bins) || g.grid.value(i).Sign() < 0 {
		return BadTimes.New("%d rows have a time outside the declared range, or below 0", n)
	}
	s.counts.Times = append(s.counts.Times, float(g.grid.value(i)))
	s.counts.Events = append(s.counts.Events, d)
	s.counts.Censored = append(s.counts.Censored, n-d)
	return nil
}

// curves finishes Kaplan–Meier curves.
type curves struct {
	*groupedOutcome
	interval survival.Interval
	level    float64
	horizon  float64
}

func (k *curves) finish(in *Released) (*Report, *fault.Fault) {
	strata, f := k.strata(in, len(k.by))
	if f != nil {
		return nil, f
	}
	var fits []*survival.Curve
	shown, missing := 0, int64(0)
	for _, s := range strata {
		var c *survival.Curve
		missing += s.missing
		if s.hidden == 0 {
			if c, f = survival.KaplanMeier(&s.counts, k.interval, k.level); f != nil {
				return nil, f
			}
			shown++
		}
		fits = append(fits, c)
	}
	if shown == 0 {
		return nil, Suppressed.New("every curve has fewer people or events than the charter wants")
	}
	r := &Report{Title: fmt.Sprintf("Kaplan–Meier, %s intervals of kind %s", percent(k.level), k.interval)}
	r.Tables = []Named{k.points(strata, fits), k.summary(strata, fits)}
	r.Add("n", "", sum(fits, func(c *survival.Curve) int64 { return c.N }))
	r.Add("events", "", sum(fits, func(c *survival.Curve) int64 { return c.D }))
	r.Add("missing", "without a time", missing)
	r.Notes = k.remarks()
	r.Figure = k.figure(strata, fits)
	return r, nil
}

// remarks are what a reader of the numbers has to know.
func (g *groupedOutcome) remarks() []string {
	var notes []string
	if g.note != "" {
		notes = append(notes, g.note)
	}
	if !g.grid.exact() {
		notes = append(notes, fmt.Sprintf("times are the ends of steps of %s: within a step events come before censoring", g.grid.width.FloatString(0)))
	}
	return notes
}

func sum(fits []*survival.Curve, of func(*survival.Curve) int64) (n int64) {
	for _, c := range fits {
		if c != nil {
			n += of(c)
		}
	}
	return n
}

// points is a row for each time at which anybody leaves.
func (k *curves) points(strata []*stratum, fits []*survival.Curve) Named {
	t := headed(k.by, doubleColumn("time"), countColumn("at_risk"), countColumn("events"), countColumn("censored"),
		doubleColumn("survival"), doubleColumn("se"), doubleColumn("lower"), doubleColumn("upper"))
	for i, s := range strata {
		if fits[i] == nil {
			suppressRow(t, s.hidden, s.labels...)
			continue
		}
		for _, p := range fits[i].Points {
			t.Rows = append(t.Rows, append(slices.Clone(s.labels), p.Time, p.AtRisk, p.Events, p.Censored, p.Survival, p.SE, orNull(p.Lower), orNull(p.Upper)))
		}
	}
	return Named{Name: "curves", Table: t, Aside: true, Curve: true, Keys: len(k.by)}
}

// summary is a row for each group.
func (k *curves) summary(strata []*stratum, fits []*survival.Curve) Named {
	t := headed(k.by, countColumn("n"), countColumn("events"), doubleColumn("median"), doubleColumn("lower"), doubleColumn("upper"),
		doubleColumn("rmst"), doubleColumn("rmst_se"), doubleColumn("horizon"))
	horizon := k.horizon
	if horizon <= 0 {
		horizon = math.Inf(1)
		for _, c := range fits {
			if c != nil {
				horizon = min(horizon, c.End())
			}
		}
	}
	for i, s := range strata {
		c := fits[i]
		if c == nil {
			suppressRow(t, s.hidden, s.labels...)
			continue
		}
		median, lower, upper := c.Quantile(0.5)
		mean, se := c.Mean(horizon)
		t.Rows = append(t.Rows, append(slices.Clone(s.labels), c.N, c.D, orNull(median), orNull(lower), orNull(upper), mean, se, horizon))
	}
	return Named{Name: "strata", Table: t}
}

// orNull is nil for NaN.
func orNull(x float64) result.Value {
	if math.IsNaN(x) {
		return nil
	}
	return x
}

func (k *curves) figure(strata []*stratum, fits []*survival.Curve) chart.Figure {
	f := &chart.Survival{Title: "Kaplan–Meier", XLabel: axis(k.time), YLabel: "proportion without the event"}
	for i, s := range strata {
		if fits[i] == nil {
			continue
		}
		c := chart.SurvivalCurve{Label: s.name(k.by), Start: fits[i].N, Lower: []float64{}, Upper: []float64{}}
		low, high := 1.0, 1.0
		for _, p := range fits[i].Points {
			if !math.IsNaN(p.Lower) {
				low, high = p.Lower, p.Upper
			}
			c.Times, c.Values = append(c.Times, p.Time), append(c.Values, p.Survival)
			c.Lower, c.Upper = append(c.Lower, low), append(c.Upper, high)
			c.AtRisk, c.Leaving = append(c.AtRisk, p.AtRisk), append(c.Leaving, p.Events+p.Censored)
		}
		f.Curves = append(f.Curves, c)
	}
	return f
}
