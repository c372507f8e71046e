//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/lab"
)

// In it a model may be fitted by rounds.
const studyCharterText = `tacit: charter/v1
space: e2e
version: 1
amend: {rule: unanimous}
rules: {min_contributors: 4, tolerated_corruption: 1}
tables:
  - name: t
    min_cohort: 1
    max_rows: 10
    model_rounds: 25
    columns:
      - {name: y, type: integer, role: measure, nullable: false, range: ["0", "1"]}
      - {name: x, type: integer, role: measure, nullable: false, range: ["-1000000000000", "1000000000000"]}
`

// plantedStudy are values of x of each owner: of a row with the outcome 1 and of one with 0.
var plantedStudy = [owners][2]int64{
	{712_345_671_239, -612_345_679_871},
	{-534_567_893_417, 323_456_791_573},
	{123_456_787_691, 876_543_217_043},
	{998_765_431_207, -787_654_321_089},
	{-245_678_913_377, 143_256_789_419},
}

// TestStudyLeavesNothingAtTheCoordinator plants values at the owners and looks for them, for each owner's unweighted sum of a model and for that of
// all, in the coordinator's memory through all rounds of a logistic model, in its store and in its log. The same search finds
// values in the memory of their worker, and of no other owner.
func TestStudyLeavesNothingAtTheCoordinator(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "charter.yaml"), studyCharterText)
	wanted, total := map[string]int64{}, int64(0)
	for i, v := range plantedStudy {
		write(t, filepath.Join(dir, "owners", owner(i), "t.csv"), fmt.Sprintf("y,x\n1,%d\n0,%d\n", v[0], v[1]))
		wanted["value with the outcome of "+owner(i)], wanted["value of "+owner(i)] = v[0], v[1]
		total += v[0]
	}
	wanted["sum of all"] = total // X'y, which the analyst sees
	s := up(t, dir, [owners][2]int64{}, false)
	coordinator, worker := s.pid(lab.CoordinatorID), s.pid(owner(0))
	inWorker := map[string]bool{}
	text := s.study(func() {
		for what := range search(memory(t, coordinator), wanted) {
			t.Errorf("the coordinator's memory has the %s", what)
		}
		for what := range search(memory(t, worker), wanted) {
			inWorker[what] = true
		}
	})
	var r struct {
		N            int64
		Rounds       int64
		Coefficients []struct{ Estimate, SE float64 }
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.N != 2*owners || r.Rounds < 3 || len(r.Coefficients) != 2 {
		t.Fatalf("%v: %s", err, text)
	}
	if !inWorker["value of "+owner(0)] && !inWorker["value with the outcome of "+owner(0)] {
		t.Error("the search does not find the values where they are, at their worker")
	}
	for what := range inWorker {
		if !strings.HasSuffix(what, owner(0)) {
			t.Errorf("the memory of %s has the %s", owner(0), what)
		}
	}
	for what, where := range searchFiles(t, s, wanted) {
		t.Errorf("%s has the %s", where, what)
	}
}

// study fits a model and looks again and again until the answer is there, and once more.
func (s *space) study(look func()) string {
	s.t.Helper()
	type outcome struct {
		text string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		text, err := tacit(s.t, []string{"TACIT_CONFIG=" + filepath.Join(s.Dir, ".lab", "conf", "analyst.yaml")},
			"stats", "glm", "t", "y ~ x", "--format", "json", "--purpose", "study")
		done <- outcome{text, err}
	}()
	for {
		select {
		case got := <-done:
			if got.err != nil {
				s.t.Fatal(got.err)
			}
			look()
			return got.text
		default:
			look()
		}
	}
}
