package statistic

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func controlChart() *Statistic {
	return &Statistic{
		Name: "control_chart", Aliases: []string{"p_chart", "ewma"},
		Synopsis: "the share of an event by period with control limits, its moving average (EWMA) and CUSUM, by group",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition whose share is watched, such as died = 1"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "time by which periods are made"},
			{Name: "interval", Kind: Choice, Default: "month", Choices: []string{"hour", "day", "week", "month", "quarter", "year"}, Help: "length of a period"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a chart for each combination"},
			{Name: "centre", Kind: Number, Help: "share that is expected (default: that over all periods of the group)"},
			{Name: "width", Kind: Number, Default: "3", Help: "half the width of limits, in standard deviations"},
			{Name: "lambda", Kind: Number, Default: "0.2", Help: "weight of a period in the moving average, above 0 and up to 1"},
			{Name: "odds", Kind: Number, Default: "2", Help: "odds ratio that the CUSUM looks for"},
			where,
		},
		Example: `admissions "died = 1" admitted`,
		Prepare: prepareControl,
	}
}

// watch finishes a control chart.
type watch struct {
	by                          []*charter.Column
	time                        *charter.Column
	interval                    string
	centre, width, lambda, odds float64
}

func prepareControl(c *Call) (*Prepared, *fault.Fault) {
	w := &watch{interval: c.Text("interval"), centre: math.NaN(), width: c.Number("width"), lambda: c.Number("lambda"), odds: c.Number("odds")}
	var bad *fault.Fault
	if w.by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	if w.time, bad = c.Column("time"); bad == nil && w.time.Role != charter.Time {
		bad = c.At("time", plan.WrongRole.New("column %q is not a time", w.time.Name))
	}
	if bad != nil {
		return nil, bad
	}
	if c.Has("centre") {
		if w.centre = c.Number("centre"); w.centre <= 0 || w.centre >= 1 {
			return nil, c.Refuse("centre", "is between 0 and 1")
		}
	}
	switch {
	case w.width <= 0:
		return nil, c.Refuse("width", "is above 0")
	case w.lambda <= 0 || w.lambda > 1:
		return nil, c.Refuse("lambda", "is above 0 and up to 1")
	case w.odds <= 1:
		return nil, c.Refuse("odds", "is above 1")
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	when := fmt.Sprintf("date_trunc('%s', %s)", w.interval, plan.QuoteName(w.time.Name))
	if w.time.Curve != "" {
		when = "curve(" + when + ")"
	}
	needed := append(append(slices.Clone(o.columns), w.by...), w.time)
	selected := append(keys(w.by), "("+o.event+") AS event", when+" AS t", "COUNT(*) AS n")
	return &Prepared{SQL: "SELECT " + join(selected) + c.From(known(needed...)...) + grouped(len(w.by)+2), Finish: w.finish}, nil
}

// watched is the periods of one group.
type watched struct {
	labels  []result.Value
	periods []period
	hidden  int // k, of a curve that is not released as a whole
}

// period is its events and people, if both were released.
type period struct {
	at     time.Time
	sample inference.Sample
	hidden int
}

func (w *watch) read(in *Released) []*watched {
	var groups []*watched
	for r := range in.Len() {
		event, known := in.Value(r, "event").(bool)
		if !known {
			continue // the question leaves rows out whose event is unknown
		}
		shown := labels(in, r, len(w.by))
		i := slices.IndexFunc(groups, func(g *watched) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &watched{labels: shown})
		}
		g := groups[i]
		at, ok := in.Value(r, "t").(time.Time)
		if !ok {
			g.hidden = max(g.hidden, in.Hidden(r))
			continue
		}
		j := slices.IndexFunc(g.periods, func(p period) bool { return p.at.Equal(at) })
		if j < 0 {
			j = len(g.periods)
			g.periods = append(g.periods, period{at: at})
		}
		p := &g.periods[j]
		p.hidden = max(p.hidden, in.Hidden(r))
		n := in.Count(r, "n")
		if p.sample.N += n; event {
			p.sample.Events += n
		}
	}
	for _, g := range groups {
		slices.SortFunc(g.periods, func(a, b period) int { return a.at.Compare(b.at) })
		g.periods = slices.DeleteFunc(g.periods, func(p period) bool { return p.hidden == 0 && p.sample.N == 0 })
	}
	return groups
}

func (w *watch) finish(in *Released) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(w.by), textColumn("period"), countColumn("n"), countColumn("events"), doubleColumn("share"), doubleColumn("lower"), doubleColumn("upper"),
		doubleColumn("average"), doubleColumn("average_lower"), doubleColumn("average_upper"), doubleColumn("cusum"), textColumn("signal"))...)
	figure := &chart.Profile{Title: "Control chart", XLabel: w.interval, YLabel: "share", Zero: true, Low: true}
	r := &Report{Title: fmt.Sprintf("Control chart by %s, limits of %g standard deviations", w.interval, w.width), Tables: []Named{{Name: "periods", Table: t}}}
	hidden := 0
	for _, g := range w.read(in) {
		if g.hidden > 0 {
			suppressRow(t, g.hidden, g.labels...)
			continue
		}
		var samples []inference.Sample
		for _, p := range g.periods {
			if p.hidden == 0 {
				samples = append(samples, p.sample)
			} else {
				hidden++
			}
		}
		if len(samples) == 0 && len(g.periods) == 0 {
			continue
		}
		var points []inference.ControlPoint
		if len(samples) > 0 {
			centre, all, f := inference.Control(samples, w.centre, w.lambda, w.width, w.odds)
			if f != nil {
				return nil, f
			}
			points = all
			if len(w.by) == 0 {
				r.Add("centre", "", centre)
			}
		}
		band, lines := w.list(t, g, points)
		if len(figure.Series) == 0 && len(samples) > 0 {
			figure.Bands, figure.Series = []chart.Band{band}, lines
			figure.XLabel = w.interval + " from " + g.periods[0].at.UTC().Format(time.DateOnly)
		}
	}
	if len(t.Rows) == 0 {
		return nil, inference.TooFew.New("there is nobody in any period")
	}
	if hidden > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d periods are not released: they are in no centre, average and CUSUM", hidden))
	}
	if len(figure.Series) > 0 {
		r.Figure = figure
	}
	return r, nil
}

// list adds the periods of a group to their table; it returns its limits and its lines.
func (w *watch) list(t *result.Table, g *watched, points []inference.ControlPoint) (chart.Band, []chart.Series) {
	band, lines := chart.Band{Label: "limits"}, []chart.Series{{Label: "share"}, {Label: "average"}}
	next := 0
	for i, p := range g.periods {
		shown := append(slices.Clone(g.labels), p.at.UTC().Format(time.DateOnly))
		if p.hidden > 0 {
			suppressRow(t, p.hidden, shown...)
			continue
		}
		c := points[next]
		next++
		t.Rows = append(t.Rows, append(shown, p.sample.N, p.sample.Events, c.Share, c.Lower, c.Upper, c.Smoothed, c.SmoothLower, c.SmoothUp, c.Cusum, signal(&c)))
		band.X, band.Low, band.High = append(band.X, float64(i)), append(band.Low, c.Lower), append(band.High, c.Upper)
		for j, y := range []float64{c.Share, c.Smoothed} {
			lines[j].X, lines[j].Y = append(lines[j].X, float64(i)), append(lines[j].Y, y)
		}
	}
	return band, lines
}

// signal says which limits a period is beyond.
func signal(c *inference.ControlPoint) result.Value {
	switch {
	case c.Share > c.Upper:
		return "share above"
	case c.Share < c.Lower:
		return "share below"
	case c.Smoothed > c.SmoothUp:
		return "average above"
	case c.Smoothed < c.SmoothLower:
		return "average below"
	}
	return nil
}
