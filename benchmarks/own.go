package benchmarks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/statistic"
)

// Own measures questions to a lab of the user's own tables. Each answer must be the one that is computed in the open from
// the files of all owners, with the same values suppressed. A question with noise has no such answer and is refused.
func Own(ctx context.Context, o Options, l *lab.Lab, questions []string) (*Result, error) {
	result := &Result{
		Name: "own", Oracle: "the answer over the pooled rows, with small groups suppressed",
		Parameters: map[string]any{"lab": l.Dir}, Metrics: map[string]Metric{},
	}
	f := figures{}
	err := l.Run(ctx, func(ctx context.Context, profile string) error {
		cfg, err := o.Open(profile)
		if err != nil {
			return err
		}
		open, err := pooled.Open(ctx, cfg.Bundle.Charter(), l.File)
		if err != nil {
			return err
		}
		defer open.Close()
		client, err := analyst.Open(cfg)
		if err != nil {
			return err
		}
		sp := &space{lab: l, client: client, spoil: o.spoil, charter: cfg.Bundle.Charter()}
		for i, sql := range questions {
			name := fmt.Sprintf("question %d", i+1)
			result.Parameters[name] = sql
			if err = sp.own(ctx, o, open, name, sql, f); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
				break
			}
		}
		if err == nil {
			var peaks map[string]float64
			peaks, err = sp.peaks(ctx)
			addPeaks(result.Metrics, peaks)
		}
		return errors.Join(err, client.Close())
	})
	if err != nil {
		return nil, err
	}
	result.Correct = true
	f.summarise("", result.Metrics)
	return result, nil
}

// ErrNoise says that a question cannot be measured, as no answer is right.
var ErrNoise = errors.New("its answer has noise: there is none over the pooled rows to compare it with")

// own measures one question; the first time validates the data and warms the caches.
func (sp *space) own(ctx context.Context, o Options, open *pooled.Space, name, sql string, f figures) error {
	draft, err := sp.client.Compile(sql)
	if err != nil {
		return err
	}
	if draft.Query.Plan.Privacy != nil {
		return ErrNoise
	}
	for run := range o.Runs + 1 {
		into := f
		if run == 0 {
			into = figures{}
		}
		if err := sp.ownOnce(ctx, open, name, sql, draft.Statistic != nil, into); err != nil {
			return err
		}
		o.Say("%s, run %d of %d", name, run, o.Runs)
	}
	return nil
}

func (sp *space) ownOnce(ctx context.Context, open *pooled.Space, name, sql string, isStatistic bool, f figures) error {
	begin := time.Now()
	var (
		report *statistic.Report
		table  *pooled.Answer
		err    error
	)
	if isStatistic {
		report, err = open.Statistic(ctx, sql, false)
	} else {
		table, err = open.Answer(ctx, sql)
	}
	if err != nil {
		return err
	}
	plain := time.Since(begin)
	before, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	rounds := 1
	begin = time.Now()
	answer, err := sp.client.Ask(ctx, sql, analyst.Options{OnRound: func(round, _ int) { rounds = max(rounds, round) }})
	if err != nil {
		return err
	}
	took := time.Since(begin)
	if isStatistic {
		if answer.Fault != nil {
			return answer.Fault
		}
		err = sameReport(answer.Report, report, sp.spoil)
	} else {
		err = sameTable(answer, table, sp.spoil)
	}
	if err != nil {
		return err
	}
	after, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	f.add(name, "s", took.Seconds())
	f.add(name+", in the open", "s", plain.Seconds())
	if isStatistic {
		f.add(name+", rounds", "rounds", float64(rounds))
	}
	after.since(before, name, f)
	return nil
}

// sameTable compares an answer with the one over the pooled rows.
func sameTable(answer *analyst.Answer, want *pooled.Answer, spoil bool) error {
	var text bytes.Buffer
	if err := answer.Table.WriteJSON(&text, nil); err != nil {
		return err
	}
	got, err := pooled.Decode(text.Bytes())
	if err != nil {
		return err
	}
	if spoil {
		want.Rows = append(want.Rows, nil)
	}
	if d := pooled.Difference(want, got, true, nil); d != "" {
		return errors.New("the answer differs from the pooled one: " + d)
	}
	return nil
}
