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
	mustRun(t, tacit, append([]string{"lab", "init", dir, "--from", file, "--seed", fmt.Sprint(*seed)}, split...)...)
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
