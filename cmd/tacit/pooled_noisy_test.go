//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/pooled"
)

// TestNoisyAnswersBesideThePooledOnes: what a lab of separate processes answers with noise is what the declared noise makes of the
// pooled rows, bounded as owners bound them. A false alarm is one in 10^5 runs.
func TestNoisyAnswersBesideThePooledOnes(t *testing.T) {
	tacit := program(t)
	dir := filepath.Join(t.TempDir(), "lab")
	file := filepath.Join(examplesDir(), "health", "pooled", "lung.csv")
	mustRun(t, tacit, "lab", "init", dir, "--from", file, "--owners", "5", "--max-epsilon", "10", "--seed", "1")
	mustRun(t, tacit, "lab", "up", dir)
	t.Cleanup(func() { mustRun(t, tacit, "lab", "down", dir) })
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := l.Charter()
	if err != nil {
		t.Fatal(err)
	}
	space, err := pooled.Open(t.Context(), ch, l.File)
	if err != nil {
		t.Fatal(err)
	}
	defer space.Close()
	provenance := filepath.Join(dir, "provenance.json")
	for _, sql := range []string{
		"SELECT sex, COUNT(*) AS n, SUM(age) AS s, AVG(age) AS mean FROM lung GROUP BY sex WITH PRIVACY (epsilon 10)",
		"SELECT COUNT(*) AS n, STDDEV(age) AS sd, CORR(age, time) AS r FROM lung WHERE age > 50 WITH PRIVACY (epsilon 10)",
	} {
		code, out, stderr := inProcess(t, "--format", "json", "query", "--lab", dir, "--provenance", provenance, "--", sql)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		got, err := pooled.Decode(out)
		if err != nil {
			t.Fatal(err)
		}
		c, err := space.Noisy(t.Context(), sql, got, contributors(t, provenance), 5e-6)
		if err != nil {
			t.Fatal(err)
		}
		if c.Differs != "" || c.Cut || c.Compared == 0 {
			t.Errorf("%s\n%+v\ngot %v", sql, c, got.Rows)
		}
	}
}

// contributors are the owners whose data and noise are in an answer, by its provenance.
func contributors(t *testing.T, provenance string) []string {
	t.Helper()
	text, err := os.ReadFile(provenance)
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Participants []struct{ Member string } }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, one := range p.Participants {
		ids = append(ids, one.Member)
	}
	if len(ids) == 0 {
		t.Fatal("the answer names no contributors")
	}
	return ids
}
