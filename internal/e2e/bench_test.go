//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every benchmark runs at its small size, finds its answer right and writes the
// report's JSON. Times are not looked at.
func TestBenchmarksWork(t *testing.T) {
	list, err := tacit(t, nil, "bench", "list", "--format", "json")
	if err != nil {
		t.Fatal(err)
	}
	var known []struct{ Name, About string }
	if err := json.Unmarshal([]byte(list), &known); err != nil || len(known) < 4 {
		t.Fatalf("%v: %s", err, list)
	}
	file := filepath.Join(t.TempDir(), "report.json")
	args := []string{"bench", "run", "--quick", "--runs", "2", "--json", file}
	for _, b := range known {
		args = append(args, b.Name)
	}
	out, err := tacit(t, nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Schema  string
		Machine struct{ CPU string }
		Results []struct {
			Name    string
			Correct bool
			Metrics map[string]struct {
				Unit             string
				Min, Median, Max float64
			}
		}
	}
	if err := json.Unmarshal(text, &report); err != nil || report.Schema != "tacit/bench/v1" || report.Machine.CPU == "" {
		t.Fatalf("%v: %s", err, text)
	}
	if len(report.Results) != len(known) {
		t.Fatalf("%d results of %d benchmarks", len(report.Results), len(known))
	}
	for _, r := range report.Results {
		if !r.Correct || len(r.Metrics) == 0 || !strings.Contains(out, r.Name) {
			t.Errorf("%s: %+v", r.Name, r)
		}
		for name, m := range r.Metrics {
			if m.Unit == "core-s" && m.Min == 0 { // less than a tick of the clock
				continue
			}
			if strings.HasSuffix(m.Unit, " per question") && m.Min <= m.Median && m.Median <= m.Max { // growth: best if there is none
				continue
			}
			if m.Unit == "" || m.Min <= 0 || m.Min > m.Median || m.Median > m.Max {
				t.Errorf("%s, %s: %+v", r.Name, name, m)
			}
		}
	}
}
