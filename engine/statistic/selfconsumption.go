package statistic

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/result"
)

func selfConsumption() *Statistic {
	return &Statistic{
		Name: "self_consumption", Aliases: []string{"self_sufficiency"},
		Synopsis: "self-consumption and self-sufficiency of a community: generation that is used in the interval in which it is made",
		Parameters: []Parameter{
			{Name: "generation", Kind: Column, Required: true, Place: 1, Help: "measure of energy that is generated"},
			{Name: "consumption", Kind: Column, Required: true, Place: 2, Help: "measure of energy that is used"},
			{Name: "time", Kind: Column, Required: true, Place: 3, Help: "time of the readings"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: communities by themselves, and then all together"},
			intervalParameter, where,
		},
		Example: "homes generated used ts --by village",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			q, f := newTwoSeries(c, "generation", "consumption")
			if f != nil {
				return nil, f
			}
			return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) { return q.finishBalance(q.read(in)) }}, nil
		},
	}
}

func (q *twoSeries) finishBalance(groups []*bothLoads) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), countColumn("intervals"), doubleColumn("generation"), doubleColumn("consumption"), doubleColumn("shared"),
		doubleColumn("self_consumption"), doubleColumn("self_sufficiency"), doubleColumn("import"), doubleColumn("export"), doubleColumn("peak_import"), doubleColumn("peak_export"))...)
	alone := new(big.Rat)
	all, notes, f := q.eachGroup(t, groups, func(g *bothLoads) ([]result.Value, *fault.Fault) {
		b, f := load.Balanced(&g.a, &g.b)
		if f != nil {
			return nil, f
		}
		alone.Add(alone, b.Shared)
		return []result.Value{
			int64(g.a.Len()), float(b.Generation), float(b.Consumption), float(b.Shared), orNone(b.SelfConsumption), orNone(b.SelfSufficiency),
			float(b.Import), float(b.Export), float(b.PeakImport), float(b.PeakExport),
		}, nil
	})
	if f != nil {
		return nil, f
	}
	r := &Report{Title: "Self-consumption of " + axis(q.a) + " by " + q.interval, Tables: []Named{{Name: "groups", Table: t}}, Notes: notes}
	if !all {
		return r, nil
	}
	together := whole(groups)
	if len(q.by) > 0 {
		b, f := load.Balanced(&together.a, &together.b)
		if f != nil {
			return nil, f
		}
		r.Add("self_consumption", "self-consumption of all together", orNone(b.SelfConsumption))
		r.Add("self_sufficiency", "self-sufficiency of all together", orNone(b.SelfSufficiency))
		r.Add("shared", "used at once by all together", float(b.Shared))
		r.Add("gain", "more than by the groups on their own", float(new(big.Rat).Sub(b.Shared, alone)))
	}
	r.Figure = &chart.Profile{
		Title: "Generation and consumption", XLabel: q.interval + " from " + instant(together.a.At[0]), YLabel: axis(q.a), Zero: true,
		Series: []chart.Series{lineOf("generation", together.a.Values), lineOf("consumption", together.b.Values)},
	}
	return r, nil
}

// orNone is nil for no number.
func orNone(x *big.Rat) result.Value {
	if x == nil {
		return nil
	}
	return float(x)
}
