package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
)

func demandResponse() *Statistic {
	return &Statistic{
		Name: "demand_response", Aliases: []string{"dr_baseline", "baseline"},
		Synopsis: "what a demand response event took off the load: baseline of X of Y days with adjustment, by group",
		Parameters: []Parameter{
			loadParameter, whenParameter,
			{Name: "day", Kind: Text, Required: true, Place: 3, Help: "day of the event, such as 2024-06-11, in UTC"},
			{Name: "from", Kind: Integer, Required: true, Place: 4, Help: "first hour of the event, 0 to 23"},
			{Name: "to", Kind: Integer, Required: true, Place: 5, Help: "hour at whose beginning it ends, 1 to 24"},
			{Name: "high", Kind: Integer, Default: "4", Help: "days of the baseline: those with the most energy in these hours"},
			{Name: "days", Kind: Integer, Default: "5", Help: "of so many days of the same kind before the event"},
			{Name: "adjust", Kind: Integer, Default: "3", Help: "hours before the event, up to one hour before it, by which the baseline is moved to what was used; 0: not"},
			{Name: "exclude", Kind: Text, Help: "days that are no baseline, such as holidays and other events, separated by commas"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: an event for each combination"},
			readingsParameter, where,
		},
		Example: "load mw ts 2000-08-24 14 18 --readings 2",
		Prepare: prepareDemandResponse,
	}
}

func prepareDemandResponse(c *Call) (*Prepared, *fault.Fault) {
	q, f := newLoadQuestion(c, "hour")
	if f != nil {
		return nil, f
	}
	e := &load.Event{From: int(c.Integer("from")), To: int(c.Integer("to")), X: int(c.Integer("high")), Y: int(c.Integer("days")), Adjust: int(c.Integer("adjust"))}
	days, f := c.days("day")
	if f != nil {
		return nil, f
	}
	if len(days) != 1 {
		return nil, c.Refuse("day", "wants one day")
	}
	e.Day = days[0]
	switch {
	case e.From < 0 || e.From > 23:
		return nil, c.Refuse("from", "is outside 0 to 23")
	case e.To <= e.From || e.To > 24:
		return nil, c.Refuse("to", "is outside %d to 24", e.From+1)
	case e.Y < 1 || e.Y > 366:
		return nil, c.Refuse("days", "is outside 1 to 366")
	case e.X < 1 || e.X > e.Y:
		return nil, c.Refuse("high", "is outside 1 to %d, the number of days", e.Y)
	case e.Adjust < 0 || e.Adjust > 0 && e.Adjust > e.From-1:
		return nil, c.Refuse("adjust", "is outside 0 to %d, the hours of the day before the last one before the event", max(0, e.From-1))
	}
	if c.Has("exclude") {
		if e.Exclude, f = c.days("exclude"); f != nil {
			return nil, f
		}
	}
	return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) { return q.finishEvent(q.read(in), e) }}, nil
}

// days reads days, separated by commas.
func (c *Call) days(name string) ([]time.Time, *fault.Fault) {
	var out []time.Time
	for _, part := range strings.Split(c.Text(name), ",") {
		day, err := time.Parse(time.DateOnly, strings.TrimSpace(part))
		if err != nil {
			return nil, c.Refuse(name, "wants days such as 2024-01-31, separated by commas")
		}
		out = append(out, day)
	}
	return out, nil
}

func (q *loadQuestion) finishEvent(groups []*loads, e *load.Event) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), textColumn("hour"), doubleColumn("baseline"), doubleColumn("actual"), doubleColumn("reduction"))...)
	totals := newTable(append(groupColumns(q.by), doubleColumn("baseline"), doubleColumn("actual"), doubleColumn("reduction"), doubleColumn("share"), doubleColumn("adjustment"), textColumn("days"))...)
	r := &Report{
		Title:  fmt.Sprintf("Demand response of %s on %s, %d:00 to %d:00, against %d of %d days", axis(q.value), e.Day.Format(time.DateOnly), e.From, e.To, e.X, e.Y),
		Tables: []Named{{Name: "hours", Table: t}, {Name: "totals", Title: "Over the event", Table: totals}},
	}
	for _, l := range groups {
		if l.below > 0 {
			suppressRow(t, l.below, l.labels...)
			suppressRow(totals, l.below, l.labels...)
			continue
		}
		c, f := load.Curtail(&l.Series, e)
		if f != nil {
			return nil, f
		}
		baseline, actual := new(big.Rat), new(big.Rat)
		base, used := chart.Series{Label: "baseline"}, chart.Series{Label: "actual"}
		for _, h := range c.Hours {
			t.Rows = append(t.Rows, l.row(instant(h.At), float(h.Baseline), float(h.Actual), float(h.Reduction)))
			baseline.Add(baseline, h.Baseline)
			actual.Add(actual, h.Actual)
			x := float64(h.At.Hour())
			base.X, base.Y = append(base.X, x), append(base.Y, float(h.Baseline))
			used.X, used.Y = append(used.X, x), append(used.Y, float(h.Actual))
		}
		reduction := new(big.Rat).Sub(baseline, actual)
		var share any
		if baseline.Sign() > 0 {
			share = float(new(big.Rat).Quo(reduction, baseline))
		}
		var days []string
		for _, d := range slices.Backward(c.Days) {
			days = append(days, d.Format(time.DateOnly))
		}
		totals.Rows = append(totals.Rows, l.row(float(baseline), float(actual), float(reduction), share, float(c.Adjustment), strings.Join(days, " ")))
		if r.Figure == nil {
			r.Figure = &chart.Profile{Title: "Demand response", XLabel: "hour", YLabel: axis(q.value), Series: []chart.Series{base, used}, Zero: true, Low: true}
		}
	}
	if len(t.Rows) == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	return r, nil
}
