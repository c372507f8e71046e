package benchmarks

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// ScalingJobs asks several questions at once.
var ScalingJobs = Benchmark{
	Name:  "scaling-jobs",
	About: "small questions to five owners, masked and guarded, more and more at once: how many a minute, how long each takes",
	Run:   runScalingJobs,
}

// jobSizes returns how many questions are under way at once, and how many each of these asks.
func (o Options) jobSizes() (atOnce []int, each, rows int) {
	switch {
	case o.Quick:
		return []int{1, 2}, 1, 200
	case o.Full:
		return []int{1, 2, 4, 8, 16}, 20, 10_000
	default:
		return []int{1, 2, 4, 8}, 4, 10_000
	}
}

func runScalingJobs(ctx context.Context, o Options) (*Result, error) {
	const owners = 5
	sizes, each, rows := o.jobSizes()
	s := &scaling{over: "at once", sizes: sizes, figures: figures{}}
	var m mapping
	lab := spec{charter: visitsCharter(owners), table: "visits", owners: func(_ context.Context, dir string) (files []string, err error) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		m, files, err = o.visits(dir, owners, rows)
		return files, err
	}}
	err := withSpace(ctx, o, lab, func(ctx context.Context, sp *space) error {
		questions, err := sp.knowVisits(ctx, o, m)
		if err != nil {
			return err
		}
		for run := range o.Runs {
			for _, n := range sizes {
				o.Say("scaling-jobs: %d at once, run %d of %d", n, run+1, o.Runs)
				for _, k := range questions {
					if err := k.atOnce(ctx, sp, s, n, each); err != nil {
						return fmt.Errorf("%d at once: %w", n, err)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.result("scaling-jobs", "the pooled query, and the open sums with small groups suppressed, for every question",
		map[string]any{"owners": owners, "rows of an owner": rows, "min_cohort of guarded questions": cohort, "sql": latencySQL},
		s.curve("Rate over questions at once", "questions at once", "questions a minute", maskedLine+", rate", guardedLine+", rate"),
		s.curve("Time of a question over questions at once", "questions at once", "s", maskedLine, guardedLine)), nil
}

// atOnce lets n askers ask one after the other, so often each, and adds the time of each question and the rate of all.
func (k *known) atOnce(ctx context.Context, sp *space, s *scaling, n, each int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	took := make([][]float64, n)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range n {
		wg.Go(func() {
			for range each {
				d, err := k.ask(ctx, sp)
				if err != nil {
					cancel(err)
					return
				}
				took[i] = append(took[i], d.Seconds())
			}
		})
	}
	wg.Wait()
	all := time.Since(begin)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, times := range took {
		s.add(k.name, "s", n, times...)
	}
	s.add(k.name+", rate", "1/min", n, float64(n*each)/all.Minutes())
	return nil
}
