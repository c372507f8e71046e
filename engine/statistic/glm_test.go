package statistic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/regression"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// births is the table of the birth weights, with models allowed.
func births(k int) charter.Table {
	rounds := 25
	return charter.Table{
		Name: "birthwt", MaxRows: 1000, MinCohort: &k, ModelRounds: &rounds,
		Columns: []charter.Column{
			{Name: "low", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "1"}},
			{Name: "age", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"10", "50"}},
			{Name: "lwt", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"70", "260"}},
			{Name: "race", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"1", "2", "3"}},
			{Name: "smoke", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}},
			{Name: "ftv", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "20"}},
		},
	}
}

func readBirths(t testing.TB) (header []string, rows [][]string) {
	t.Helper()
	return readCSV(t, "statistictest/data/birthwt.csv", nil, births(1))
}

// The golden values of R 4.2, however rows are split, and the same bits each time.
func TestLogisticOfBirths(t *testing.T) {
	header, rows := readBirths(t)
	var first string
	for _, owners := range []int{3, 5, 13} {
		space := statistictest.New(t, births(5), header, rows, owners, uint64(owners))
		r, err := space.Statistic(t.Context(), "SELECT * FROM glm(birthwt, 'low ~ age + lwt + smoke', family => 'binomial')", false)
		if err != nil {
			t.Fatal(err)
		}
		c := table(t, r, "coefficients")
		for i, want := range [][3]string{
			{"(Intercept)", "1.368225", "1.014262"}, {"age", "-0.038995", "0.032726"}, {"lwt", "-0.012139", "0.006135"}, {"smoke=1", "0.670764", "0.325878"},
		} {
			got := [3]string{cell(t, c, i, "term").(string), fmt.Sprintf("%.6f", cell(t, c, i, "estimate")), fmt.Sprintf("%.6f", cell(t, c, i, "se"))}
			if got != want {
				t.Errorf("%d owners: %v, want %v", owners, got, want)
			}
		}
		if got := fmt.Sprintf("%.4f %v %v %v", scalar(t, r, "deviance"), scalar(t, r, "df"), scalar(t, r, "n"), scalar(t, r, "events")); got != "222.8794 185 189 59" {
			t.Errorf("%d owners: %s", owners, got)
		}
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%d owners give other numbers", owners)
		}
	}
}

// pooledFit is Fisher scoring over rows of outcome, offset and terms, written down as in a textbook: the estimates, their
// standard errors and the deviance.
func pooledFit(t *testing.T, poisson bool, rows [][]float64) (beta, se []float64, deviance float64) {
	t.Helper()
	p := len(rows[0]) - 2
	beta = make([]float64, p)
	info := mat.NewSymDense(p, nil)
	for range 40 {
		info.Zero()
		deviance = 0
		u := mat.NewVecDense(p, nil)
		for _, r := range rows {
			y, eta, x := r[0], r[1], r[2:]
			for i := range p {
				eta += beta[i] * x[i]
			}
			mu := math.Exp(eta)
			v := mu
			if !poisson {
				mu /= 1 + mu
				v = mu * (1 - mu)
				deviance -= 2 * (y*math.Log(mu) + (1-y)*math.Log(1-mu))
			} else {
				deviance += 2 * (mu - y)
				if y > 0 {
					deviance += 2 * y * math.Log(y/mu)
				}
			}
			for i := range p {
				u.SetVec(i, u.AtVec(i)+(y-mu)*x[i])
				for j := i; j < p; j++ {
					info.SetSym(i, j, info.At(i, j)+v*x[i]*x[j])
				}
			}
		}
		var step mat.VecDense
		if err := step.SolveVec(info, u); err != nil {
			t.Log(err)
		}
		for i := range p {
			beta[i] += step.AtVec(i)
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(info); err != nil {
		t.Log(err)
	}
	for i := range p {
		se = append(se, math.Sqrt(inverse.At(i, i)))
	}
	return beta, se, deviance
}

// Models with factors, interactions and offsets equal the pooled fit.
func TestGLMAgainstPooled(t *testing.T) {
	t.Run("far from 0", func(t *testing.T) { glmAgainstPooled(t, 12331415600452099424) })
	t.Run("random", func(t *testing.T) { glmAgainstPooled(t, rand.Uint64()) })
}

func glmAgainstPooled(t *testing.T, seed uint64) {
	header, rows := readBirths(t)
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 5))
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:150]
	value := func(r []string, name string) float64 {
		x, err := strconv.ParseFloat(r[slices.Index(header, name)], 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	is := func(r []string, name string, level float64) float64 {
		if value(r, name) == level {
			return 1
		}
		return 0
	}
	for call, row := range map[string]func(r []string) []float64{
		"low ~ lwt + factor(race, ref = 2)": func(r []string) []float64 {
			return []float64{value(r, "low"), 0, 1, value(r, "lwt"), is(r, "race", 1), is(r, "race", 3)}
		},
		"smoke ~ age*low": func(r []string) []float64 {
			a, l := value(r, "age"), value(r, "low")
			return []float64{value(r, "smoke"), 0, 1, a, l, a * l}
		},
		"low ~ race - 1": func(r []string) []float64 {
			return []float64{value(r, "low"), 0, is(r, "race", 1), is(r, "race", 2), is(r, "race", 3)}
		},
		"ftv ~ age + smoke', family => 'poisson": func(r []string) []float64 {
			return []float64{value(r, "ftv"), 0, 1, value(r, "age"), is(r, "smoke", 1)}
		},
		"ftv ~ smoke + offset(log(age))', family => 'poisson": func(r []string) []float64 {
			return []float64{value(r, "ftv"), math.Log(value(r, "age")), 1, is(r, "smoke", 1)}
		},
		"smoke ~ lwt + offset(log(age))": func(r []string) []float64 {
			return []float64{value(r, "smoke"), math.Log(value(r, "age")), 1, value(r, "lwt")}
		},
		"low ~ lwt + offset(log(age))": func(r []string) []float64 {
			return []float64{value(r, "low"), math.Log(value(r, "age")), 1, value(r, "lwt")}
		},
		"ftv ~ smoke + offset(low)', family => 'poisson": func(r []string) []float64 {
			return []float64{value(r, "ftv"), value(r, "low"), 1, is(r, "smoke", 1)}
		},
	} {
		var numbers [][]float64
		for _, r := range rows {
			numbers = append(numbers, row(r))
		}
		poisson := value(rows[0], "ftv") == numbers[0][0] && call[0] == 'f'
		beta, se, deviance := pooledFit(t, poisson, numbers)
		r, err := statistictest.New(t, births(1), header, rows, 3, seed).Statistic(t.Context(), "SELECT * FROM glm(birthwt, '"+call+"')", false)
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		c := table(t, r, "coefficients")
		for i := range beta {
			got, s := cell(t, c, i, "estimate").(float64), cell(t, c, i, "se").(float64)
			if math.Abs(got-beta[i]) > 1e-8*math.Abs(beta[i]) || math.Abs(s-se[i]) > 1e-6*se[i] {
				t.Errorf("%s: %v is %.12g (%.12g), want %.12g (%.12g)", call, cell(t, c, i, "term"), got, s, beta[i], se[i])
			}
		}
		loglik := -deviance / 2
		if poisson { // of the model that is certain of each count, less half the deviance
			for _, n := range numbers {
				y := n[0]
				loglik += y*math.Log(max(y, 1)) - y
				for k := 2.0; k <= y; k++ {
					loglik -= math.Log(k)
				}
			}
		}
		wants := map[string]float64{"deviance": deviance, "loglik": loglik, "aic": 2*float64(len(beta)) - 2*loglik}
		if poisson && !strings.Contains(call, "- 1") {
			var alone [][]float64
			for _, n := range numbers {
				alone = append(alone, []float64{n[0], n[1], 1})
			}
			_, _, wants["null_deviance"] = pooledFit(t, true, alone)
		}
		for name, want := range wants {
			if got, ok := scalar(t, r, name).(float64); !ok || math.Abs(got-want) > 1e-8*math.Abs(want) {
				t.Errorf("%s: %s %v, want %.12g", call, name, got, want)
			}
		}
	}
}

func TestGLMRefusals(t *testing.T) {
	plain := births(1)
	plain.ModelRounds = nil
	for call, want := range map[string]string{
		"'Surv(age, low) ~ lwt'":                              "TACIT-P163",
		"'low ~ lwt + strata(race)'":                          "TACIT-P163",
		"'age ~ lwt'":                                         regression.BadOutcome.Code,
		"'race ~ lwt'":                                        statistic.EventCoding.Code,
		"'race ~ lwt', family => 'poisson'":                   plan.WrongRole.Code,
		"'low ~ lwt', family => 'gamma'":                      "TACIT-P162",
		"'low ~ lwt', max_rounds => 26":                       "TACIT-P162",
		"'low ~ age:lwt'":                                     statistic.TooManyTerms.Code,
		"'low ~ factor(race, ref = 9)'":                       statistic.UnknownLevel.Code,
		"'ftv ~ lwt + offset(log(low))', family => 'poisson'": plan.BadModel.Code,
		"'ftv ~ smoke + offset(lwt)', family => 'poisson'":    plan.BeyondReach.Code,
	} {
		if _, err := statistic.Compile("SELECT * FROM glm(birthwt, "+call+")", statistictest.Charter(t, 3, births(1))); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
	if _, err := statistic.Compile("SELECT * FROM glm(birthwt, 'low ~ lwt')", statistictest.Charter(t, 3, plain)); !plan.NoModels.Is(err) {
		t.Errorf("a table without models: %v", err)
	}
}

// What the rows do not allow is said with the term.
func TestGLMWithoutAnswer(t *testing.T) {
	header, rows := readBirths(t)
	ask := func(k int, rows [][]string, call string) error {
		t.Helper()
		_, err := statistictest.New(t, births(k), header, rows, 3, 1).Statistic(t.Context(), "SELECT * FROM glm(birthwt, "+call+")", false)
		return err
	}
	low, smoke, age := slices.Index(header, "low"), slices.Index(header, "smoke"), slices.Index(header, "age")
	changed := func(change func(r []string)) (out [][]string) {
		for _, r := range rows {
			r = slices.Clone(r)
			change(r)
			out = append(out, r)
		}
		return out
	}
	separated := changed(func(r []string) { r[low] = r[smoke] })
	if err := ask(1, separated, "'low ~ smoke'"); !regression.Separation.Is(err) {
		t.Errorf("separated: %v", err)
	}
	if err := ask(1, changed(func(r []string) { r[age] = "30" }), "'low ~ lwt + age'"); !regression.Collinear.Is(err) {
		t.Errorf("constant: %v", err)
	}
	if err := ask(1, changed(func(r []string) { r[low] = "1" }), "'low ~ lwt'"); !regression.ConstantOutcome.Is(err) {
		t.Errorf("one outcome: %v", err)
	}
	if err := ask(1, rows, "'low ~ lwt', max_rounds => 2"); !regression.NotConverged.Is(err) {
		t.Errorf("two rounds: %v", err)
	}
	if err := ask(1, rows[:10], "'low ~ lwt + race'"); err == nil {
		t.Error("4 coefficients from 10 rows")
	}
	few, race := 0, slices.Index(header, "race")
	fewer := slices.DeleteFunc(slices.Clone(rows), func(r []string) bool {
		if r[race] == "2" {
			few++
		}
		return r[race] == "2" && few > 15
	})
	if err := ask(20, fewer, "'low ~ lwt + race'"); !statistic.Suppressed.Is(err) || !strings.Contains(err.Error(), "race = 2") {
		t.Errorf("15 women of race 2: %v", err)
	}
}
