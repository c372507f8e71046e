package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
)

func capacity() *Statistic {
	return &Statistic{
		Name: "capacity_factor", Aliases: []string{"full_load_hours", "utilisation"},
		Synopsis: "capacity factor, full-load hours and peak utilisation of rated power, by group",
		Parameters: []Parameter{
			{Name: "value", Kind: Column, Required: true, Place: 1, Help: "measure of the energy of a reading, or with power of its mean power"},
			{Name: "time", Kind: Column, Required: true, Place: 2, Help: "time of the readings"},
			{Name: "rated", Kind: Text, Required: true, Place: 3, Help: "measure with the rated power of a reading's plant, or one number: the rated power of all together"},
			{Name: "hours", Kind: Number, Default: "1", Help: "hours that a reading is about, such as 0.25"},
			{Name: "power", Kind: Flag, Help: "the value is mean power, not energy"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			intervalParameter, where,
		},
		Example: "solar kwh ts rated_kw --by region",
		Prepare: prepareCapacity,
	}
}

// capacityQuestion is energy and rated power by interval.
type capacityQuestion struct {
	value, time *charter.Column
	rated       *charter.Column // nil: all is the rated power
	all         *big.Rat
	hours       *big.Rat // of a reading
	power       bool
	by          []*charter.Column
	interval    string
}

func prepareCapacity(c *Call) (*Prepared, *fault.Fault) {
	q := &capacityQuestion{interval: c.Text("interval"), power: c.Flag("power")}
	var bad *fault.Fault
	if q.value, bad = c.Column("value"); bad == nil {
		bad = c.At("value", plan.FactorRule(q.value, nil))
	}
	if bad != nil {
		return nil, bad
	}
	if q.time, bad = c.Column("time"); bad == nil && q.time.Role != charter.Time {
		bad = c.At("time", plan.WrongRole.New("column %q is not a time", q.time.Name))
	}
	if bad != nil {
		return nil, bad
	}
	if q.by, bad = c.Columns("by"); bad != nil {
		return nil, bad
	}
	hours, err := decimal.Parse(c.Text("hours"))
	if err != nil || hours.Sign() <= 0 {
		return nil, c.Refuse("hours", "wants a number above 0, such as 0.25")
	}
	q.hours = hours
	if bad := q.ratedPower(c); bad != nil {
		return nil, bad
	}
	return &Prepared{SQL: q.sql(c), Finish: q.finish}, nil
}

// ratedPower reads a number, or the column that has it.
func (q *capacityQuestion) ratedPower(c *Call) (bad *fault.Fault) {
	if x, err := decimal.Parse(strings.TrimSpace(c.Text("rated"))); err == nil {
		switch {
		case x.Sign() <= 0:
			return c.Refuse("rated", "is not above 0")
		case len(q.by) > 0:
			return c.Refuse("rated", "is one number for all rows, and there are groups: name a measure that has it, or leave by out")
		}
		q.all = x
		return nil
	}
	if q.rated, bad = c.Column("rated"); bad == nil {
		bad = c.At("rated", plan.FactorRule(q.rated, nil))
	}
	return bad
}

func (q *capacityQuestion) sql(c *Call) string {
	when := fmt.Sprintf("date_trunc('%s', %s)", q.interval, plan.QuoteName(q.time.Name))
	if q.time.Curve != "" {
		when = "curve(" + when + ")"
	}
	selected := append(keys(q.by), when+" AS t", "SUM("+plan.QuoteName(q.value.Name)+") AS s", "COUNT(*) AS n")
	used := []*charter.Column{q.value}
	if q.rated != nil {
		selected = append(selected, "SUM("+plan.QuoteName(q.rated.Name)+") AS r")
		used = append(used, q.rated)
	}
	return "SELECT " + strings.Join(selected, ", ") + c.From(known(used...)...) + grouped(len(q.by)+1)
}

// plants is what those of a group generated, and could have.
type plants struct {
	labels           []result.Value
	below            int
	intervals        int64
	hours            *big.Rat
	energy, possible *big.Rat
	utilisation      *big.Rat // the largest of an interval
	at               time.Time
}

func newPlants(labels []result.Value) *plants {
	return &plants{labels: labels, hours: new(big.Rat), energy: new(big.Rat), possible: new(big.Rat), utilisation: new(big.Rat)}
}

func (q *capacityQuestion) read(in *Released) []*plants {
	var groups []*plants
	g, _ := plan.ParseGrain(q.interval)
	for r := range in.Len() {
		shown := labels(in, r, len(q.by))
		i := slices.IndexFunc(groups, func(p *plants) bool { return slices.Equal(p.labels, shown) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, newPlants(shown))
		}
		p := groups[i]
		if k := in.Hidden(r); k > 0 {
			p.below = max(p.below, k)
			continue
		}
		at, ok := in.Value(r, "t").(time.Time)
		if !ok || in.Count(r, "n") == 0 {
			continue
		}
		length := big.NewRat(int64(g.Next(at).Sub(at)), int64(time.Hour))
		energy, possible := in.Sum(r, "s"), new(big.Rat)
		if q.power {
			energy = new(big.Rat).Mul(energy, q.hours)
		}
		if q.rated != nil {
			possible.Mul(in.Sum(r, "r"), q.hours)
		} else {
			possible.Mul(q.all, length)
		}
		p.add(at, length, energy, possible)
	}
	return groups
}

// add adds an interval.
func (p *plants) add(at time.Time, length, energy, possible *big.Rat) {
	p.intervals++
	p.hours.Add(p.hours, length)
	p.energy.Add(p.energy, energy)
	p.possible.Add(p.possible, possible)
	if possible.Sign() <= 0 {
		return
	}
	if u := new(big.Rat).Quo(energy, possible); p.at.IsZero() || u.Cmp(p.utilisation) > 0 {
		p.utilisation, p.at = u, at
	}
}

func (q *capacityQuestion) finish(in *Released) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), countColumn("intervals"), doubleColumn("hours"), doubleColumn("energy"), doubleColumn("rated"),
		doubleColumn("capacity_factor"), doubleColumn("full_load_hours"), doubleColumn("peak_utilisation"), textColumn("at"))...)
	r := &Report{Title: "Capacity factor of " + axis(q.value) + " by " + q.interval, Tables: []Named{{Name: "groups", Table: t}}}
	energy, possible, hidden, seen := new(big.Rat), new(big.Rat), 0, 0
	for _, p := range q.read(in) {
		if p.below > 0 {
			suppressRow(t, p.below, p.labels...)
			hidden++
			continue
		}
		if p.intervals == 0 {
			continue
		}
		row, f := p.row()
		if f != nil {
			return nil, f
		}
		seen++
		t.Rows = append(t.Rows, row)
		energy.Add(energy, p.energy)
		possible.Add(possible, p.possible)
	}
	if len(t.Rows) == 0 {
		return nil, load.NoLoad.New("no readings")
	}
	switch {
	case hidden > 0:
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %d groups are not released, so that nothing is said of all together", hidden, hidden+seen))
	case len(q.by) > 0:
		r.Add("energy", "energy of all", float(energy))
		r.Add("capacity_factor", "capacity factor of all", float(new(big.Rat).Quo(energy, possible)))
	}
	return r, nil
}

// row is the line of a group. Its rated power is the mean over the hours.
func (p *plants) row() ([]result.Value, *fault.Fault) {
	rated := new(big.Rat).Quo(p.possible, p.hours)
	factor, f := load.CapacityFactor(p.energy, rated, p.hours)
	if f != nil {
		return nil, f
	}
	full, f := load.FullLoadHours(p.energy, rated)
	if f != nil {
		return nil, f
	}
	return append(slices.Clone(p.labels), p.intervals, float(p.hours), float(p.energy), float(rated), float(factor), float(full), float(p.utilisation), instant(p.at)), nil
}
