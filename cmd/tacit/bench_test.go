//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/benchmarks"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/draft"
)

// TestWrongAnswersFail: with an oracle that is wrong, no benchmark reports anything.
func TestWrongAnswersFail(t *testing.T) {
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, environ: os.Environ()}
	o := benchmarks.Options{
		Seed: 1, Runs: 1, Quick: true, Program: program(t), Say: t.Logf,
		Open: func(profile string) (analyst.Config, error) { return a.analystConfig(profile) },
	}.Spoiled()
	l, err := lab.Open(ownLab(t))
	if err != nil {
		t.Fatal(err)
	}
	l.Program = o.Program
	own := benchmarks.Benchmark{Name: "own", Run: func(ctx context.Context, o benchmarks.Options) (*benchmarks.Result, error) {
		return benchmarks.Own(ctx, o, l, []string{"SELECT COUNT(*) AS n FROM lung"})
	}}
	for _, b := range append(benchmarks.All(), own) {
		t.Run(b.Name, func(t *testing.T) {
			result, err := b.Measure(t.Context(), o)
			if err == nil || result != nil {
				t.Fatalf("%v: %+v", err, result)
			}
			if !strings.Contains(err.Error(), "differ") && !strings.Contains(err.Error(), "the oracle has") {
				t.Errorf("it failed for another reason: %v", err)
			}
		})
	}
}

// ownLab makes a lab of an example's table.
func ownLab(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "lab")
	if _, err := lab.Init(t.Context(), dir, filepath.Join(examplesDir(), "health", "pooled", "lung.csv"), draft.Options{Owners: 3, MinCohort: 1}); err != nil {
		t.Fatal(err)
	}
	return dir
}
