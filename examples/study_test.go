package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExpectedStudies: the expected answers of the studies are those over all owners' rows together, suppressed where too few
// stand behind a number. Nothing of the protocol takes part. Each names on its second line what was asked.
func TestExpectedStudies(t *testing.T) {
	for _, e := range All() {
		files, err := filepath.Glob(filepath.Join(e.Name, "expected", "study", "*.txt"))
		if err != nil || len(files) == 0 {
			t.Fatal("no answers: ", err)
		}
		script, err := os.ReadFile(filepath.Join(e.Name, "study.sh"))
		if err != nil {
			t.Fatal(err)
		}
		if asked := strings.Count(string(script), "\nask "); asked != len(files) {
			t.Errorf("%s: %d questions, %d expected answers", e.Name, asked, len(files))
		}
		space := inTheOpen(t, e)
		for _, file := range files {
			t.Run(e.Name+"/"+filepath.Base(file), func(t *testing.T) {
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				lines := strings.SplitN(string(want), "\n", 3)
				r, err := space.Statistic(t.Context(), lines[1], false)
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if err := r.WriteText(&got); err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("in the open:\n%s\nexpected:\n%s", &got, want)
				}
			})
		}
	}
}
