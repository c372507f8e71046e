package query_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
)

// released is what a masked sum opens.
type released []*big.Int

func (r released) At(i int) *big.Int { return r[i] }

// seeded is a reader of test randomness.
type seeded struct{ *rand.ChaCha8 }

func newSeeded(seed byte) seeded { return seeded{rand.NewChaCha8([32]byte{seed})} }

// release adds, to the sums of every cell, the noise of so many owners, as they do.
func release(t *testing.T, q *query.Query, exact []*big.Int, owners int, seed byte) query.Sums {
	t.Helper()
	random := newSeeded(seed)
	out := make(released, len(exact))
	for s, n := range q.Noise().Sums {
		cells := ring.NewVector(ring.Width128, q.Plan.Cells())
		factor := big.NewInt(1)
		if n != nil {
			factor.SetUint64(n.Factor)
			for range owners {
				if err := dp.AddGaussian(cells, n.Mechanism.Share(), random); err != nil {
					t.Fatal(err)
				}
			}
		}
		for cell := range q.Plan.Cells() {
			i := cell*len(q.Plan.Sums) + s
			out[i] = new(big.Int).Mul(exact[i], factor)
			out[i].Add(out[i], cells.Big(cell))
		}
	}
	return query.Open(out)
}

// rowsOf makes the sums of a plan over random rows of each cell, and returns for each cell the values of
// the columns.
func rowsOf(q *query.Query, random *rand.Rand, most int) (exact []*big.Int, x, y [][]float64) {
	for range q.Plan.Cells() {
		n := random.IntN(most + 1)
		var xs, ys []float64
		for range n {
			xs = append(xs, float64(random.IntN(401)))
			ys = append(ys, float64(random.IntN(121)))
		}
		x, y = append(x, xs), append(y, ys)
		for _, s := range q.Plan.Sums {
			total := 0.0
			for i := range n {
				v := 1.0
				for _, f := range s.Factors {
					v *= map[string]float64{"stay": xs[i], "age": ys[i]}[f]
				}
				total += v
			}
			b, _ := big.NewFloat(total).Int(nil)
			exact = append(exact, b)
		}
	}
	return exact, x, y
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func covariance(x, y []float64) float64 {
	mx, my, sum := mean(x), mean(y), 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / float64(len(x)-1)
}

// TestIntervalsCover: intervals hold the number without noise in 95 of 100 groups and more; those of
// counts and sums are not much wider than that. The seeds are fixed.
func TestIntervalsCover(t *testing.T) {
	const owners = 5
	ch := private(t)
	ch.Rules.Privacy.MaxEpsilon = "100"
	const sql = `SELECT ward, date_trunc('day', admitted) AS d,
		COUNT(*) AS n, SUM(stay) AS s, AVG(stay) AS mean, VAR_SAMP(stay) AS variance, STDDEV(stay) AS deviation,
		COVAR_SAMP(stay, age) AS both, 100 * COUNT(*) - 3 AS scaled, ROUND(AVG(stay), 1) AS rounded, SUM(stay) / COUNT(*) AS quotient,
		CORR(stay, -1 * age) AS r, SQRT(COUNT(*)) AS root
		FROM visits GROUP BY 1, 2 WITH PRIVACY (epsilon 10)`
	q, err := query.Compile(sql, ch)
	if err != nil {
		t.Fatal(err)
	}
	const seed = 5
	t.Logf("seed %d", seed)
	exact, x, y := rowsOf(q, rand.New(rand.NewPCG(seed, 1)), 400)
	table, err := q.FinishNoisy(release(t, q, exact, owners, seed), owners)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != q.Plan.Cells() {
		t.Fatalf("%d rows for %d groups", len(table.Rows), q.Plan.Cells())
	}
	truth := map[string]func(cell int) float64{
		"n":         func(c int) float64 { return float64(len(x[c])) },
		"s":         func(c int) float64 { return mean(x[c]) * float64(len(x[c])) },
		"mean":      func(c int) float64 { return mean(x[c]) },
		"variance":  func(c int) float64 { return covariance(x[c], x[c]) },
		"deviation": func(c int) float64 { return math.Sqrt(covariance(x[c], x[c])) },
		"both":      func(c int) float64 { return covariance(x[c], y[c]) },
		"scaled":    func(c int) float64 { return 100*float64(len(x[c])) - 3 },
		"rounded":   func(c int) float64 { return math.Round(mean(x[c])*10) / 10 },
		"quotient":  func(c int) float64 { return mean(x[c]) },
		"r": func(c int) float64 {
			return -covariance(x[c], y[c]) / math.Sqrt(covariance(x[c], x[c])*covariance(y[c], y[c]))
		},
		"root": func(c int) float64 { return math.Sqrt(float64(len(x[c]))) },
	}
	for j, c := range table.Columns[2:] {
		have, out := 0, 0
		for i := range table.Rows {
			want := truth[c.Name](i)
			span, ok := table.Intervals[result.Cell{Row: i, Column: j + 2}]
			if !ok || len(x[i]) < 2 {
				continue
			}
			have++
			if c.Name == "mean" && (span.Low < -5 || span.High > 400) {
				t.Fatalf("the mean of values in [-5, 400] is in %v", span)
			}
			const slack = 1e-6 // of floating point, in the test
			if want < span.Low-slack*math.Abs(want)-slack || want > span.High+slack*math.Abs(want)+slack {
				out++
			}
		}
		part := float64(out) / float64(max(have, 1))
		linear := slices.Contains([]string{"n", "s", "scaled"}, c.Name)
		// Of about 3600 groups 5 % are out; five standard errors are 1.8 %. Counts are whole numbers, so that some of
		// theirs are wider.
		if have < 1000 || part > 0.068 || linear && part < 0.01 {
			t.Errorf("%s: %d of %d intervals miss the value", c.Name, out, have)
		}
		if c.Noise == nil || (c.Noise.Sigma > 0) != slices.Contains([]string{"n", "s"}, c.Name) {
			t.Errorf("%s: %+v", c.Name, c.Noise)
		}
	}
}

// TestNoisyNulls: what noise leaves without a meaning is NULL, and says so; counts and sums are numbers
// always, below zero too.
func TestNoisyNulls(t *testing.T) {
	ch := private(t)
	q, err := query.Compile("SELECT ward, COUNT(*) AS n, SUM(stay) AS s, AVG(stay) AS mean, VAR_POP(stay) AS v, CORR(stay, age) AS r, COUNT(*) > 5 AS many, SQRT(COUNT(*)) AS root FROM visits GROUP BY ward WITH PRIVACY (epsilon 0.1)", ch)
	if err != nil {
		t.Fatal(err)
	}
	exact := make([]*big.Int, q.Plan.Length())
	for i := range exact {
		exact[i] = new(big.Int)
	}
	seen := map[string]int{}
	negative := 0
	for seed := range byte(20) {
		table, err := q.FinishNoisy(release(t, q, exact, 3, seed), 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) != 5 {
			t.Fatalf("%d groups without rows are shown, of 5", len(table.Rows))
		}
		for _, row := range table.Rows {
			if row[1].(int64) < 0 {
				negative++
			}
			if row[2] == nil {
				t.Error("a noisy sum is NULL")
			}
			for j, c := range table.Columns {
				if row[j] == nil && c.Name != "ward" {
					seen[c.Name]++
					if !strings.Contains(c.Note, "noise") && c.Name != "root" {
						t.Errorf("%s is NULL and says %q", c.Name, c.Note)
					}
				}
			}
			if r, ok := row[5].(float64); ok && math.Abs(r) > 1 {
				t.Errorf("correlation %v", r)
			}
			if v, ok := row[4].(float64); ok && v < 0 {
				t.Errorf("variance %v", v)
			}
		}
		for _, c := range table.Columns[1:] {
			if c.Noise == nil {
				t.Errorf("%s does not say that it is noised", c.Name)
			}
		}
		if !strings.Contains(strings.Join(table.Notes, "\n"), "epsilon 0.1, delta 1e-6 for each value of patient at each owner") {
			t.Errorf("notes %q", table.Notes)
		}
	}
	if negative < 20 || seen["mean"] < 20 || seen["v"] < 20 || seen["r"] < 20 {
		t.Errorf("%d counts below zero, NULLs %v", negative, seen)
	}
	if _, err := q.Finish(release(t, q, exact, 3, 1)); err == nil {
		t.Error("finished without knowing whose noise is in the sums")
	}
}

// TestMixedNotes: in a question that is exact in part, columns say which they are, exact groups without rows
// are left out, and suppressed values have no interval.
func TestMixedNotes(t *testing.T) {
	ch := private(t)
	ch.Table("visits").Column("stay").Privacy = charter.Required
	q, err := query.Compile("SELECT ward, COUNT(*) AS n, SUM(age) AS age, SUM(stay) AS s FROM visits GROUP BY ward WITH PRIVACY (epsilon 1, only required)", ch)
	if err != nil {
		t.Fatal(err)
	}
	exact := make([]*big.Int, q.Plan.Length())
	for i := range exact {
		exact[i] = big.NewInt(int64(i / len(q.Plan.Sums))) // no rows in the first group
	}
	table, err := q.FinishNoisy(release(t, q, exact, 3, 1), 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 4 {
		t.Fatalf("%d groups, wants 4", len(table.Rows))
	}
	var noisy []string
	for _, c := range table.Columns {
		noisy = append(noisy, fmt.Sprint(c.Noise != nil))
	}
	if got := strings.Join(noisy, " "); got != "false false false true" {
		t.Errorf("noisy columns %s", got)
	}
	if len(table.Intervals) != 4 {
		t.Errorf("%d intervals", len(table.Intervals))
	}
}

// TestDivide: rounding half away from zero undoes the factor.
func TestDivide(t *testing.T) {
	s := &plan.Noisy{Factor: 4}
	for in, want := range map[int64]int64{0: 0, 1: 0, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2, -1: 0, -2: -1, -6: -2, -7: -2} {
		if got := s.Divide(big.NewInt(in)); got.Int64() != want {
			t.Errorf("%d: %s, wants %d", in, got, want)
		}
	}
}
