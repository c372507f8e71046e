package statistic_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// TestChosenCoefficients shows what is not closed, which is why a charter has to allow models: one person has
// a level, the number of its rows is suppressed, and three sums over everybody with chosen coefficients within all bounds tell
// that it is one, and the age.
func TestChosenCoefficients(t *testing.T) {
	const seed = 7
	table := trialOf(10)
	rows := makeTrial(seed, 300)
	for i := range rows {
		if rows[i][0] == "c" {
			rows[i][0] = "b"
		}
	}
	rows[17] = []string{"c", "41", "0.00", "x"}
	rounds := 3
	table.ModelRounds = &rounds
	space := statistictest.New(t, table, header, rows, 3, seed)
	ch := statistictest.Charter(t, 3, table)
	plain, err := query.Compile("SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE arm = 'c') AS level FROM trial WHERE age IS NOT NULL", ch)
	if err != nil {
		t.Fatal(err)
	}
	inC := []plan.Level{{Column: "arm", Value: plan.Value{Kind: plan.Text, Text: "c"}}}
	sum := func(coefficients ...string) float64 {
		t.Helper()
		m := &plan.Model{Terms: []plan.ModelTerm{{}, {Levels: inC}, {Factors: []string{"age"}, Levels: inC}}}
		for _, c := range coefficients {
			m.Coefficients = append(m.Coefficients, plan.Value{Kind: plan.Decimal, Text: c})
		}
		q, err := plain.WithModel(m, []plan.Sum{{Weight: plan.Exp}}, ch)
		if err != nil {
			t.Fatal(err)
		}
		got, err := space.Rows(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Below[1] != 10 || got[0].Values[1] != nil {
			t.Fatalf("the rows of the level are %v, not suppressed", got[0].Values[1])
		}
		x, _ := got[0].Values[2].(*big.Rat).Float64()
		return x
	}
	n := sum("0", "0", "0")
	if size := (sum("0", "10", "0") - n) / math.Expm1(10); math.Abs(size-1) > 1e-6 {
		t.Errorf("the level has %g rows, want 1", size)
	}
	if age := math.Log(sum("0", "0", "0.1")-n+1) / 0.1; math.Abs(age-41) > 1e-6 {
		t.Errorf("the person is %g years old, want 41", age)
	}

	table.ModelRounds = nil
	m := &plan.Model{Terms: []plan.ModelTerm{{}}, Coefficients: []plan.Value{{Kind: plan.Decimal, Text: "0"}}}
	if _, err := plain.WithModel(m, []plan.Sum{{Weight: plan.Exp}}, statistictest.Charter(t, 3, table)); fault.Code(err) != "TACIT-P170" {
		t.Errorf("%v: a charter that does not allow models, want TACIT-P170", err)
	}
}
