package benchmarks

import (
	"context"
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
	Program string // the tacit binary, for benchmarks over separate processes
	// Open makes the analyst of a profile.
	Open func(profile string) (analyst.Config, error)
	Say  func(format string, args ...any)
}

// Result of one benchmark. Correct is set after the answer was compared with the
// oracle; a result that is not correct has no metrics.
type Result struct {
	Name       string            `json:"name"`
	Correct    bool              `json:"correct"`
	Oracle     string            `json:"oracle"` // what the answer was compared with
	Parameters map[string]any    `json:"parameters"`
	Metrics    map[string]Metric `json:"metrics"`
}

// Metric summarises the repetitions of one figure.
type Metric struct {
	Unit   string  `json:"unit"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// Summarise returns the metric of at least one sample.
func Summarise(unit string, samples []float64) Metric {
	sorted := append([]float64(nil), samples...)
	sort.Float64s(sorted)
	n := len(sorted)
	return Metric{Unit: unit, Min: sorted[0], Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Max: sorted[n-1]}
}

// All lists the benchmarks in the order in which they are shown.
func All() []Benchmark {
	return []Benchmark{MaskedSum, GuardedRelease, Latency, SQLQ1, SQLQ6}
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
