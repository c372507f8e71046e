//go:build unix

package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/benchmarks"
	"github.com/tacit-space/tacit/engine/analyst"
)

// TestWrongAnswersFail: with an oracle that is wrong, no benchmark reports anything.
func TestWrongAnswersFail(t *testing.T) {
	a := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, environ: os.Environ()}
	o := benchmarks.Options{
		Seed: 1, Runs: 1, Quick: true, Program: program(t), Say: t.Logf,
		Open: func(profile string) (analyst.Config, error) { return a.analystConfig(profile) },
	}.Spoiled()
	for _, b := range benchmarks.All() {
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
