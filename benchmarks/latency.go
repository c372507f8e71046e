package benchmarks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// Latency is a small question to a running space of five owners, one at a time.
var Latency = Benchmark{
	Name:  "latency",
	About: "a small question to five workers on this machine, from SQL to table",
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

func runLatency(ctx context.Context, o Options) (*Result, error) {
	rows, questions := 10_000, 20*o.Runs
	if o.Quick {
		rows, questions = 100, 2
	}
	s := spec{charter: latencyCharter, table: "visits", owners: func(_ context.Context, dir string) ([]string, error) {
		return writeVisits(dir, o.Seed, 5, rows)
	}}
	var ask, plain []float64
	peaks, f := map[string]float64{}, figures{}
	err := withSpace(ctx, o, s, func(ctx context.Context, sp *space) error {
		for i := range questions + 1 {
			want, plainTook, err := sp.unprotected(ctx, latencySQL)
			if err != nil {
				return err
			}
			before, err := sp.usage(ctx)
			if err != nil {
				return err
			}
			got, took, err := sp.protected(ctx, latencySQL)
			if err != nil {
				return err
			}
			if err := check(got, want); err != nil {
				return fmt.Errorf("latency: %w", err)
			}
			after, err := sp.usage(ctx)
			if err != nil {
				return err
			}
			if i > 0 { // the first warms up
				ask, plain = append(ask, took.Seconds()*1000), append(plain, plainTook.Seconds()*1000)
				after.since(before, "question", f)
			}
		}
		o.Say("latency: %d questions", questions)
		var err error
		peaks, err = sp.peaks(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	metrics := map[string]Metric{"question": Summarise("ms", ask), "same query, pooled and unprotected": Summarise("ms", plain)}
	addPeaks(metrics, peaks)
	f.summarise("", metrics)
	return &Result{
		Name: "latency", Correct: true, Oracle: "the pooled query",
		Parameters: map[string]any{"owners": 5, "rows per owner": rows, "questions": questions, "sql": latencySQL},
		Metrics:    metrics,
	}, nil
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
