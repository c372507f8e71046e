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

// TestChosenCoefficients: one person has a level, the number of its rows is suppressed, and three sums over everybody
// with chosen coefficients within all bounds would tell that it is one, and the age. The level locks them.
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
	sum := func(coefficients ...string) (x float64, released bool) {
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
		number, released := got[0].Values[2].(*big.Rat)
		if released {
			x, _ = number.Float64()
		} else if got[0].Below[2] != 10 {
			t.Errorf("a locked sum is below %d", got[0].Below[2])
		}
		return x, released
	}
	n, released := sum("0", "0", "0")
	if with, _ := sum("0", "10", "0"); released {
		t.Errorf("the level has %g rows", (with-n)/math.Expm1(10))
	}
	if with, _ := sum("0", "0", "0.1"); released {
		t.Errorf("the person is %g years old", math.Log(with-n+1)/0.1)
	}

	table.ModelRounds = nil
	m := &plan.Model{Terms: []plan.ModelTerm{{}}, Coefficients: []plan.Value{{Kind: plan.Decimal, Text: "0"}}}
	if _, err := plain.WithModel(m, []plan.Sum{{Weight: plan.Exp}}, statistictest.Charter(t, 3, table)); fault.Code(err) != "TACIT-P170" {
		t.Errorf("%v: a charter that does not allow models, want TACIT-P170", err)
	}
}
