package statistic

import (
	"fmt"

	"github.com/tacit-space/tacit/engine/chart"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/load"
	"github.com/tacit-space/tacit/engine/result"
)

func forecastError() *Statistic {
	return &Statistic{
		Name: "forecast_error", Aliases: []string{"mape"},
		Synopsis: "how far a forecast of interval sums is from what came: bias, MAE, RMSE, MAPE, CV(RMSE), by group",
		Parameters: []Parameter{
			{Name: "actual", Kind: Column, Required: true, Place: 1, Help: "measure of what came"},
			{Name: "forecast", Kind: Column, Required: true, Place: 2, Help: "measure of what was forecast"},
			{Name: "time", Kind: Column, Required: true, Place: 3, Help: "time of the readings"},
			{Name: "by", Kind: Columns, Help: "categories, separated by commas: groups by themselves, and then all together"},
			intervalParameter, where,
		},
		Example: "homes used forecast ts --by village",
		Prepare: func(c *Call) (*Prepared, *fault.Fault) {
			q, f := newTwoSeries(c, "actual", "forecast")
			if f != nil {
				return nil, f
			}
			return &Prepared{SQL: q.sql(c), Finish: func(in *Released) (*Report, *fault.Fault) { return q.finishForecast(q.read(in)) }}, nil
		},
	}
}

func (q *twoSeries) finishForecast(groups []*bothLoads) (*Report, *fault.Fault) {
	t := newTable(append(groupColumns(q.by), countColumn("intervals"), doubleColumn("mean"), doubleColumn("bias"), doubleColumn("mae"), doubleColumn("rmse"),
		doubleColumn("nmbe"), doubleColumn("cv_rmse"), doubleColumn("mape"), doubleColumn("worst"), textColumn("at"))...)
	all, notes, f := q.eachGroup(t, groups, func(g *bothLoads) ([]result.Value, *fault.Fault) { return q.accuracy(g) })
	if f != nil {
		return nil, f
	}
	r := &Report{Title: "Forecast " + axis(q.b) + " against " + axis(q.a) + " by " + q.interval, Tables: []Named{{Name: "groups", Table: t}}, Notes: notes}
	if !all {
		return r, nil
	}
	together := whole(groups)
	if len(q.by) > 0 {
		a, f := load.Assess(&together.a, &together.b)
		if f != nil {
			return nil, f
		}
		for _, s := range []Scalar{
			{"bias", "mean error of all together", a.Bias},
			{"mae", "mean absolute error", a.MAE},
			{"rmse", "root of the mean squared error", a.RMSE},
			{"cv_rmse", "over the mean (CV(RMSE))", a.CVRMSE},
			{"mape", "mean absolute percentage error", finite(a.MAPE)},
		} {
			r.Add(s.Name, s.Label, s.Value)
		}
	}
	r.Figure = &chart.Profile{
		Title: "Forecast and what came", XLabel: q.interval + " from " + instant(together.a.At[0]), YLabel: axis(q.a), Zero: true,
		Series: []chart.Series{lineOf("came", together.a.Values), lineOf("forecast", together.b.Values)},
	}
	for _, g := range append(groups, together) {
		if a, f := load.Assess(&g.a, &g.b); f == nil && a.Skipped > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%d of %d intervals have nothing that came and are in no percentage error", a.Skipped, a.Intervals))
			break
		}
	}
	return r, nil
}

func (q *twoSeries) accuracy(g *bothLoads) ([]result.Value, *fault.Fault) {
	a, f := load.Assess(&g.a, &g.b)
	if f != nil {
		return nil, f
	}
	return []result.Value{
		int64(a.Intervals), float(g.a.Mean()), a.Bias, a.MAE, a.RMSE, a.NMBE, a.CVRMSE, finite(a.MAPE), a.Worst, instant(g.a.At[a.At]),
	}, nil
}
