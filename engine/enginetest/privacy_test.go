package enginetest_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/crypto/secagg"
	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/transport"
	"github.com/tacit-space/tacit/engine/worker"
)

// noisyRules allow questions with noise.
func noisyRules(r *charter.Rules) {
	r.Privacy = charter.Privacy{
		MaxEpsilon: "100", MaxDelta: "1e-6",
		Budget: charter.Budget{Epsilon: "10000", Delta: "1e-6", Period: charter.Duration(24 * time.Hour)},
	}
	r.Differencing.Mode = charter.DifferencingRefuse // noised numbers are no difference
}

// noiseOf is the noise of a question in a space.
func noiseOf(t *testing.T, s *enginetest.Space, sql string) *plan.Noise {
	t.Helper()
	q, err := query.Compile(sql, s.Bundle.Charter())
	if err != nil {
		t.Fatal(err)
	}
	return q.Noise()
}

func ask(t *testing.T, s *enginetest.Space, sql string) *analyst.Answer {
	t.Helper()
	answer, err := s.AskSQL(s.Client(), sql).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// bounded is what some owners' rows add up to in a region if each patient counts as at most so many
// rows, each with the mean of its costs; all patients are in as many regions as they like.
func bounded(s *enginetest.Space, region string, most int64, owners ...string) (visits, paid, cost *big.Int) {
	visits, paid, cost = new(big.Int), new(big.Int), new(big.Int)
	for _, id := range owners {
		rows, costs := map[string]int64{}, map[string][]int64{}
		for _, r := range s.Rows[id] {
			if r.Region != region {
				continue
			}
			rows[r.Patient]++
			if !r.Missing {
				costs[r.Patient] = append(costs[r.Patient], r.Cost)
			}
		}
		for _, n := range rows {
			visits.Add(visits, big.NewInt(min(n, most)))
		}
		for _, c := range costs {
			sum, n := new(big.Int), int64(len(c))
			for _, x := range c {
				sum.Add(sum, big.NewInt(x))
			}
			if n > most { // round(sum·most/n): costs are not negative
				sum.Mul(sum, big.NewInt(2*most)).Add(sum, big.NewInt(n)).Quo(sum, big.NewInt(2*n))
			}
			paid.Add(paid, big.NewInt(min(n, most)))
			cost.Add(cost, sum)
		}
	}
	return visits, paid, cost
}

func number(t *testing.T, c result.Column, v result.Value) *big.Int {
	t.Helper()
	text, ok := c.Type.Text(v)
	n, whole := new(big.Int).SetString(text, 10)
	if !ok || !whole {
		t.Fatalf("%s has %q", c.Name, text)
	}
	return n
}

// closeTo fails if a noised number is farther from the number without noise than it is once in 10^9 times.
func closeTo(t *testing.T, what string, got, want *big.Int, s *plan.Noisy, contributors int) {
	t.Helper()
	half, err := s.HalfWidth(contributors, 1-1e-9)
	if err != nil {
		t.Fatal(err)
	}
	if off := new(big.Int).Sub(got, want); off.CmpAbs(half) > 0 {
		t.Errorf("%s: %s, without noise %s: more than %s off", what, got, want, half)
	}
}

// TestNoisyAnswers: over the whole engine, every declared group is shown, and every number is near what
// the owners' rows add up to with each patient bounded. (A false alarm is one in 10^8 runs.)
func TestNoisyAnswers(t *testing.T) {
	const most = 2
	s := enginetest.New(t, enginetest.Options{
		Owners: 4, Units: true, Rules: noisyRules, Cohort: 10,
		Table: func(t *charter.Table) { t.Contribution = charter.Contribution{Groups: 4, Rows: most} },
	}).Start()
	// One patient has far more rows than count.
	rows := s.Rows["owner2"]
	for range 200 {
		rows = append(rows, enginetest.Row{Region: "east", Cost: 900_000_000_000, Patient: "p01"})
	}
	s.SetRows("owner2", rows)
	const sql = "SELECT region, COUNT(*) AS visits, COUNT(cost) AS paid, SUM(cost) AS cost, AVG(cost) AS mean FROM visits GROUP BY region ORDER BY region WITH PRIVACY (epsilon 100, delta 1e-6)"
	answer := ask(t, s, sql)
	n, table := noiseOf(t, s, sql), answer.Table
	if len(table.Rows) != 4 || len(table.Suppressed) > 0 {
		t.Fatalf("%d rows, %d suppressed", len(table.Rows), len(table.Suppressed))
	}
	for i, row := range table.Rows {
		region := row[0].(string)
		visits, paid, cost := bounded(s, region, most, s.Owners...)
		closeTo(t, "visits of "+region, number(t, table.Columns[1], row[1]), visits, n.Sums[0], 4)
		closeTo(t, "paid of "+region, number(t, table.Columns[2], row[2]), paid, n.Sums[1], 4)
		closeTo(t, "cost of "+region, number(t, table.Columns[3], row[3]), cost, n.Sums[2], 4)
		if at, ok := table.Intervals[result.Cell{Row: i, Column: 4}]; ok && (row[4] == nil || at.Low > row[4].(float64) || at.High < row[4].(float64)) {
			t.Errorf("mean of %s: %v in %v", region, row[4], at)
		}
	}
	p := answer.Provenance.Privacy
	if p == nil || p.Epsilon != "100" || p.Delta != "1e-6" || p.Unit != "patient" || p.Groups != 4 || p.Rows != most || p.Contributors != 4 || len(p.Sums) != 3 {
		t.Errorf("provenance %+v", p)
	}
	for i, c := range table.Columns[1:] {
		if c.Noise == nil || c.Noise.Epsilon != "100" || (c.Noise.Sigma > 0) != (i < 3) {
			t.Errorf("column %s: %+v", c.Name, c.Noise)
		}
	}
}

// manyRegions declares so many groups, nearly all of them empty: what they hold is noise.
func manyRegions(n int) func(*charter.Table) {
	return func(t *charter.Table) {
		c := t.Column("region")
		for i := range n {
			c.Domain = append(c.Domain, fmt.Sprintf("r%04d", i))
		}
	}
}

// square is the 1e-5 / 2 quantile bounds of chi-square with so many degrees of freedom, by the
// approximation of Wilson and Hilferty, which is good to far more than is needed here.
func square(df float64) (lo, hi float64) {
	const z = 4.417 // of 5e-6
	at := func(z float64) float64 { return df * math.Pow(1-2/(9*df)+z*math.Sqrt(2/(9*df)), 3) }
	return at(-z), at(z)
}

// checkVariance tests the numbers of empty groups against noise of so many owners: variance by
// chi-square, mean by a normal test. Each rejects good noise in 1 of 10^5 runs.
func checkVariance(t *testing.T, xs []float64, s *plan.Noisy, owners int) {
	t.Helper()
	variance, sum := 0.0, 0.0
	for _, x := range xs {
		variance += x * x
		sum += x
	}
	want := s.Sigma(owners)
	want = want*want + 1.0/12 // and rounding to whole units
	lo, hi := square(float64(len(xs)))
	if q := variance / want; q < lo || q > hi {
		t.Errorf("noise of %d owners: sum of squares is %.1f times the variance, wants %.1f to %.1f (sigma %.3f, wants %.3f)",
			owners, q, lo, hi, math.Sqrt(variance/float64(len(xs))), math.Sqrt(want))
	}
	if z := sum / math.Sqrt(want*float64(len(xs))); math.Abs(z) > 4.417 {
		t.Errorf("noise of %d owners: the mean is %.2f standard errors from 0", owners, z)
	}
}

// emptyGroups returns the counts of the groups that nobody has.
func emptyGroups(t *testing.T, table *result.Table) (xs []float64, negative int) {
	t.Helper()
	for _, row := range table.Rows {
		if !strings.HasPrefix(row[0].(string), "r") {
			continue
		}
		n := row[1].(int64)
		xs = append(xs, float64(n))
		if n < 0 {
			negative++
		}
	}
	return xs, negative
}

// TestNoiseVariance: the noise in released sums has the promised variance: that of all owners' shares,
// of those who stayed if one left before its input, and of all if one left after it. Empty groups
// are noise alone, and half of them are negative: nothing tells them from groups with few rows.
func TestNoiseVariance(t *testing.T) {
	const groups, owners = 4000, 5
	const sql = "SELECT region, COUNT(*) AS n FROM visits GROUP BY region WITH PRIVACY (epsilon 0.5, delta 1e-6)"
	for name, leave := range map[string]func(s *enginetest.Space) (*analyst.Answer, int){
		"all stay": func(s *enginetest.Space) (*analyst.Answer, int) {
			s.Start()
			return ask(t, s, sql), owners
		},
		"one leaves before its input": func(s *enginetest.Space) (*analyst.Answer, int) {
			reached := s.Gates["owner5"].Close()
			s.Start()
			q := s.AskSQL(s.Client(), sql)
			s.Await(reached)
			s.StopWorker("owner5")
			answer, err := q.Wait()
			if err != nil {
				t.Fatal(err)
			}
			return answer, owners - 1
		},
		"one leaves after its input": func(s *enginetest.Space) (*analyst.Answer, int) {
			s.Gates["owner4"].Close()
			s.Start()
			q := s.AskSQL(s.Client(), sql)
			q.Until(heard("owner5", uint8(secagg.PhaseInput)))
			s.StopWorker("owner5")
			q.Until(event("dropped", "owner5"))
			s.Gates["owner4"].Open()
			answer, err := q.Wait()
			if err != nil {
				t.Fatal(err)
			}
			return answer, owners
		},
		// The vectors that were made for the first attempt are those of the second.
		"the attempt is repeated": func(s *enginetest.Space) (*analyst.Answer, int) {
			reached := s.Gates["owner1"].Close()
			s.Start()
			q := s.AskSQL(s.Client(), sql)
			s.Await(reached)
			q.Until(heard("owner2", uint8(secagg.PhaseInput)))
			s.StopCoordinator()
			s.StartCoordinator()
			q.Until(func(p transport.Progress) bool { return p.Attempt == 2 })
			s.Gates["owner1"].Open()
			answer, err := q.Wait()
			if err != nil {
				t.Fatal(err)
			}
			return answer, len(answer.Provenance.Participants)
		},
		// An owner that lost its vector makes another one, with other noise, for the only attempt that is opened.
		"an owner restarts": func(s *enginetest.Space) (*analyst.Answer, int) {
			reached := s.Gates["owner1"].Close()
			s.Start()
			q := s.AskSQL(s.Client(), sql)
			s.Await(reached)
			q.Until(heard("owner2", uint8(secagg.PhaseInput)))
			s.StopWorker("owner2")
			s.StopCoordinator()
			s.StartCoordinator()
			s.StartWorker("owner2")
			q.Until(func(p transport.Progress) bool { return p.Attempt == 2 })
			s.Gates["owner1"].Open()
			answer, err := q.Wait()
			if err != nil {
				t.Fatal(err)
			}
			return answer, len(answer.Provenance.Participants)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{
				Owners: owners, Rules: noisyRules, Table: manyRegions(groups),
				Coordinator: func(c *coordinator.Config) { c.Timing.Absence = time.Millisecond },
			})
			answer, contributors := leave(s)
			if len(answer.Table.Rows) != groups+2 {
				t.Fatalf("%d groups are shown of %d", len(answer.Table.Rows), groups+2)
			}
			xs, negative := emptyGroups(t, answer.Table)
			n := noiseOf(t, s, sql)
			checkVariance(t, xs, n.Sums[0], contributors)
			// The promise: n_min - T owners' noise is sigma of epsilon and delta.
			if sigma := n.Sums[0].Sigma(n.Honest); math.Abs(sigma-8.68) > 0.005 {
				t.Errorf("sigma %.4f of %d owners, wants 8.68", sigma, n.Honest)
			}
			if math.Abs(float64(negative)-float64(len(xs))*0.49) > 5*math.Sqrt(float64(len(xs))/4) {
				t.Errorf("%d of %d empty groups are negative", negative, len(xs))
			}
		})
	}
}

// TestNoiseIsFresh: the same question again has other noise in every group. (What that costs is the
// budget's to say.)
func TestNoiseIsFresh(t *testing.T) {
	s := enginetest.New(t, enginetest.Options{Owners: 3, Rules: noisyRules, Table: manyRegions(500)}).Start()
	const sql = "SELECT region, COUNT(*) AS n FROM visits GROUP BY region WITH PRIVACY (epsilon 0.5)"
	a, _ := emptyGroups(t, ask(t, s, sql).Table)
	b, _ := emptyGroups(t, ask(t, s, sql).Table)
	n := noiseOf(t, s, sql)
	difference := make([]float64, len(a))
	for i := range a {
		difference[i] = (a[i] - b[i]) / math.Sqrt2
	}
	checkVariance(t, difference, n.Sums[0], 3) // twice the variance: independent
}

// TestMixedJobs: exact numbers behind their guards and noised ones, in one question. A group that is
// too small for its count shows its sum, with noise that hides it.
func TestMixedJobs(t *testing.T) {
	const most = 3
	s := enginetest.New(t, enginetest.Options{
		Owners: 3, Units: true, Rules: noisyRules, Cohort: small,
		Table: func(t *charter.Table) {
			t.Contribution = charter.Contribution{Groups: 4, Rows: most}
			t.Column("cost").Privacy = charter.Required
		},
	}).Start()
	const sql = "SELECT region, COUNT(*) AS visits, COUNT(cost) AS paid, SUM(cost) AS cost FROM visits GROUP BY region ORDER BY region WITH PRIVACY (epsilon 100, delta 1e-6, only required)"
	answer := ask(t, s, sql)
	n, table := noiseOf(t, s, sql), answer.Table
	if n.Sums[0] != nil || n.Sums[1] == nil || n.Sums[2] == nil {
		t.Fatal("noise on other sums")
	}
	if len(table.Rows) != 4 {
		t.Fatalf("%d groups are shown", len(table.Rows))
	}
	suppressed := 0
	for i, row := range table.Rows {
		region := row[0].(string)
		visits, _ := s.Cell(region, s.Owners...)
		k := table.Suppressed[result.Cell{Row: i, Column: 1}]
		if hidden := s.Units(region, false, s.Owners...) < small; hidden != (k == small) {
			t.Errorf("%s: suppressed below %d", region, k)
		} else if !hidden && row[1] != visits {
			t.Errorf("%s: %v visits, want %d", region, row[1], visits)
		}
		if k > 0 {
			suppressed++
		}
		_, paid, cost := bounded(s, region, most, s.Owners...)
		closeTo(t, "paid of "+region, number(t, table.Columns[2], row[2]), paid, n.Sums[1], 3)
		closeTo(t, "cost of "+region, number(t, table.Columns[3], row[3]), cost, n.Sums[2], 3)
	}
	if suppressed == 0 {
		t.Error("no group is small: nobody has rows of the west")
	}
	if table.Columns[1].Noise != nil || table.Columns[2].Noise == nil {
		t.Error("which columns have noise is not said")
	}
	if p := answer.Provenance.Privacy; len(p.Sums) != 2 || !slices.Equal(p.Exact, []string{"COUNT(*)"}) {
		t.Errorf("provenance %+v", p)
	}
}

// TestOnePersonWithManyRows is the attack on a sum whose contributions are not bounded: one patient has
// 5000 rows, and an answer with and without that patient differs by about what one row may change,
// which noise hides, and not by 5000, which it does not.
func TestOnePersonWithManyRows(t *testing.T) {
	counts := map[bool]int64{}
	for _, with := range []bool{true, false} {
		s := enginetest.New(t, enginetest.Options{
			Owners: 3, Units: true, Rules: noisyRules,
			Table: func(t *charter.Table) { t.MaxRows = 10_000 },
		})
		var rows []enginetest.Row
		for i := range 100 {
			rows = append(rows, enginetest.Row{Region: "north", Patient: "p" + strconv.Itoa(i)})
		}
		if with {
			for range 5000 {
				rows = append(rows, enginetest.Row{Region: "north", Patient: "one", Cost: 1})
			}
		}
		s.SetRows("owner1", rows)
		for _, id := range s.Owners[1:] {
			s.SetRows(id, rows[:10])
		}
		s.Start()
		counts[with] = ask(t, s, "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 5)").Table.Rows[0][0].(int64)
	}
	if d := counts[true] - counts[false]; d > 100 || d < -100 {
		t.Errorf("with one patient more the count is %d larger", d)
	}
}

// TestOnePersonInManyGroups is the attack on groups: one patient is in each of 500, and shows in at most
// one of them, though there is next to no noise here (sigma is 0.11 of a row).
func TestOnePersonInManyGroups(t *testing.T) {
	const groups = 500
	s := enginetest.New(t, enginetest.Options{Owners: 3, Units: true, Rules: noisyRules, Table: manyRegions(groups)})
	var rows []enginetest.Row
	for i := range groups {
		rows = append(rows, enginetest.Row{Region: fmt.Sprintf("r%04d", i), Patient: "one"})
	}
	s.SetRows("owner1", rows)
	for _, id := range s.Owners[1:] {
		s.SetRows(id, nil)
	}
	s.Start()
	xs, _ := emptyGroups(t, ask(t, s, "SELECT region, COUNT(*) AS n FROM visits GROUP BY region WITH PRIVACY (epsilon 100)").Table)
	total := 0.0
	for _, x := range xs {
		total += math.Abs(x)
	}
	if len(xs) != groups || total < 1 || total > 5 {
		t.Errorf("one patient makes %v in %d groups", total, len(xs))
	}
}

// TestPrivacyRefused: what an owner refuses, whatever the analyst's client makes of it.
func TestPrivacyRefused(t *testing.T) {
	required := func(t *charter.Table) { t.Column("cost").Privacy = charter.Required }
	for name, c := range map[string]struct {
		table  func(*charter.Table)
		accept config.Accept
		sql    string
		code   string
	}{
		"an owner wants noise":         {nil, config.Accept{Privacy: charter.Required}, "SELECT COUNT(*) FROM visits", policy.OwnRule.Code},
		"an owner wants noise on all":  {required, config.Accept{Privacy: charter.Required}, "SELECT COUNT(*), SUM(cost) FROM visits WITH PRIVACY (epsilon 1, only required)", policy.OwnRule.Code},
		"an owner wants more noise":    {nil, config.Accept{MaxEpsilon: "0.5"}, "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.6)", policy.OwnRule.Code},
		"an owner is content":          {nil, config.Accept{Privacy: charter.Required, MaxEpsilon: "0.5", MinCohort: 10}, "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5)", ""},
		"the charter wants noise, met": {required, config.Accept{}, "SELECT SUM(cost) FROM visits WITH PRIVACY (epsilon 1)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := enginetest.New(t, enginetest.Options{
				Owners: 3, Rules: noisyRules, Table: c.table,
				Worker: func(id string, w *worker.Config) {
					if id == "owner2" {
						w.Accept = c.accept
					}
				},
			}).Start()
			_, err := s.AskSQL(s.Client(), c.sql).Wait()
			if c.code == "" && err != nil || c.code != "" && (err == nil || !strings.Contains(err.Error(), c.code)) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestNoisyRestarts: workers that restart at a random moment, before or after their input left, answer
// with noise that is right, once: at most one attempt is released.
func TestNoisyRestarts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	const groups = 1500
	const sql = "SELECT region, COUNT(*) AS n FROM visits GROUP BY region WITH PRIVACY (epsilon 0.5)"
	s := enginetest.New(t, enginetest.Options{Owners: 4, Rules: noisyRules, Table: manyRegions(groups)}).Start()
	var all []float64
	for range 3 {
		q := s.AskSQL(s.Client(), sql)
		q.Job()
		for range 2 {
			id := s.Owners[random.IntN(len(s.Owners))]
			s.StopWorker(id)
			s.StartWorker(id)
		}
		answer, err := q.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if p := answer.Provenance; len(p.Participants) == 4 {
			xs, _ := emptyGroups(t, answer.Table)
			all = append(all, xs...)
		}
	}
	if len(all) > 0 {
		checkVariance(t, all, noiseOf(t, s, sql).Sums[0], 4)
	}
	for _, id := range s.Owners {
		s.StopWorker(id)
		if n := len(s.Releases(id)); n > 3 {
			t.Errorf("%s released %d times of 3 questions", id, n)
		}
	}
}
