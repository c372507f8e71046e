package examples

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/engine/lab"
	"github.com/tacit-space/tacit/engine/lab/draft"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/source"
)

var update = flag.Bool("update", false, "write the expected answers")

// TestExpectedAnswers: the expected answers are those over all owners' rows together,
// with what has too few privacy units suppressed. Nothing of the protocol takes part. The
// embedded engine, which knows nothing of suppression, is asked the same question as SQL over
// one table: without suppression the answers are equal.
func TestExpectedAnswers(t *testing.T) {
	for _, e := range All() {
		engine, err := source.Open(source.Config{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		rows := draft.EngineRows(engine)
		pool(t, e, rows)
		space := inTheOpen(t, e)
		questions, err := e.Questions()
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range questions {
			t.Run(e.Name+"/"+q.Name, func(t *testing.T) {
				if q.Text == "" || !strings.HasSuffix(q.Text, "?") {
					t.Errorf("the first line %q is no question", q.Text)
				}
				whole, err := space.Whole(t.Context(), q.SQL)
				if err != nil {
					t.Fatal(err)
				}
				asked, err := pooled.Ask(t.Context(), rows, q.SQL)
				if err != nil {
					t.Fatal(err)
				}
				if diff := pooled.Difference(asked, whole, true, nil); diff != "" {
					t.Errorf("with nothing suppressed: %s", diff)
				}
				expected(t, filepath.Join(e.Name, "expected", q.Name+".json"), space, q)
			})
		}
	}
}

// inTheOpen is the rows of an example's owners.
func inTheOpen(t *testing.T, e Example) *pooled.Space {
	t.Helper()
	dir := t.TempDir()
	if err := e.Extract(dir); err != nil {
		t.Fatal(err)
	}
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
	t.Cleanup(space.Close)
	return space
}

// expected compares a question's answer with the file, or writes it.
func expected(t *testing.T, file string, space *pooled.Space, q Question) {
	t.Helper()
	answer, err := space.Answer(t.Context(), q.SQL)
	if err != nil {
		t.Fatal(err)
	}
	text, err := answer.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(q.Expected), string(text)); diff != "" {
		t.Error(diff)
	}
}

// pool makes a view of all rows of each table, with the types of the charter where
// they matter to an answer, and the one function that the engine lacks.
func pool(t *testing.T, e Example, rows draft.Rows) {
	t.Helper()
	run := func(sql string) {
		if _, err := rows(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for table, types := range map[string]string{
		"health/cgd":     "{height: 'DECIMAL(4,1)', weight: 'DECIMAL(4,1)'}",
		"health/lung":    "{}",
		"energy/load":    "{mw: 'DECIMAL(7,1)'}",
		"energy/reading": "{kwh: 'DECIMAL(7,3)'}",
	} {
		example, name, _ := strings.Cut(table, "/")
		if example == e.Name {
			option := ", types = " + types
			if types == "{}" {
				option = ""
			}
			run(fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_csv('%s/owners/*/%s.csv', header = true%s)", name, e.Name, name, option))
		}
	}
	run(`CREATE MACRO width_bucket(x, lo, hi, n) AS CAST(CASE WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1
		ELSE floor((x - lo) * n / (hi - lo)) + 1 END AS INTEGER)`)
}

// TestOwnersFilesAreGenerated runs the programs that made the owners' files again.
func TestOwnersFilesAreGenerated(t *testing.T) {
	health, control, energy, gallery := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	run(t, t.Context(), "health", "go", "run", "./internal/split", health, control)
	run(t, t.Context(), "energy", "go", "run", "./internal/generate", energy)
	run(t, t.Context(), "gallery", "go", "run", "./internal/generate", gallery)
	for example, fresh := range map[string]string{"health": health, "control": control, "energy": energy, "gallery": gallery} {
		t.Run(example, func(t *testing.T) { sameTree(t, filepath.Join(example, "owners"), fresh) })
	}
}

func run(t *testing.T, ctx context.Context, dir, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// sameTree compares the files below two folders.
func sameTree(t *testing.T, want, got string) {
	t.Helper()
	a, b := tree(t, want), tree(t, got)
	delete(a, filepath.Join("west", "worker.yaml")) // the rules of an owner, not its data
	for path, text := range a {
		if b[path] != text {
			t.Errorf("%s is not what the program writes", path)
		}
		delete(b, path)
	}
	for path := range b {
		t.Errorf("%s is missing", path)
	}
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestExtract(t *testing.T) {
	for _, e := range All() {
		dir := t.TempDir()
		if err := e.Extract(dir); err != nil {
			t.Fatal(err)
		}
		sameTree(t, filepath.Join(e.Name, "owners"), filepath.Join(dir, "owners"))
		if _, err := os.Stat(filepath.Join(dir, "charter.yaml")); err != nil {
			t.Error(err)
		}
	}
}
