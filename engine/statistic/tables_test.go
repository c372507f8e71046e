package statistic_test

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/inference"
	"github.com/tacit-space/tacit/engine/lab/pooled"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// birthTables is births with the outcome as a category, and earlier births.
func birthTables(k int) charter.Table {
	t := births(k)
	for i := range t.Columns {
		if t.Columns[i].Name == "low" {
			t.Columns[i] = charter.Column{Name: "low", Type: "integer", Role: charter.Category, Nullable: no(), Domain: []string{"0", "1"}}
		}
	}
	t.Columns = append(t.Columns, charter.Column{Name: "ptl", Type: "integer", Role: charter.Measure, Nullable: no(), Range: []string{"0", "5"}})
	return t
}

func readBirthTables(t testing.TB) (header []string, rows [][]string) {
	t.Helper()
	return readCSV(t, "statistictest/data/birthwt.csv", nil, birthTables(1))
}

// askFunc asks over the births.
type askFunc func(call string) *statistic.Report

// TestTablesOfBirths: every answer is that over the rows together, and the same bits however rows are split.
func TestTablesOfBirths(t *testing.T) {
	header, rows := readBirthTables(t)
	var spaces []*pooled.Space
	for _, owners := range []int{3, 5, 13} {
		spaces = append(spaces, statistictest.New(t, birthTables(1), header, rows, owners, uint64(owners)))
	}
	for name, test := range map[string]func(*testing.T, askFunc){
		"Mantel-Haenszel": mantelHaenszelOfBirths, "t test": tTestOfBirths, "contingency": contingencyOfBirths, "rates": proportionsAndRates,
		"correlation": correlationOfBirths, "meta": metaOfBirths, "table 1": tableOneOfBirths,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(call string) *statistic.Report { return askAll(t, spaces, call) })
		})
	}
}

func askAll(t *testing.T, spaces []*pooled.Space, call string) *statistic.Report {
	t.Helper()
	var r *statistic.Report
	var first string
	for i, space := range spaces {
		var err error
		if r, err = space.Statistic(t.Context(), "SELECT * FROM "+call, false); err != nil {
			t.Fatal(call, ": ", err)
		}
		if text := asJSON(t, r); first == "" {
			first = text
		} else if text != first {
			t.Errorf("%s: split %d gives other numbers", call, i+1)
		}
	}
	return r
}

// birthsBy collects a column by the values of others, from the rows.
func birthsBy(t *testing.T, value string, by ...string) map[string][]float64 {
	t.Helper()
	header, rows := readBirthTables(t)
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	out := map[string][]float64{}
	for _, r := range rows {
		key := ""
		for _, b := range by {
			key += r[at[b]] + " "
		}
		x, err := strconv.ParseFloat(r[at[value]], 64)
		if err != nil {
			t.Fatal(err)
		}
		out[key] = append(out[key], x)
	}
	return out
}

func closeTo(t *testing.T, what string, got any, want float64) {
	t.Helper()
	if x, ok := got.(float64); !ok || math.Abs(x-want) > 1e-10*max(1, math.Abs(want)) {
		t.Errorf("%s is %v, want %.15g", what, got, want)
	}
}

// Golden: low by smoke within race: common odds ratio 3.08638, standard error of its logarithm 0.3713.
func mantelHaenszelOfBirths(t *testing.T, ask askFunc) {
	for _, call := range []string{"mh(birthwt, 'smoke', 'low', 'race')", "mantel_haenszel(birthwt, exposure => 'smoke', outcome => 'low', strata => 'race', exposed => '1', event => '1')"} {
		r := ask(call)
		if s := fmt.Sprintf("%.5f %.4f", scalar(t, r, "odds_ratio"), scalar(t, r, "se_log")); s != "3.08638 0.3713" {
			t.Errorf("%s: odds ratio and standard error %s", call, s)
		}
	}
	strata := table(t, ask("mh(birthwt, 'smoke', 'low', 'race', exposed => '1', event => '1')"), "strata")
	for i, want := range [][4]int64{{19, 33, 4, 40}, {6, 4, 5, 11}, {5, 7, 20, 35}} {
		for j, name := range []string{"a", "b", "c", "d"} {
			if cell(t, strata, i, name) != want[j] {
				t.Errorf("stratum %d: %v, want %v", i+1, strata.Rows[i], want)
			}
		}
	}
}

func tTestOfBirths(t *testing.T, ask askFunc) {
	groups := birthsBy(t, "lwt", "smoke")
	a, b := groups["0 "], groups["1 "]
	r := ask("ttest(birthwt, 'lwt ~ smoke')")
	ma, va := stat.MeanVariance(a, nil)
	mb, vb := stat.MeanVariance(b, nil)
	se := math.Sqrt(va/float64(len(a)) + vb/float64(len(b)))
	closeTo(t, "difference", scalar(t, r, "estimate"), ma-mb)
	closeTo(t, "t", scalar(t, r, "t"), (ma-mb)/se)
	closeTo(t, "standardised difference", scalar(t, r, "smd"), (ma-mb)/math.Sqrt((va+vb)/2))
	equal := ask("ttest(birthwt, 'lwt ~ smoke', equal_variance => true)")
	one := ask("ttest(birthwt, value => 'lwt', mu => 130)")
	if scalar(t, equal, "df") != float64(len(a)+len(b)-2) || scalar(t, one, "df") != float64(len(a)+len(b)-1) {
		t.Errorf("degrees of freedom %v and %v", scalar(t, equal, "df"), scalar(t, one, "df"))
	}
	m, sd := stat.MeanStdDev(append(append([]float64{}, a...), b...), nil)
	closeTo(t, "t of one sample", scalar(t, one, "t"), (m-130)/(sd/math.Sqrt(float64(len(a)+len(b)))))
	f := ask("anova(birthwt, 'lwt ~ smoke')")
	closeTo(t, "F is t²", scalar(t, f, "f"), scalar(t, equal, "t").(float64)*scalar(t, equal, "t").(float64))
}

func contingencyOfBirths(t *testing.T, ask askFunc) {
	r := ask("contingency(birthwt, 'race', 'low')")
	counts := [][]int64{}
	for _, race := range []string{"1", "2", "3"} {
		line := []int64{}
		for _, low := range []string{"0", "1"} {
			line = append(line, int64(len(birthsBy(t, "lwt", "race", "low")[race+" "+low+" "])))
		}
		counts = append(counts, line)
	}
	want, f := inference.Independence(counts, false)
	if f != nil {
		t.Fatal(f)
	}
	closeTo(t, "χ²", scalar(t, r, "chisq"), want.ChiSq)
	two := ask("crosstab(birthwt, 'smoke', 'low', exposed => '1', event => '1')")
	effects := table(t, two, "effects")
	// R: 30 and 44 of the smokers, 29 and 86 of the others; OR 2.0219, p of Fisher 0.03618.
	if s := fmt.Sprintf("%.4f %.5f", cell(t, effects, 2, "estimate"), scalar(t, two, "fisher_p")); s != "2.0219 0.03618" {
		t.Errorf("odds ratio and p %s", s)
	}
}

func proportionsAndRates(t *testing.T, ask askFunc) {
	r := ask("proportion(birthwt, 'low = 1', by => 'smoke')")
	groups := table(t, r, "groups")
	if cell(t, groups, 1, "n") != int64(74) || cell(t, groups, 1, "events") != int64(30) {
		t.Errorf("smokers: %v", groups.Rows[1])
	}
	w, _ := inference.Wilson(30, 74, 0.95)
	closeTo(t, "lower", cell(t, groups, 1, "lower"), w.Lower)
	i := table(t, ask("incidence(birthwt, 'low = 1', 'age', by => 'smoke', per => 100)"), "groups")
	years := birthsBy(t, "age", "smoke")
	want, _ := inference.Rate(30, sumOf(years["1 "]), 0.95)
	closeTo(t, "rate", cell(t, i, 1, "rate"), 100*want.Value)
	closeTo(t, "rate ratio", cell(t, i, 1, "rate_ratio"), 30/sumOf(years["1 "])/(29/sumOf(years["0 "])))
	s := table(t, ask("smr(birthwt, 'low = 1', 'ptl', by => 'smoke')"), "groups")
	closeTo(t, "SMR", cell(t, s, 1, "ratio"), 30/sumOf(birthsBy(t, "ptl", "smoke")["1 "]))
}

func sumOf(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

func correlationOfBirths(t *testing.T, ask askFunc) {
	r := table(t, ask("correlation(birthwt, 'age, lwt')"), "pairs")
	age, lwt := birthsBy(t, "age")[""], birthsBy(t, "lwt")[""]
	closeTo(t, "r", cell(t, r, 0, "r"), stat.Correlation(age, lwt, nil))
	closeTo(t, "covariance", cell(t, r, 0, "covariance"), stat.Covariance(age, lwt, nil))
}

func metaOfBirths(t *testing.T, ask askFunc) {
	r := ask("meta(birthwt, 'lwt', 'race', difference => 'smoke')")
	groups := birthsBy(t, "lwt", "race", "smoke")
	var values, variances []float64
	for _, race := range []string{"1", "2", "3"} {
		a, b := moments(groups[race+" 0 "]), moments(groups[race+" 1 "])
		w, f := inference.Welch(a, b, 0.95)
		if f != nil {
			t.Fatal(f)
		}
		values, variances = append(values, w.Estimate.Value), append(variances, w.Estimate.SE*w.Estimate.SE)
	}
	want, f := inference.Combine(values, variances, 0.95)
	if f != nil {
		t.Fatal(f)
	}
	closeTo(t, "Q", scalar(t, r, "q"), want.Q)
	closeTo(t, "fixed effect", cell(t, table(t, r, "pooled"), 0, "estimate"), want.Fixed.Value)
	closeTo(t, "random effect", cell(t, table(t, r, "pooled"), 1, "estimate"), want.Random.Value)
}

func moments(values []float64) *inference.Moments {
	m := &inference.Moments{Sum: new(big.Rat), SumSquares: new(big.Rat)}
	for _, v := range values {
		x := new(big.Rat).SetFloat64(v)
		m = m.Add(&inference.Moments{N: 1, Sum: x, SumSquares: new(big.Rat).Mul(x, x)})
	}
	return m
}

func tableOneOfBirths(t *testing.T, ask askFunc) {
	r := ask("table1(birthwt, 'lwt, race', by => 'smoke')")
	long := table(t, r, "rows")
	mean, sd := stat.MeanStdDev(birthsBy(t, "lwt", "smoke")["1 "], nil)
	closeTo(t, "mean", cell(t, long, 1, "mean"), mean)
	closeTo(t, "sd", cell(t, long, 1, "sd"), sd)
	n := len(birthsBy(t, "lwt", "race", "smoke")["1 1 "])
	closeTo(t, "share", cell(t, long, 3, "share"), float64(n)/74)
	wide := table(t, r, "table")
	if wide.Rows[0][1] != "115" || wide.Rows[0][2] != "74" {
		t.Errorf("numbers %v", wide.Rows[0])
	}
}

func TestTableRefusals(t *testing.T) {
	header, rows := readBirthTables(t)
	space := statistictest.New(t, birthTables(10), header, rows, 5, 1)
	for call, want := range map[string]string{
		"ttest(birthwt)": "TACIT-P162",
		"ttest(birthwt, 'lwt ~ smoke', value => 'lwt')":        "TACIT-P162",
		"ttest(birthwt, 'lwt ~ smoke + race')":                 "TACIT-P162",
		"ttest(birthwt, 'lwt ~ race')":                         "TACIT-T010",
		"ttest(birthwt, 'race ~ smoke')":                       "TACIT-P103",
		"ttest(birthwt, 'lwt ~ age')":                          "TACIT-P103",
		"anova(birthwt, 'lwt ~ 1')":                            "TACIT-P162",
		"contingency(birthwt, 'race', 'race')":                 "TACIT-P162",
		"contingency(birthwt, 'race', 'lwt')":                  "TACIT-P103",
		"contingency(birthwt, 'smoke', 'low', exposed => '7')": "TACIT-P165",
		"mh(birthwt, 'smoke', 'low', 'race')":                  "TACIT-T001",
		"mh(birthwt, 'race', 'low', 'smoke')":                  "TACIT-T010",
		"mh(birthwt, 'smoke', 'low', 'low')":                   "TACIT-P162",
		"correlation(birthwt, 'lwt')":                          "TACIT-P162",
		"correlation(birthwt, 'lwt, race')":                    "TACIT-P162",
		"proportion(birthwt, 'nobody = 1')":                    "TACIT-P102",
		"incidence(birthwt, 'low = 1', 'age', per => 0)":       "TACIT-P162",
		"incidence(birthwt, 'low = 1', 'race')":                "TACIT-P103",
		"meta(birthwt, 'lwt', 'age')":                          "TACIT-P103",
		"meta(birthwt, 'lwt', 'race', where => 'race = 1')":    "TACIT-T015",
		"table1(birthwt, 'lwt', by => 'age')":                  "TACIT-P103",
	} {
		if _, err := space.Statistic(t.Context(), "SELECT * FROM "+call, false); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", call, err, want)
		}
	}
}
