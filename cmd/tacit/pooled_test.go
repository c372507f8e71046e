//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/lab/draft"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/query/querygen"
	"github.com/tacit-space/tacit/engine/source"
)

var (
	seed    = flag.Uint64("seed", 1, "seed of the random tables and questions")
	queries = flag.Int("queries", 20, "random questions for each table")
	guarded = flag.Int("guarded", 8, "random questions for each small table with suppression")
)

// TestAnswersEqualThePooledOnes: over any CSV, split over 3 to 20 owners, a lab
// answers random questions as DuckDB does over the one file.
func TestAnswersEqualThePooledOnes(t *testing.T) {
	t.Logf("seed %d, %d questions for each table", *seed, *queries)
	tacit := program(t)
	random := rand.New(rand.NewPCG(*seed, 3))
	made := filepath.Join(t.TempDir(), "made.csv")
	if err := os.WriteFile(made, randomCSV(random, 300), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file  string
		split []string
	}{
		{filepath.Join(examplesDir(), "health", "pooled", "lung.csv"), []string{"--owners", "3"}},
		{filepath.Join(examplesDir(), "health", "pooled", "cgd.csv"), []string{"--by", "center", "--unit", "id"}},
		{made, []string{"--owners", strconv.Itoa(4 + random.IntN(17))}},
	} {
		name := filepath.Base(c.file) + strings.Join(c.split, "")
		t.Run(name, func(t *testing.T) { answersEqual(t, tacit, c.file, c.split) })
	}
}

func answersEqual(t *testing.T, tacit, file string, split []string) {
	dir := filepath.Join(t.TempDir(), "lab")
	mustRun(t, tacit, append([]string{"lab", "init", dir, "--from", file, "--seed", fmt.Sprint(*seed), "--min-cohort", "1"}, split...)...)
	mustRun(t, tacit, "lab", "up", dir)
	t.Cleanup(func() { mustRun(t, tacit, "lab", "down", dir) })
	bundle, err := charter.ReadBundle(filepath.Join(dir, ".lab", "space.json"))
	if err != nil {
		t.Fatal(err)
	}
	oracle := poolFile(t, file, bundle.Charter().Tables[0])
	questions := querygen.New(*seed, bundle.Charter())
	answered := 0
	for range *queries {
		q := questions.Next()
		code, out, stderr := inProcess(t, "--format", "json", "query", "--lab", dir, "--", q.Tacit)
		if code == exitRefused {
			t.Logf("refused: %s%s", stderr, q.Tacit)
			continue
		}
		if code != exitOK {
			t.Fatalf("exit code %d: %s%s", code, stderr, q.Tacit)
		}
		answered++
		got, err := pooled.Decode(out)
		if err != nil {
			t.Fatal(err)
		}
		want, err := pooled.Ask(t.Context(), oracle, q.DuckDB)
		if err != nil {
			t.Fatalf("%v\n%s", err, q.DuckDB)
		}
		if diff := pooled.Difference(want, got, q.Ordered, bounds(t, out)); diff != "" {
			t.Errorf("%s\n%s\n%s", diff, q.Tacit, q.DuckDB)
		}
	}
	if answered < *queries*3/4 {
		t.Errorf("only %d of %d questions were answered", answered, *queries)
	}
}

// TestGuardedAnswersEqualThePooledOnes: the same, with small cells suppressed. Every number
// with k units behind it is that of DuckDB over the one file, every other one is
// marked with its k. Units are counted by DuckDB too.
func TestGuardedAnswersEqualThePooledOnes(t *testing.T) {
	t.Logf("seed %d, %d questions for each small table", *seed, *guarded)
	tacit := program(t)
	random := rand.New(rand.NewPCG(*seed, 4))
	made := filepath.Join(t.TempDir(), "made.csv")
	if err := os.WriteFile(made, randomCSV(random, 300), 0o600); err != nil {
		t.Fatal(err)
	}
	health := filepath.Join(examplesDir(), "health", "pooled")
	total := guardedCount{}
	for _, c := range []struct {
		file    string
		k, own  int // of the table, and of its first measure; 0: as the table
		split   []string
		queries int
	}{
		{filepath.Join(health, "lung.csv"), 10, 0, []string{"--owners", "3"}, *guarded},
		{filepath.Join(health, "cgd.csv"), 5, 0, []string{"--by", "center", "--unit", "id"}, *guarded / 2},
		{made, 2, 20, []string{"--owners", strconv.Itoa(3 + random.IntN(4)), "--unit", "key"}, *guarded},
		{made, 1, 10, []string{"--owners", "3"}, *guarded / 2},
		{made, 20, 0, []string{"--owners", "20"}, *guarded / 8},
	} {
		name := fmt.Sprintf("%s%s,k=%d", filepath.Base(c.file), strings.Join(c.split, ""), c.k)
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "lab")
			mustRun(t, tacit, append([]string{"lab", "init", dir, "--from", c.file, "--seed", fmt.Sprint(*seed), "--min-cohort", strconv.Itoa(c.k)}, c.split...)...)
			if c.own > 0 {
				raiseCohort(t, filepath.Join(dir, "charter.yaml"), c.own)
			}
			mustRun(t, tacit, "lab", "up", dir)
			t.Cleanup(func() { mustRun(t, tacit, "lab", "down", dir) })
			bundle, err := charter.ReadBundle(filepath.Join(dir, ".lab", "space.json"))
			if err != nil {
				t.Fatal(err)
			}
			oracle := poolFile(t, c.file, bundle.Charter().Tables[0])
			questions := querygen.NewGuarded(*seed, bundle.Charter())
			for range c.queries {
				guardedEqual(t, dir, oracle, questions.NextGuarded(), &total)
			}
		})
	}
	t.Logf("%+v", total)
	if *guarded >= 8 && (total.refused > total.asked/3 || min(total.released, total.suppressed) < 20 || total.empty == 0) {
		t.Error("the questions do not meet every case")
	}
}

// guardedCount makes sure that the questions meet every case.
type guardedCount struct{ asked, refused, released, suppressed, empty int }

// raiseCohort gives the first measure of a charter a cohort of its own.
func raiseCohort(t *testing.T, file string, k int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), "role: measure\n")
	if !found {
		t.Fatalf("no measure in %s", text)
	}
	changed := fmt.Sprintf("%srole: measure\n        min_cohort: %d\n%s", before, k, after)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// guardedEqual asks a question of the lab at dir and compares.
func guardedEqual(t *testing.T, dir string, oracle draft.Rows, q querygen.Guarded, total *guardedCount) {
	t.Helper()
	total.asked++
	code, out, stderr := inProcess(t, "--format", "json", "query", "--lab", dir, "--", q.Tacit)
	if code == exitRefused {
		total.refused++
		t.Logf("refused: %s%s", stderr, q.Tacit)
		return
	}
	if code != exitOK {
		t.Fatalf("exit code %d: %s%s", code, stderr, q.Tacit)
	}
	got, err := pooled.Decode(out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := pooled.Ask(t.Context(), oracle, q.DuckDB)
	if err != nil {
		t.Fatalf("%v\n%s", err, q.DuckDB)
	}
	suppress(t, oracle, q, want, total)
	dropEmpty(got, want, q, total)
	if diff := pooled.Difference(want, got, false, bounds(t, out)); diff != "" {
		t.Errorf("%s\n%s\nunits %s", diff, q.Tacit, q.Units)
	}
}

// suppress puts what is to be shown of small numbers into the pooled answer. A group of
// which nobody may know that it has rows stays: it is shown like one without.
func suppress(t *testing.T, oracle draft.Rows, q querygen.Guarded, want *pooled.Answer, total *guardedCount) {
	t.Helper()
	list, _, _ := strings.Cut(strings.TrimPrefix(q.DuckDB, "SELECT "), q.From)
	units, err := pooled.Ask(t.Context(), oracle, "SELECT "+list+", "+strings.Join(q.Units, ", ")+q.From)
	if err != nil {
		t.Fatalf("%v\n%s", err, q.Units)
	}
	of := map[string][]any{}
	for _, row := range units.Rows {
		of[fmt.Sprint(row[:q.Keys])] = row[q.Keys+len(q.Units):]
	}
	for _, row := range want.Rows {
		behind := of[fmt.Sprint(row[:q.Keys])]
		for i, k := range q.K {
			n, err := strconv.Atoi(fmt.Sprint(behind[i]))
			if err != nil {
				t.Fatal(err)
			}
			if n < k && k > 1 {
				row[q.Keys+i] = pooled.Below(k)
				total.suppressed++
			} else {
				total.released++
			}
		}
	}
}

// dropEmpty takes groups out of an answer that no row is in, as long as nothing of them is
// shown.
func dropEmpty(got, want *pooled.Answer, q querygen.Guarded, total *guardedCount) {
	known := map[string]bool{}
	for _, row := range want.Rows {
		known[fmt.Sprint(row[:q.Keys])] = true
	}
	got.Rows = slices.DeleteFunc(got.Rows, func(row []any) bool {
		if known[fmt.Sprint(row[:q.Keys])] {
			return false
		}
		for i, k := range q.K {
			if row[q.Keys+i] != pooled.Below(k) {
				return false
			}
		}
		total.empty++
		return true
	})
}

// poolFile is the whole file, read by the embedded engine with the types of the charter.
func poolFile(t *testing.T, file string, table charter.Table) draft.Rows {
	t.Helper()
	engine, err := source.Open(source.Config{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	if err := engine.AddTable(t.Context(), source.Mapping{Files: []string{file}}, table); err != nil {
		t.Fatal(err)
	}
	return draft.EngineRows(engine)
}

// inProcess runs a command line as main does, in this process.
func inProcess(t *testing.T, args ...string) (code int, out []byte, stderr string) {
	t.Helper()
	var stdout, errs bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &stdout, err: &errs, environ: os.Environ()}
	code = a.run(t.Context(), args)
	return code, stdout.Bytes(), errs.String()
}

var within = regexp.MustCompile(`^within ([-+.0-9e]+)`)

// rough is the error that is admitted for a column whose note says that it was
// computed after rounding, without saying how far it is off: the table below has
// resolutions of 1e-8, and values below 1e4.
const rough = 1e-4

// bounds are the errors that the notes of an answer's columns admit.
func bounds(t *testing.T, answer []byte) map[int]float64 {
	t.Helper()
	var notes struct{ Columns []struct{ Note string } }
	if err := json.Unmarshal(answer, &notes); err != nil {
		t.Fatal(err)
	}
	out := map[int]float64{}
	for i, c := range notes.Columns {
		if m := within.FindStringSubmatch(c.Note); m != nil {
			bound, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			out[i] = bound
		} else if c.Note != "" {
			out[i] = rough
		}
	}
	return out
}

// randomCSV is a table of every type that a CSV file can have, with missing values,
// awkward names and awkward values.
func randomCSV(r *rand.Rand, rows int) []byte {
	var b strings.Builder
	b.WriteString("key,\"a group\",Größe,when,day,yes,count,tiny,wild\n")
	field := func(text string) string {
		if r.IntN(12) == 0 {
			return ""
		}
		return text
	}
	groups := []string{`"x, y"`, `"say ""so"""`, "Ærø", "plain", "it's"}
	for i := range rows {
		fields := []string{
			strconv.Itoa(1000 + i),
			field(groups[r.IntN(len(groups))]),
			field(fmt.Sprintf("%.2f", r.NormFloat64()*1000)),
			field(fmt.Sprintf("2023-%02d-%02d %02d:%02d:%02d", 1+r.IntN(4), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))),
			field(fmt.Sprintf("20%02d-%02d-%02d", 20+r.IntN(3), 1+r.IntN(12), 1+r.IntN(28))),
			field(strconv.FormatBool(r.IntN(2) == 0)),
			field(strconv.Itoa(r.IntN(2_000_000_000) - 1_000_000_000)),
			field(fmt.Sprintf("%.9f", r.Float64())),
			field(fmt.Sprintf("%.12f", r.ExpFloat64())),
		}
		b.WriteString(strings.Join(fields, ",") + "\n")
	}
	return []byte(b.String())
}
