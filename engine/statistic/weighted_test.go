package statistic_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

var weights = map[plan.Weight]func(eta float64) float64{
	plan.Exp:      math.Exp,
	plan.Logistic: func(eta float64) float64 { return 1 / (1 + math.Exp(-eta)) },
	plan.Variance: func(eta float64) float64 { m := 1 / (1 + math.Exp(-eta)); return m * (1 - m) },
	plan.Softplus: func(eta float64) float64 { return math.Log1p(math.Exp(-math.Abs(eta))) + max(eta, 0) },
}

// Weighted sums are those of a loop over the rows, but for the rounding of each row and an ulp of each weight;
// and the same bits however rows are split, and whether units are counted or not.
func TestWeightedSums(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 4))
	rounds := 25
	table := trialOf(1)
	table.ModelRounds = &rounds
	table.Columns = append(slices.Clone(table.Columns), charter.Column{Name: "wide", Type: "double", Role: charter.Measure, Nullable: no(), Range: []string{"-10000", "10000"}, Resolution: "0.001"})
	head := append(slices.Clone(header), "wide")
	rows := makeTrial(seed, 400)
	for i := range rows {
		rows[i] = append(rows[i], fmt.Sprintf("%.3f", random.NormFloat64()*1000))
	}
	for range 6 {
		beta := []float64{float64(random.IntN(400)-200) / 100, float64(random.IntN(100)-50) / 1000, float64(random.IntN(100)-50) / 1000, float64(random.IntN(300)) / 100}
		m := &plan.Model{Terms: []plan.ModelTerm{
			{},
			{Factors: []string{"age"}},
			{Factors: []string{"dose"}},
			{Levels: []plan.Level{{Column: "arm", Value: plan.Value{Kind: plan.Text, Text: "b"}}}},
		}}
		for _, b := range beta {
			r, _ := new(big.Rat).SetString(strconv.FormatFloat(b, 'f', -1, 64))
			v, _ := plan.RatValue(r)
			m.Coefficients = append(m.Coefficients, v)
		}
		var sums []plan.Sum
		for w := range weights {
			sums = append(sums, plan.Sum{Weight: w}, plan.Sum{Weight: w, Factors: []string{"age", "dose"}}, plan.Sum{Weight: w, Factors: []string{"age", "age", "wide"}},
				plan.Sum{Weight: w, Factors: []string{"dose"}, Filter: plan.Compare(plan.Eq, "arm", plan.Value{Kind: plan.Text, Text: "a"})})
		}
		sums = append(sums, plan.Sum{Weight: plan.Entropy, Factors: []string{"age"}}, plan.Sum{Weight: plan.LogFactorial, Factors: []string{"age"}})
		var first []query.Row
		for _, owners := range []int{3, 7} {
			space := statistictest.New(t, table, head, rows, owners, seed)
			ch := statistictest.Charter(t, owners, table)
			plain, err := query.Compile("SELECT COUNT(*) AS n FROM trial WHERE age IS NOT NULL", ch)
			if err != nil {
				t.Fatal(err)
			}
			q, err := plain.WithModel(m, sums, ch)
			if err != nil {
				t.Fatal(err)
			}
			got, err := space.Rows(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got
			}
			for i := range sums {
				if got[0].Values[i+1].(*big.Rat).Cmp(first[0].Values[i+1].(*big.Rat)) != 0 && q.Plan.Sums[i+1].Fraction == 48 {
					t.Errorf("%d owners: %s is another number", owners, sums[i].SQL())
				}
				want, size := naiveWeighted(&sums[i], rows, beta)
				x, _ := got[0].Values[i+1].(*big.Rat).Float64()
				tolerance := float64(len(rows))*math.Pow(2, -float64(q.Plan.Sums[i+1].Fraction)) + 1e-14*size
				if math.Abs(x-want) > tolerance {
					t.Errorf("%s (2^-%d) is %.17g, want %.17g within %g", q.Plan.Sums[i+1].SQL(), q.Plan.Sums[i+1].Fraction, x, want, tolerance)
				}
			}
		}
	}
}

// naiveWeighted adds up in float64; size is the sum of absolute values.
func naiveWeighted(s *plan.Sum, rows [][]string, beta []float64) (sum, size float64) {
	for _, r := range rows {
		if r[1] == "" || s.Filter != nil && r[0] != "a" {
			continue
		}
		value := map[string]float64{}
		for i, name := range append(slices.Clone(header), "wide") {
			value[name], _ = strconv.ParseFloat(r[i], 64)
		}
		eta := beta[0] + beta[1]*value["age"] + beta[2]*value["dose"]
		if r[0] == "b" {
			eta += beta[3]
		}
		x := 0.0
		factors := s.Factors
		switch s.Weight {
		case plan.Entropy:
			x = math.Log(value["age"])
		case plan.LogFactorial:
			for k := 2.0; k <= value["age"]; k++ {
				x += math.Log(k)
			}
			factors = nil
		default:
			x = weights[s.Weight](eta)
		}
		for _, f := range factors {
			x *= value[f]
		}
		sum, size = sum+x, size+math.Abs(x)
	}
	return sum, size
}
