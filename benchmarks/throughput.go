package benchmarks

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Throughput is small questions to a running space of five owners, several at once.
var Throughput = Benchmark{
	Name:  "throughput",
	About: "small questions a minute to five workers on this machine, with 1, 2, 4 and 8 at once; then 200 a minute, and what grows",
	Run:   runThroughput,
}

// atOnce are the numbers of questions that are under way at once.
var atOnce = []int{1, 2, 4, 8}

// throughputSize returns the rows of each owner and the questions of each run.
func (o Options) throughputSize() (rows, questions int) {
	switch {
	case o.Quick:
		return 100, 8
	case o.Full:
		return 10_000, 500
	default:
		return 10_000, 40
	}
}

func runThroughput(ctx context.Context, o Options) (*Result, error) {
	rows, questions := o.throughputSize()
	s := spec{charter: latencyCharter, table: "visits", owners: func(_ context.Context, dir string) ([]string, error) {
		return writeVisits(dir, o.Seed, 5, rows)
	}}
	f := figures{}
	err := withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		want, _, err := sp.unprotected(ctx, latencySQL)
		if err != nil {
			return err
		}
		if o.spoil {
			want[0][1] += "0"
		}
		first, err := sp.peaks(ctx)
		for run := range o.Runs {
			for _, n := range atOnce {
				if err == nil {
					err = manyAtOnce(ctx, sp, n, questions, want, f)
				}
			}
			if err != nil {
				return err
			}
			o.Say("throughput, run %d of %d", run+1, o.Runs)
		}
		if err := sustained(ctx, o, sp, want, f); err != nil {
			return err
		}
		last, err := sp.peaks(ctx)
		for kind, mb := range first {
			f.add("peak memory, largest "+kind+", before the first question", "MB", mb)
			f.add("peak memory, largest "+kind+", after the last", "MB", last[kind])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	result := &Result{
		Name: "throughput", Correct: true, Oracle: "the pooled query, for every question",
		Parameters: map[string]any{"owners": 5, "rows per owner": rows, "questions of a run": questions, "sustained, questions a minute": sustainedRate, "sql": latencySQL},
		Metrics:    map[string]Metric{}, Curves: []Curve{{Title: "Throughput", XLabel: "questions at once", YLabel: "questions a minute"}},
	}
	f.summarise("", result.Metrics)
	var y []float64
	c := &result.Curves[0]
	for _, n := range atOnce {
		c.X = append(c.X, float64(n))
		y = append(y, result.Metrics[rateOf(n)].Median)
	}
	c.Lines = []Line{line("questions a minute", c.X, y)}
	return result, nil
}

func rateOf(n int) string { return fmt.Sprintf("questions, %d at once", n) }

// manyAtOnce asks so many questions, n at once, and checks each answer.
func manyAtOnce(ctx context.Context, sp *space, n, questions int, want [][]string, f figures) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan struct{}, questions)
	for range questions {
		next <- struct{}{}
	}
	close(next)
	var wg sync.WaitGroup
	begin := time.Now()
	for range n {
		wg.Go(func() {
			for range next {
				if ctx.Err() != nil {
					return
				}
				got, _, err := sp.protected(ctx, latencySQL)
				if err == nil {
					err = check(got, want)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%d at once: %w", n, err)
	}
	f.add(rateOf(n), "1/min", float64(questions)/took.Minutes())
	return nil
}
