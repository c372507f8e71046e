package statistic_test

import (
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// The rank test of survival times by sex against all pairs of rows, the same bits for every split.
func TestMannWhitneyOfLung(t *testing.T) {
	header, rows := readLung(t)
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	groups := map[string][]float64{}
	for _, r := range rows {
		x, err := strconv.ParseFloat(r[at["time"]], 64)
		if err != nil {
			t.Fatal(err)
		}
		groups[r[at["sex"]]] = append(groups[r[at["sex"]]], x)
	}
	u := 0.0
	for _, x := range groups["1"] {
		for _, y := range groups["2"] {
			if x > y {
				u++
			} else if x == y {
				u += 0.5
			}
		}
	}
	var first string
	for _, owners := range []int{3, 5, 13} {
		r := askLung(t, owners, uint64(owners), "SELECT * FROM mann_whitney(lung, 'time', 'sex')")
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners give other numbers", owners)
		}
		got := table(t, r, "test")
		if cell(t, got, 0, "n1") != int64(len(groups["1"])) || cell(t, got, 0, "n2") != int64(len(groups["2"])) || cell(t, got, 0, "u") != u {
			t.Errorf("%v, want U %g of %d and %d", got.Rows, u, len(groups["1"]), len(groups["2"]))
		}
	}
}

func TestMannWhitneyRefusals(t *testing.T) {
	space := statistictest.New(t, trialOf(5), header, makeTrial(1, 60), 3, 1)
	for call, want := range map[string]string{
		"'age', 'arm'":  "TACIT-T001", // bins of one age have few people
		"'arm', 'arm'":  "TACIT-P103",
		"'dose', 'age'": "TACIT-P103",
		"'age'":         "TACIT-P162",
	} {
		if _, err := space.Statistic(t.Context(), "SELECT * FROM mann_whitney(trial, "+call+")", false); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
	whole := statistictest.New(t, trialOf(1), header, makeTrial(1, 60), 3, 1)
	if _, err := whole.Statistic(t.Context(), "SELECT * FROM mann_whitney(trial, 'age', 'arm')", false); fault.Code(err) != "TACIT-T010" {
		t.Errorf("three groups: %v", err)
	}
}
