package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Latency is a small question to a running space of five owners, one at a time.
var Latency = Benchmark{
	Name:  "latency",
	About: "a small question to five workers on this machine, masked and guarded, from SQL to table, by stage",
	Run:   runLatency,
}

const latencyCharter = `tacit: charter/v1
space: bench
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 4, tolerated_corruption: 1}
tables:
  - name: visits
    min_cohort: 1
    max_rows: 100000
    columns:
      - {name: ward, type: text, role: category, domain: [a, b, c, d]}
      - {name: cost, type: "decimal(9,2)", role: measure, range: ["0", "100000"]}
`

const latencySQL = "SELECT ward, COUNT(*) AS n, SUM(cost) AS total, AVG(cost) AS mean FROM visits GROUP BY ward ORDER BY ward"

// latencyQuestion is a kind of small question. Guarded ones wait until keys are there.
type latencyQuestion struct {
	name   string // of its figures
	cohort int
	rounds int
	times  int // asked so often in each run
}

var latencyQuestions = []latencyQuestion{
	{"question", 1, roundsMasked, 20},
	{"guarded question, keys ahead", 10, roundsGuarded, 4},
}

func runLatency(ctx context.Context, o Options) (*Result, error) {
	rows := 10_000
	if o.Quick {
		rows = 100
	}
	result := &Result{
		Name: "latency", Correct: true, Oracle: "the pooled query",
		Parameters: map[string]any{"owners": 5, "rows per owner": rows, "sql": latencySQL},
		Metrics:    map[string]Metric{},
	}
	f := figures{}
	for _, q := range latencyQuestions {
		if err := q.run(ctx, o, rows, f, result); err != nil {
			return nil, fmt.Errorf("latency, %s: %w", q.name, err)
		}
	}
	f.summarise("", result.Metrics)
	return result, nil
}

// run asks one kind in a space of its own.
func (q latencyQuestion) run(ctx context.Context, o Options, rows int, f figures, result *Result) error {
	questions := q.times * o.Runs
	if o.Quick {
		questions = 2
	}
	result.Parameters[q.name+", times"] = questions
	s := spec{charter: smallCharter(q.cohort), table: "visits", owners: func(_ context.Context, dir string) ([]string, error) {
		return writeVisits(dir, o.Seed, 5, rows)
	}}
	return withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		for i := range questions + 1 {
			if q.cohort > 1 {
				if err := sp.awaitKeys(ctx, i+keysAhead); err != nil {
					return err
				}
			}
			into := f
			if i == 0 { // the first warms up
				into = figures{}
			}
			if err := q.once(ctx, o, sp, into); err != nil {
				return err
			}
		}
		o.Say("latency, %s: %d times", q.name, questions)
		f.add(q.name+": rounds", "rounds", float64(q.rounds))
		peaks, err := sp.peaks(ctx)
		for kind, mb := range peaks {
			f.add(q.name+": peak memory, largest "+kind, "MB", mb)
		}
		return err
	})
}

// once asks, compares with the pooled query, and adds the times.
func (q latencyQuestion) once(ctx context.Context, o Options, sp *space, f figures) error {
	want, plain, err := sp.unprotected(ctx, latencySQL)
	if err != nil {
		return err
	}
	if o.spoil {
		want[0][1] += "0"
	}
	before, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	t, err := sp.trace(ctx, latencySQL)
	if err != nil {
		return err
	}
	if err := check(t.rows, want); err != nil {
		return fmt.Errorf("the answer differs: %w", err)
	}
	if q.cohort > 1 && t.keys {
		return errors.New("its keys were not made ahead")
	}
	after, err := sp.usage(ctx)
	if err != nil {
		return err
	}
	f.add(q.name, "ms", t.took.Seconds()*1000)
	f.add(q.name+": same query, pooled and unprotected", "ms", plain.Seconds()*1000)
	for _, s := range t.stages {
		f.add(q.name+": stage "+s.name, "ms", s.took.Seconds()*1000)
		f.add(q.name+": share of stage "+s.name, "%", 100*s.took.Seconds()/t.took.Seconds())
	}
	after.since(before, q.name, f)
	return nil
}

func addPeaks(metrics map[string]Metric, peaks map[string]float64) {
	for kind, mb := range peaks {
		metrics["peak memory, largest "+kind] = Summarise("MB", []float64{mb})
	}
}

func writeVisits(dir string, seed uint64, owners, rows int) ([]string, error) {
	var files []string
	for owner := range owners {
		g := rand.New(rand.NewPCG(seed, uint64(owner)))
		var b strings.Builder
		b.WriteString("ward,cost\n")
		for range rows {
			fmt.Fprintf(&b, "%c,%d.%02d\n", 'a'+rune(g.IntN(4)), g.IntN(100_000), g.IntN(100))
		}
		folder := filepath.Join(dir, fmt.Sprintf("owner-%d", owner+1))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		files = append(files, filepath.Join(folder, "visits.csv"))
		if err := os.WriteFile(files[owner], []byte(b.String()), 0o600); err != nil {
			return nil, err
		}
	}
	return files, nil
}
