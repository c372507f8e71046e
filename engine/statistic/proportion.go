package statistic

import (
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/result"
)

func proportion() *Statistic {
	return &Statistic{
		Name: "proportion", Aliases: []string{"prop"},
		Synopsis: "share of rows that a condition holds for, with Wilson's interval, by group",
		Parameters: []Parameter{
			{Name: "event", Kind: Condition, Required: true, Place: 1, Help: "condition whose share is asked for, such as status = 2"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: a row for each combination"},
			where, level,
		},
		Example: `lung "status = 2" --by sex`,
		Prepare: prepareProportion,
	}
}

func prepareProportion(c *Call) (*Prepared, *fault.Fault) {
	by, bad := c.Columns("by")
	if bad != nil {
		return nil, bad
	}
	confidence, bad := c.Level()
	if bad != nil {
		return nil, bad
	}
	o := &outcome{event: c.Text("event")}
	if bad := c.At("event", o.mentioned(c)); bad != nil {
		return nil, bad
	}
	sql := o.apart(c, by, nil, "COUNT(*) AS n")
	return &Prepared{SQL: sql, Finish: func(in *Released) (*Report, *fault.Fault) { return finishProportion(in, by, confidence) }}, nil
}

func finishProportion(in *Released, by []*charter.Column, level float64) (*Report, *fault.Fault) {
	t := headed(by, countColumn("n"), countColumn("events"), doubleColumn("proportion"), doubleColumn("lower"), doubleColumn("upper"))
	f := &chart.Forest{Title: "Proportions", XLabel: "proportion"}
	for _, h := range readHalves(in, len(by), false) {
		if h.hidden > 0 {
			suppressRow(t, h.hidden, h.labels...)
			continue
		}
		e, bad := inference.Wilson(h.with.n, h.n(), level)
		if bad != nil {
			return nil, bad
		}
		f.Rows = append(f.Rows, chart.ForestRow{Label: (&stratum{labels: h.labels}).name(by), Estimate: e.Value, Lower: e.Lower, Upper: e.Upper})
		t.Rows = append(t.Rows, append(slices.Clone(h.labels), h.n(), h.with.n, e.Value, e.Lower, e.Upper))
	}
	out := &Report{Title: "Proportions, " + percent(level) + " intervals by Wilson", Tables: []Named{{Name: "groups", Table: t}}}
	if len(f.Rows) > 0 {
		f.Reference = f.Rows[0].Estimate
		out.Figure = f
	}
	return out, nil
}

// apart asks for aggregates of each group, of the rows with the event and of those without as cells of their own: no
// number is of both. A number of all rows beside one of those with the event would give those without away, however few they
// are; and with a group key every cell's number of rows is released.
func (o *outcome) apart(c *Call, by, more []*charter.Column, aggregates ...string) string {
	needed := append(append(slices.Clone(o.columns), by...), more...)
	selected := append(keys(by), "("+o.event+") AS event")
	return "SELECT " + join(append(selected, aggregates...)) + c.From(known(needed...)...) + grouped(len(by)+1)
}

// side is a group's rows with the event, or those without.
type side struct {
	n   int64
	sum *big.Rat // of the column t, if there is one
}

// halves are both sides of a group.
type halves struct {
	labels     []result.Value
	with, rest side
	hidden     int // k, if a side is suppressed
}

func (h *halves) n() int64 { return h.with.n + h.rest.n }

// total is the sum over both sides, exactly.
func (h *halves) total() float64 { return float(new(big.Rat).Add(h.with.sum, h.rest.sum)) }

// readHalves puts the sides of each group together, in the order of the groups. A group without rows is left out.
func readHalves(in *Released, keys int, sum bool) []*halves {
	var out []*halves
	for r := range in.Len() {
		event, known := in.Value(r, "event").(bool)
		if !known {
			continue // the question leaves rows out whose event is unknown
		}
		shown := labels(in, r, keys)
		i := slices.IndexFunc(out, func(h *halves) bool { return slices.Equal(h.labels, shown) })
		if i < 0 {
			i = len(out)
			out = append(out, &halves{labels: shown, with: side{sum: new(big.Rat)}, rest: side{sum: new(big.Rat)}})
		}
		h := out[i]
		h.hidden = max(h.hidden, in.Hidden(r))
		s := &h.rest
		if event {
			s = &h.with
		}
		s.n = in.Count(r, "n")
		if sum {
			s.sum = in.Sum(r, "t")
		}
	}
	return slices.DeleteFunc(out, func(h *halves) bool { return h.hidden == 0 && h.n() == 0 })
}
