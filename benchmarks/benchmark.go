package benchmarks

import (
	"context"
	"fmt"
	"sort"

	"github.com/tacit-space/tacit/engine/analyst"
)

// Benchmark is one thing that is measured.
type Benchmark struct {
	Name  string
	About string // one line
	Run   func(ctx context.Context, o Options) (*Result, error)
}

// Options of a run.
type Options struct {
	Seed    uint64
	Runs    int    // repetitions, at least 1
	Quick   bool   // small sizes: checks that the benchmark works, its times mean nothing
	Full    bool   // full sizes, where the usual ones are smaller
	Program string // the tacit binary, for benchmarks over separate processes
	// Open makes the analyst of a profile.
	Open func(profile string) (analyst.Config, error)
	Say  func(format string, args ...any)

	spoil bool // in tests: the oracle is wrong
}

// Result of one benchmark. Correct is set after the answer was compared with the
// oracle; a result that is not correct has no metrics.
type Result struct {
	Name       string            `json:"name"`
	Correct    bool              `json:"correct"`
	Oracle     string            `json:"oracle"` // what the answer was compared with
	Parameters map[string]any    `json:"parameters"`
	Metrics    map[string]Metric `json:"metrics"`
	Curves     []Curve           `json:"curves,omitempty"`
}

// Metric summarises the repetitions of one figure.
type Metric struct {
	Unit   string  `json:"unit"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
	// Samples are the repetitions in their order, for [Compare].
	Samples []float64 `json:"samples,omitempty"`
}

// Summarise returns the metric of at least one sample.
func Summarise(unit string, samples []float64) Metric {
	sorted := append([]float64(nil), samples...)
	sort.Float64s(sorted)
	n := len(sorted)
	return Metric{Unit: unit, Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1], Samples: samples}
}

// Measure runs a benchmark. A result that was not compared with an oracle, or has no figure, is an error.
func (b Benchmark) Measure(ctx context.Context, o Options) (*Result, error) {
	result, err := b.Run(ctx, o)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", b.Name, err)
	case !result.Correct || result.Oracle == "":
		return nil, fmt.Errorf("%s: its answer was not compared with an oracle", b.Name)
	case len(result.Metrics) == 0:
		return nil, fmt.Errorf("%s: it measured nothing", b.Name)
	}
	return result, nil
}

// All lists the benchmarks in the order in which they are shown.
func All() []Benchmark {
	return []Benchmark{
		Primitives, MaskedSum, GuardedRelease, Latency, Network, Throughput, IdleWorkers, SQLQ1, SQLQ6, SQLJoin, Survival, Regression,
		ScalingRows, ScalingOwners, ScalingCells, ScalingJobs,
	}
}

// Find returns the benchmark of a name.
func Find(name string) (Benchmark, bool) {
	for _, b := range All() {
		if b.Name == name {
			return b, true
		}
	}
	return Benchmark{}, false
}
