package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func degreeDays() *Statistic {
	return &Statistic{
		Name: "degree_days", Aliases: []string{"degree_day", "energy_signature"},
		Synopsis: "how daily energy follows the temperature: base load, per heating and per cooling degree day, by group",
		Parameters: []Parameter{
			{Name: "value", Kind: Column, Required: true, Place: 1, Help: "measure of energy; it is added up by day"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "time of the readings"},
			{Name: "temperature", Kind: Column, Place: 3, Help: "measure with the temperature, of which the mean of each day is taken; or give temperatures"},
			{Name: "temperatures", Kind: Text, Help: "public temperatures, one for each day, separated by commas"},
			{Name: "from", Kind: Text, Help: "day of the first of temperatures, such as 2024-01-31 (default: where the declared range of the time begins)"},
			{Name: "heating", Kind: Number, Default: "15", Help: "below this there are heating degree days"},
			{Name: "cooling", Kind: Number, Default: "22", Help: "above this there are cooling degree days"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a regression for each combination"},
			{Name: "readings", Kind: Integer, Help: "readings of one customer a day: energy is then that of one customer, which does not change with the number of customers"},
			where, level,
		},
		Example: "heating kwh day temperature",
		Prepare: prepareDegreeDays,
	}
}

// thermal finishes a degree-day regression.
type thermal struct {
	value, time, temperature *charter.Column // temperature: nil with public ones
	public                   []*big.Rat
	from                     time.Time // day of the first of them
	by                       []*charter.Column
	heating, cooling         *big.Rat
	readings                 int64 // 0: energy of all
	level                    float64
}

func prepareDegreeDays(c *Call) (*Prepared, *fault.Fault) {
	d := &thermal{readings: c.Integer("readings")}
	var bad *fault.Fault
	if d.value, bad = c.Column("value"); bad == nil {
		bad = c.At("value", plan.FactorRule(d.value, nil))
	}
	if bad != nil {
		return nil, bad
	}
	if d.time, bad = c.Column("time"); bad == nil && d.time.Role != charter.Time {
		bad = c.At("time", plan.WrongRole.New("column %q is not a time", d.time.Name))
	}
	if bad != nil {
		return nil, bad
	}
	if d.by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	if d.level, bad = c.Level(); bad != nil {
		return nil, bad
	}
	if c.Has("readings") && d.readings < 1 {
		return nil, c.Refuse("readings", "wants a whole number from 1 on")
	}
	if bad := d.bases(c); bad != nil {
		return nil, bad
	}
	if bad := d.weather(c); bad != nil {
		return nil, bad
	}
	return &Prepared{SQL: d.sql(c), Finish: d.finish}, nil
}

func (d *thermal) bases(c *Call) *fault.Fault {
	for name, base := range map[string]**big.Rat{"heating": &d.heating, "cooling": &d.cooling} {
		x, err := decimal.Parse(c.Text(name))
		if err != nil {
			return c.Refuse(name, "wants a temperature, such as 15.5")
		}
		*base = x
	}
	if d.heating.Cmp(d.cooling) > 0 {
		return c.Refuse("heating", "%s is above the base of cooling, %s", text(d.heating), text(d.cooling))
	}
	return nil
}

// weather reads where temperatures come from.
func (d *thermal) weather(c *Call) (bad *fault.Fault) {
	switch {
	case c.Has("temperature") == c.Has("temperatures"):
		return BadParameter.New("degree_days needs a temperature, or temperatures").
			With("Write temperature => 'outside' for a column, or temperatures => '12.5, 13, …', one for each day.")
	case c.Has("temperature"):
		if c.Has("from") {
			return c.Refuse("from", "goes with temperatures")
		}
		if d.temperature, bad = c.Column("temperature"); bad == nil {
			bad = c.At("temperature", plan.FactorRule(d.temperature, nil))
		}
		return bad
	}
	if d.public, bad = c.numbers("temperatures"); bad != nil {
		return bad
	}
	day := ""
	if len(d.time.Range) == 2 {
		day = d.time.Range[0]
	}
	if c.Has("from") {
		day = c.Text("from")
	}
	at, err := time.Parse(time.DateOnly, strings.TrimSpace(day)[:min(len(strings.TrimSpace(day)), len(time.DateOnly))])
	if err != nil || c.Has("from") && len(strings.TrimSpace(day)) != len(time.DateOnly) {
		return c.Refuse("from", "wants a day, such as 2024-01-31")
	}
	d.from = at
	return nil
}

func (d *thermal) sql(c *Call) string {
	when := fmt.Sprintf("date_trunc('day', %s)", plan.QuoteName(d.time.Name))
	if d.time.Curve != "" {
		when = "curve(" + when + ")"
	}
	x := plan.QuoteName(d.value.Name)
	selected := append(keys(d.by), when+" AS t", fmt.Sprintf("SUM(%s) AS s, COUNT(%s) AS n", x, x))
	if d.temperature != nil {
		w := plan.QuoteName(d.temperature.Name)
		selected = append(selected, fmt.Sprintf("SUM(%s) AS w, COUNT(%s) AS m", w, w))
	}
	return "SELECT " + strings.Join(selected, ", ") + c.From() + grouped(len(d.by)+1)
}

// days is what one group used, and how warm it was.
type days struct {
	labels              []result.Value
	below               int
	at                  []time.Time
	energy, temperature []*big.Rat
}

func (d *thermal) read(in *Released) ([]*days, *fault.Fault) {
	var groups []*days
	for r := range in.Len() {
		shown := labels(in, r, len(d.by))
		i := slices.IndexFunc(groups, func(g *days) bool { return slices.Equal(g.labels, shown) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &days{labels: shown})
		}
		g := groups[i]
		if k := in.Hidden(r); k > 0 {
			g.below = max(g.below, k)
			continue
		}
		at, ok := in.Value(r, "t").(time.Time)
		n := in.Count(r, "n")
		if !ok || n == 0 {
			continue
		}
		t, f := d.warmth(in, r, at)
		if f != nil {
			return nil, f
		}
		e := in.Sum(r, "s")
		if d.readings > 0 {
			e = new(big.Rat).Mul(e, big.NewRat(d.readings, n))
		}
		g.at, g.energy, g.temperature = append(g.at, at), append(g.energy, e), append(g.temperature, t)
	}
	return groups, nil
}

// warmth is the temperature of a day: the mean over its readings, or the public one.
func (d *thermal) warmth(in *Released, r int, day time.Time) (*big.Rat, *fault.Fault) {
	if d.temperature != nil {
		m := in.Count(r, "m")
		if m == 0 {
			return nil, load.BadTemperature.New("the day %s has energy and no temperature", day.UTC().Format(time.DateOnly))
		}
		return new(big.Rat).Quo(in.Sum(r, "w"), big.NewRat(m, 1)), nil
	}
	i := int(day.Sub(d.from).Hours() / 24)
	if day.Before(d.from) || i >= len(d.public) {
		return nil, load.BadTemperature.New("the day %s has energy, and the %d temperatures are of %s to %s", day.UTC().Format(time.DateOnly), len(d.public),
			d.from.Format(time.DateOnly), d.from.AddDate(0, 0, len(d.public)-1).Format(time.DateOnly))
	}
	return d.public[i], nil
}

func (d *thermal) finish(in *Released) (*Report, *fault.Fault) {
	groups, f := d.read(in)
	if f != nil {
		return nil, f
	}
	t := newTable(append(groupColumns(d.by), textColumn("term"), doubleColumn("estimate"), doubleColumn("se"), doubleColumn("t"), doubleColumn("p"), doubleColumn("lower"), doubleColumn("upper"))...)
	fits := newTable(append(groupColumns(d.by), countColumn("days"), doubleColumn("mean"), doubleColumn("sigma"), doubleColumn("r_squared"), doubleColumn("adjusted_r_squared"), doubleColumn("cv_rmse"))...)
	each := newTable(append(groupColumns(d.by), textColumn("day"), doubleColumn("temperature"), doubleColumn("hdd"), doubleColumn("cdd"), doubleColumn("energy"), doubleColumn("fitted"))...)
	r := &Report{
		Title:  fmt.Sprintf("Daily %s by degree days, heating below %s, cooling above %s, %s intervals", axis(d.value), text(d.heating), text(d.cooling), percent(d.level)),
		Tables: []Named{{Name: "coefficients", Table: t}, {Name: "fits", Table: fits}, {Name: "days", Table: each, Aside: true}},
	}
	shown := 0
	for _, g := range groups {
		if g.below > 0 {
			for _, table := range []*result.Table{t, fits, each} {
				suppressRow(table, g.below, g.labels...)
			}
			continue
		}
		if len(g.energy) == 0 {
			continue
		}
		fit, f := load.Respond(g.energy, g.temperature, d.heating, d.cooling, d.level)
		if f != nil {
			return nil, f
		}
		for _, c := range fit.Coefficients {
			t.Rows = append(t.Rows, append(slices.Clone(g.labels), c.Term, c.Estimate, c.SE, c.Statistic, c.P, c.Lower, c.Upper))
		}
		fits.Rows = append(fits.Rows, append(slices.Clone(g.labels), int64(len(g.energy)), meanOf(g.energy), fit.Sigma, fit.RSquared, fit.Adjusted, fit.CVRMSE))
		fitted := d.list(each, g, fit)
		if shown++; shown == 1 {
			r.Figure = &chart.Profile{
				Title: "Daily energy and what follows from the temperature", XLabel: "day from " + g.at[0].UTC().Format(time.DateOnly), YLabel: axis(d.value),
				Series: []chart.Series{lineOf("measured", g.energy), fitted},
			}
		}
	}
	if len(t.Rows) == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	return r, nil
}

// list adds the days of a group to their table; it returns the line of what is fitted.
func (d *thermal) list(t *result.Table, g *days, fit *load.Response) chart.Series {
	line := chart.Series{Label: "fitted"}
	for i, e := range g.energy {
		hdd, cdd := load.DegreeDays(g.temperature[i], d.heating, d.cooling)
		y := 0.0
		for _, c := range fit.Coefficients {
			y += c.Estimate * map[string]float64{"base": 1, "hdd": float(hdd), "cdd": float(cdd)}[c.Term]
		}
		line.X, line.Y = append(line.X, float64(i)), append(line.Y, y)
		t.Rows = append(t.Rows, append(slices.Clone(g.labels), g.at[i].UTC().Format(time.DateOnly), float(g.temperature[i]), float(hdd), float(cdd), float(e), y))
	}
	return line
}

func meanOf(values []*big.Rat) float64 {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	return float(sum.Quo(sum, big.NewRat(int64(len(values)), 1)))
}
