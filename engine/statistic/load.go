package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

// Parameters of statistics of loads.
var (
	loadParameter     = Parameter{Name: "value", Kind: Column, Required: true, Place: 1, Help: "measure of power, or of energy per interval"}
	whenParameter     = Parameter{Name: "time", Kind: Column, Required: true, Place: 2, Help: "time of the readings"}
	intervalParameter = Parameter{Name: "interval", Kind: Choice, Default: "hour", Choices: []string{"minute", "hour", "day", "week", "month"}, Help: "what readings are added up over"}
	readingsParameter = Parameter{Name: "readings", Kind: Integer, Default: "1", Help: "readings of one customer in an interval, by which sums are divided: 2 for half-hourly power by the hour"}
)

// loadQuestion is interval sums of a measure, by group.
type loadQuestion struct {
	value, time *charter.Column
	by          []*charter.Column
	interval    string
	readings    int64
}

func newLoadQuestion(c *Call, interval string) (*loadQuestion, *fault.Fault) {
	q := &loadQuestion{interval: interval, readings: c.Integer("readings")}
	var f *fault.Fault
	if q.value, f = c.Column("value"); f != nil {
		return nil, f
	}
	if f := plan.FactorRule(q.value, nil); f != nil {
		return nil, c.At("value", f)
	}
	if q.time, f = c.Column("time"); f != nil {
		return nil, f
	}
	if q.time.Role != charter.Time {
		return nil, c.At("time", plan.WrongRole.New("column %q is not a time", q.time.Name))
	}
	if q.by, f = c.Columns("by"); f != nil {
		return nil, f
	}
	if q.readings < 1 {
		return nil, c.Refuse("readings", "wants a whole number from 1 on")
	}
	return q, nil
}

// sql asks for the sums: as curves if the charter declares the time for them, else interval by interval.
func (q *loadQuestion) sql(c *Call) string {
	when := fmt.Sprintf("date_trunc('%s', %s)", q.interval, plan.QuoteName(q.time.Name))
	if q.time.Curve != "" {
		when = "curve(" + when + ")"
	}
	x := plan.QuoteName(q.value.Name)
	selected := append(keys(q.by), when+" AS t", fmt.Sprintf("SUM(%s) AS s, COUNT(%s) AS n", x, x))
	return "SELECT " + strings.Join(selected, ", ") + c.From() + grouped(len(q.by)+1)
}

// loads is what one group used.
type loads struct {
	labels []result.Value
	below  int // k, if the group, or an interval of it, was not released
	counts []int64
	load.Series
}

// caption names a group for people.
func (l *loads) caption() string {
	words := make([]string, len(l.labels))
	for i, w := range l.labels {
		words[i] = fmt.Sprint(w)
	}
	return strings.Join(words, " ")
}

// row begins with the group.
func (l *loads) row(values ...result.Value) []result.Value {
	return append(slices.Clone(l.labels), values...)
}

// read puts the rows together by group.
func (q *loadQuestion) read(in *Released) []*loads {
	var groups []*loads
	at := map[string]*loads{}
	for r := range in.Len() {
		shown := labels(in, r, len(q.by))
		name := fmt.Sprintf("%q", shown)
		l := at[name]
		if l == nil {
			l = &loads{labels: shown}
			at[name] = l
			groups = append(groups, l)
		}
		if k := in.Hidden(r); k > 0 {
			l.below = max(l.below, k)
			continue
		}
		when, ok := in.Value(r, "t").(time.Time)
		if n := in.Count(r, "n"); ok && n > 0 {
			v := in.Sum(r, "s")
			l.At, l.counts = append(l.At, when), append(l.counts, n)
			l.Values = append(l.Values, new(big.Rat).Quo(v, big.NewRat(q.readings, 1)))
		}
	}
	return groups
}

// gaps says how many intervals of a group between its first and its last have no readings, and so are in no mean.
func (q *loadQuestion) gaps(groups []*loads) []string {
	var notes []string
	g, _ := plan.ParseGrain(q.interval)
	for _, l := range groups {
		if l.Len() == 0 || l.below > 0 {
			continue
		}
		n := 0
		for t := l.At[0]; !t.After(l.At[l.Len()-1]); t = g.Next(t) {
			n++
		}
		if n > l.Len() {
			notes = append(notes, strings.TrimSpace(fmt.Sprintf("%s: %d of %d intervals have no readings", l.caption(), n-l.Len(), n)))
		}
	}
	return notes
}

// instant writes the beginning of an interval.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func peakLoad() *Statistic {
	return &Statistic{
		Name: "peak_load", Aliases: []string{"peaks", "load_factor"},
		Synopsis: "peaks, coincidence and diversity of groups, load factors, demand per customer",
		Parameters: []Parameter{
			loadParameter, whenParameter,
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: the groups whose peaks are compared"},
			intervalParameter, readingsParameter, where,
		},
		Example: "reading kwh ts --by class",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			q, f := newLoadQuestion(c, c.Text("interval"))
			if f != nil {
				return nil, f
			}
			return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) { return q.finishPeaks(q.read(in)) }}, nil
		},
	}
}

func (q *loadQuestion) finishPeaks(groups []*loads) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), countColumn("intervals"), countColumn("customers"), doubleColumn("peak"), textColumn("at"),
		doubleColumn("mean"), doubleColumn("load_factor"), doubleColumn("per_customer"))...)
	var all []*load.Series
	hidden := 0
	for _, l := range groups {
		if l.below > 0 {
			suppressRow(t, l.below, l.labels...)
			hidden++
			continue
		}
		if l.Len() == 0 {
			continue
		}
		all = append(all, &l.Series)
		peak, at, f := l.Peak()
		if f != nil {
			return nil, f
		}
		factor, f := l.Factor()
		if f != nil {
			return nil, f
		}
		customers := l.counts[at] / q.readings
		var each any
		if customers > 0 {
			each = float(new(big.Rat).Quo(peak, big.NewRat(customers, 1)))
		}
		t.Rows = append(t.Rows, l.row(int64(l.Len()), customers, float(peak), instant(l.At[at]), float(l.Mean()), float(factor), each))
	}
	r := &Report{Title: "Peak load of " + axis(q.value) + " by " + q.interval, Tables: []Named{{Name: "groups", Table: t}}, Notes: q.gaps(groups)}
	if len(all) == 0 && hidden == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	if hidden > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d groups are not released, so that nothing is said of all together", hidden, len(groups)))
		return r, nil
	}
	return r, q.addCoincidence(r, groups, all)
}

func (q *loadQuestion) addCoincidence(r *Report, groups []*loads, all []*load.Series) *fault.Fault {
	if len(q.by) == 0 || len(all) < 2 {
		return nil
	}
	c, f := load.Coincide(all)
	if f != nil {
		if load.Gaps.Is(f) {
			r.Notes = append(r.Notes, "groups have readings at different intervals, so that their peaks are not compared")
			return nil
		}
		return f
	}
	factor, f := c.Total.Factor()
	if f != nil {
		return f
	}
	r.Add("coincident_peak", "peak of all together", float(c.Coincident))
	r.Add("at", "at", instant(c.Total.At[c.At]))
	r.Add("non_coincident_peak", "sum of the groups' peaks", float(c.NonCoincident))
	r.Add("coincidence_factor", "coincidence factor", float(c.Factor))
	r.Add("diversity_factor", "diversity factor", float(c.Diversity))
	r.Add("load_factor", "load factor of all", float(factor))
	customers := int64(0)
	for _, l := range groups {
		if l.Len() > 0 {
			customers += l.counts[c.At] / q.readings
		}
	}
	if each, f := c.AfterDiversity(customers); f == nil {
		r.Add("admd", "demand per customer at that peak (ADMD)", float(each))
	}
	figure := &chart.Profile{Title: "Load of all together", XLabel: q.interval + " from " + instant(c.Total.At[0]), YLabel: axis(q.value), Zero: true}
	figure.Series = []chart.Series{lineOf("", c.Total.Values)}
	r.Figure = figure
	return nil
}

// lineOf numbers values from 0.
func lineOf(label string, values []*big.Rat) chart.Series {
	s := chart.Series{Label: label}
	for i, v := range values {
		s.X, s.Y = append(s.X, float64(i)), append(s.Y, float(v))
	}
	return s
}

func loadProfile() *Statistic {
	return &Statistic{
		Name: "load_profile", Aliases: []string{"profile"},
		Synopsis: "mean load by hour, kind of day and season, by group",
		Parameters: []Parameter{
			loadParameter, whenParameter,
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a profile for each combination"},
			readingsParameter, where,
		},
		Example: "reading kwh ts --by class",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			q, f := newLoadQuestion(c, "hour")
			if f != nil {
				return nil, f
			}
			return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) { return q.finishProfile(q.read(in)) }}, nil
		},
	}
}

func (q *loadQuestion) finishProfile(groups []*loads) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), textColumn("season"), textColumn("day"), countColumn("hour"), countColumn("intervals"),
		doubleColumn("mean"), doubleColumn("per_customer"))...)
	figure := &chart.Profile{Title: "Mean load profile", XLabel: "hour", YLabel: axis(q.value) + ", of one customer", Zero: true, Hours: true}
	for _, l := range groups {
		if l.below > 0 {
			suppressRow(t, l.below, l.labels...)
			continue
		}
		customers := &load.Series{At: l.At}
		for _, n := range l.counts {
			customers.Values = append(customers.Values, big.NewRat(n, q.readings))
		}
		numbers := customers.Profile()
		for i, m := range l.Profile() {
			// As many intervals are in both means, so this is all that was used over all readings.
			each := float(new(big.Rat).Quo(m.Value, numbers[i].Value))
			t.Rows = append(t.Rows, l.row(m.Season.String(), m.Day.String(), int64(m.Hour), int64(m.Intervals), float(m.Value), each))
			label := strings.TrimSpace(l.caption() + " " + m.Season.String() + " " + m.Day.String())
			if n := len(figure.Series); n == 0 || figure.Series[n-1].Label != label {
				figure.Series = append(figure.Series, chart.Series{Label: label})
			}
			s := &figure.Series[len(figure.Series)-1]
			s.X, s.Y = append(s.X, float64(m.Hour)), append(s.Y, each)
		}
	}
	if len(t.Rows) == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	r := &Report{Title: "Mean load profile of " + axis(q.value), Tables: []Named{{Name: "profile", Table: t}}, Notes: q.gaps(groups)}
	if figure.Series = legible(figure.Series); len(figure.Series) > 0 {
		r.Figure = figure
	}
	return r, nil
}

// legible are the lines of weekdays only where there are too many to tell apart.
func legible(lines []chart.Series) []chart.Series {
	const most = 6
	if len(lines) <= most {
		return lines
	}
	return slices.DeleteFunc(lines, func(s chart.Series) bool { return !strings.HasSuffix(s.Label, load.Weekday.String()) })
}

func durationCurve() *Statistic {
	return &Statistic{
		Name: "duration_curve", Aliases: []string{"load_duration"},
		Synopsis: "load duration curve, loads exceeded in a share of the time, largest ramps, by group",
		Parameters: []Parameter{
			loadParameter, whenParameter,
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a curve for each combination"},
			{Name: "shares", Kind: Text, Default: "0.01, 0.05, 0.1, 0.5, 0.9, 0.95", Help: "shares of the time, above 0 and up to 1, separated by commas: 0.9 is P90"},
			aboveParameter, intervalParameter, readingsParameter, where,
		},
		Example: "load mw ts --readings 2",
		Prepare: prepareDuration,
	}
}

func prepareDuration(c *Call) (*Prepared, *fault.Fault) {
	q, f := newLoadQuestion(c, c.Text("interval"))
	if f != nil {
		return nil, f
	}
	shares, f := c.numbers("shares")
	if f != nil {
		return nil, f
	}
	above, f := c.aboveLoads()
	if f != nil {
		return nil, f
	}
	for _, s := range shares {
		if s.Sign() <= 0 || s.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, c.Refuse("shares", "wants numbers above 0 and up to 1, separated by commas")
		}
	}
	return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) {
		groups := q.read(in)
		r, f := q.finishDuration(groups, shares)
		if f == nil && len(above) > 0 {
			r.Tables = append(r.Tables, q.exceedance(groups, above))
		}
		return r, f
	}}, nil
}

func (q *loadQuestion) finishDuration(groups []*loads, shares []*big.Rat) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), doubleColumn("share"), doubleColumn("exceeded"))...)
	curve := newTable(append(groupColumns(q.by), doubleColumn("share"), doubleColumn("load"))...)
	ramps := newTable(append(groupColumns(q.by), countColumn("intervals"), doubleColumn("rise"), textColumn("rise_at"), doubleColumn("fall"), textColumn("fall_at"))...)
	figure := &chart.Profile{Title: "Load duration curve", XLabel: "share of the time", YLabel: axis(q.value), Zero: true}
	for _, l := range groups {
		if l.below > 0 {
			for _, table := range []*result.Table{t, curve, ramps} {
				suppressRow(table, l.below, l.labels...)
			}
			continue
		}
		for _, share := range shares {
			x, f := l.Exceeded(share)
			if f != nil {
				return nil, f
			}
			t.Rows = append(t.Rows, l.row(float(share), float(x)))
		}
		s := chart.Series{Label: l.caption()}
		for i, v := range l.Duration() {
			share := float64(i+1) / float64(l.Len())
			curve.Rows = append(curve.Rows, l.row(share, float(v)))
			s.X, s.Y = append(s.X, share), append(s.Y, float(v))
		}
		figure.Series = append(figure.Series, s)
		if rise, fall, riseAt, fallAt, ok := l.Ramps(); ok {
			ramps.Rows = append(ramps.Rows, l.row(int64(l.Len()), float(rise), instant(l.At[riseAt]), float(fall), instant(l.At[fallAt])))
		}
	}
	if len(t.Rows) == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	r := &Report{
		Title: "Load duration of " + axis(q.value) + " by " + q.interval,
		Tables: []Named{
			{Name: "exceeded", Table: t},
			{Name: "ramps", Title: "Largest changes from one interval to the next", Table: ramps},
			{Name: "curve", Table: curve, Aside: true},
		},
		Notes: q.gaps(groups),
	}
	if len(figure.Series) > 0 {
		r.Figure = figure
	}
	return r, nil
}
