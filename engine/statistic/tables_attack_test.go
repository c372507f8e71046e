package statistic_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// Attack: all but two of an arm have the event. Nothing of that arm leaves: neither the events nor the total, whose
// difference is the two.
func TestFewWithoutTheEvent(t *testing.T) {
	var rows [][]string
	for i := range 60 {
		dose := "50.00"
		if i%2 == 0 && i > 3 || i == 1 || i == 3 { // arm a: 28 of 30; arm b: 2 of 30
			dose = "10.00"
		}
		rows = append(rows, []string{[]string{"a", "b"}[i%2], "40", dose, ""})
	}
	for i := range 40 { // arm c: 20 of 40
		rows = append(rows, []string{"c", "40", []string{"10.00", "50.00"}[i%2], ""})
	}
	space := statistictest.New(t, trialOf(5), header, rows, 3, 1)
	for _, call := range []string{"proportion(trial, 'dose < 30', by => 'arm')", "incidence(trial, 'dose < 30', 'age', by => 'arm')", "smr(trial, 'dose < 30', 'age', by => 'arm')"} {
		r, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false)
		if err != nil {
			t.Fatal(call, ": ", err)
		}
		groups := r.Main()
		for i, row := range groups.Rows {
			for j := 1; j < len(row); j++ {
				if k, hidden := groups.Suppressed[result.Cell{Row: i, Column: j}]; row[0] != "c" && (!hidden || k != 5) || row[0] == "c" && hidden {
					t.Errorf("%s: %v, %s", call, row, groups.Columns[j].Name)
				}
			}
		}
		if len(groups.Rows) != 3 || cell(t, groups, 2, "n") != int64(40) || cell(t, groups, 2, "events") != int64(20) {
			t.Errorf("%s: %v", call, groups.Rows)
		}
	}
}

// No number is of all rows where another is of those with the event, as the compiled question releases it: a filter beside a key
// would have each cell's number of rows released as well.
func TestEventsAndTheRestAreApart(t *testing.T) {
	ch := statistictest.Charter(t, 3, trial)
	for _, call := range []string{"proportion(trial, 'dose < 30', by => 'arm')", "proportion(trial, 'age < 30')", "incidence(trial, 'dose < 30', 'age', by => 'arm')", "smr(trial, 'dose < 30', 'age')"} {
		c, err := statistic.Compile("SELECT * FROM "+call, ch)
		if err != nil {
			t.Fatal(err)
		}
		p := &c.Query.Plan
		if event := p.Keys[len(p.Keys)-1]; len(event.Slots) != 2 {
			t.Errorf("%s: the last key has %d values, not the event and the rest", call, len(event.Slots))
		}
		for _, s := range p.Sums {
			if s.Filter != nil {
				t.Errorf("%s: a sum is of a part of its cell", call)
			}
		}
	}
}

// Rates and shares against the rows, where the event or the time can be missing; the same bits for every split.
func TestEventsAgainstRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeTrial(seed, 400)
	events, n, years := map[any]int64{}, map[any]int64{}, map[any]float64{}
	for _, r := range rows {
		age, err := strconv.ParseFloat(r[1], 64)
		if err != nil {
			continue
		}
		n[r[0]]++
		years[r[0]] += age
		if age < 50 {
			events[r[0]]++
		}
	}
	for call, value := range map[string]string{"proportion(trial, 'age < 50', by => 'arm')": "proportion", "incidence(trial, 'age < 50', 'age', by => 'arm', per => 10)": "rate"} {
		var first string
		for _, owners := range []int{3, 5, 13} {
			r, err := statistictest.New(t, trialOf(1), header, rows, owners, seed).Statistic(t.Context(), "SELECT * FROM "+call, false)
			if err != nil {
				t.Fatal(err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners give other numbers", call, owners)
			}
			for i, row := range r.Main().Rows {
				arm := row[0]
				want := float64(events[arm]) / float64(n[arm])
				if value == "rate" {
					want = 10 * float64(events[arm]) / years[arm]
				}
				if cell(t, r.Main(), i, "n") != n[arm] || cell(t, r.Main(), i, "events") != events[arm] || !near(cell(t, r.Main(), i, value), want) {
					t.Errorf("%s: %v, want %d of %d, %g", call, row, events[arm], n[arm], want)
				}
			}
		}
	}
}
