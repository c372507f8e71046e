package statistic_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// Least squares over rows, by an orthogonal decomposition; columns of X are made here from the rows.
func TestLinearModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rows := makeTrial(seed, 300)
	is := func(r []string, arm string) float64 {
		if r[0] == arm {
			return 1
		}
		return 0
	}
	num := func(s string) float64 { x, _ := strconv.ParseFloat(s, 64); return x }
	for formula, columns := range map[string]func(r []string) []float64{
		"dose ~ age":                    func(r []string) []float64 { return []float64{1, num(r[1])} },
		"dose ~ 1":                      func(r []string) []float64 { return []float64{1} },
		"dose ~ age - 1":                func(r []string) []float64 { return []float64{num(r[1])} },
		"dose ~ age + arm":              func(r []string) []float64 { return []float64{1, num(r[1]), is(r, "b"), is(r, "c")} },
		"dose ~ 0 + arm":                func(r []string) []float64 { return []float64{is(r, "a"), is(r, "b"), is(r, "c")} },
		`dose ~ factor(arm, ref = "c")`: func(r []string) []float64 { return []float64{1, is(r, "a"), is(r, "b")} },
		"dose ~ age * arm": func(r []string) []float64 {
			a := num(r[1])
			return []float64{1, a, is(r, "b"), is(r, "c"), a * is(r, "b"), a * is(r, "c")}
		},
		"dose ~ age:arm": func(r []string) []float64 {
			a := num(r[1])
			return []float64{1, a * is(r, "a"), a * is(r, "b"), a * is(r, "c")}
		},
	} {
		sql := "SELECT * FROM lm(trial, '" + formula + "')"
		var first string
		var r *statistic.Report
		for _, owners := range []int{3, 5, 13} {
			var err error
			if r, err = statistictest.New(t, trialOf(1), header, rows, owners, seed).Statistic(t.Context(), sql, false); err != nil {
				t.Fatal(formula, ": ", err)
			}
			if text := asJSON(t, r); first == "" {
				first = text
			} else if text != first {
				t.Errorf("%s: %d owners give other numbers", formula, owners)
			}
		}
		var x, y []float64
		n := 0
		for _, row := range rows {
			if row[1] == "" && formula != "dose ~ 1" && formula != "dose ~ 0 + arm" && formula != `dose ~ factor(arm, ref = "c")` {
				continue
			}
			x, y, n = append(x, columns(row)...), append(y, num(row[2])), n+1
		}
		p := len(x) / n
		design, outcome := mat.NewDense(n, p, x), mat.NewVecDense(n, y)
		var beta, residual mat.VecDense
		if err := beta.SolveVec(design, outcome); err != nil {
			t.Fatal(err)
		}
		residual.MulVec(design, &beta)
		residual.SubVec(outcome, &residual)
		sigma := math.Sqrt(mat.Dot(&residual, &residual) / float64(n-p))
		got := table(t, r, "coefficients")
		if len(got.Rows) != p || scalar(t, r, "n") != int64(n) || math.Abs(scalar(t, r, "sigma").(float64)-sigma) > 1e-10*sigma {
			t.Errorf("%s: %d coefficients, n %v, sigma %v, want %d, %d, %g", formula, len(got.Rows), scalar(t, r, "n"), scalar(t, r, "sigma"), p, n, sigma)
			continue
		}
		for i := range p {
			if e := cell(t, got, i, "estimate").(float64); math.Abs(e-beta.AtVec(i)) > 1e-10*(1+math.Abs(e)) {
				t.Errorf("%s: %v is %g, want %g", formula, cell(t, got, i, "term"), e, beta.AtVec(i))
			}
		}
	}
}

func TestLinearModelRefusals(t *testing.T) {
	rows := makeTrial(1, 60)
	rows = slices.DeleteFunc(rows, func(r []string) bool { return r[0] == "c" })
	space := statistictest.New(t, trialOf(5), header, append(rows, []string{"c", "40", "1.00", ""}), 3, 1)
	for call, want := range map[string]string{
		"'dose ~ arm'":                         "TACIT-T001", // c has one row
		"'dose ~ age + age:dose'":              "TACIT-P163",
		"'dose ~ age + offset(age)'":           "TACIT-P163",
		"'arm ~ age'":                          "TACIT-P103",
		"'dose ~ note'":                        "TACIT-P103",
		"'dose ~ factor(arm, ref=\"d\")'":      "TACIT-P165",
		"'dose ~ arm', where => 'arm = ''a'''": "TACIT-P165",
		"'dose ~ factor(age)'":                 "TACIT-P103",
		"'dose ~ dose'":                        regression.PerfectFit.Code,
		"'dose ~ age * arm', where => 'arm IN (''a'', ''b'') AND age < 23'": "TACIT-T001",
	} {
		_, err := space.Statistic(t.Context(), "SELECT * FROM lm(trial, "+call+")", false)
		if fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
}
