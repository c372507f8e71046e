package benchmarks

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBaseline: the committed baseline can be read, says where it comes from and that its answers were right, and has the
// figures that a run today has. Times are not looked at.
func TestBaseline(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("baseline", "baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	old, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if old.Quick || old.Runs < 4 || old.Machine.CPU == "" || old.Started.IsZero() || old.Seed == 0 {
		t.Errorf("%+v", old)
	}
	for _, r := range old.Results {
		if _, known := Find(r.Name); !known || !r.Correct || r.Oracle == "" || len(r.Metrics) == 0 {
			t.Errorf("%s: no result of a benchmark", r.Name)
		}
		for name, m := range r.Metrics {
			if m.Unit == "" || m.Min > m.Median || m.Median > m.Max || len(m.Samples) == 0 {
				t.Errorf("%s, %s: %+v", r.Name, name, m)
			}
		}
	}
	result, err := Primitives.Measure(t.Context(), Options{Seed: 1, Runs: 2, Quick: true, Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	latest := &Report{Schema: Schema, Machine: ThisMachine(), Seed: 1, Runs: 2, Quick: true, Results: []*Result{result}}
	c, err := Compare(old, latest)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Changes) != len(result.Metrics) {
		t.Errorf("%d of %d figures are in the baseline: run make bench-baseline", len(c.Changes), len(result.Metrics))
	}
}
