package formula_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/engine/formula"
)

func term(columns ...string) formula.Term {
	var t formula.Term
	for _, c := range columns {
		t = append(t, formula.Factor{Name: formula.Name{Column: c}})
	}
	return t
}

func TestParse(t *testing.T) {
	two := "2"
	surv := formula.Response{Name: formula.Name{Column: "time"}, Event: &formula.Event{Name: formula.Name{Column: "status"}}}
	died := formula.Response{Name: formula.Name{Column: "time"}, Event: &formula.Event{Name: formula.Name{Column: "status"}, Value: &two}}
	y := formula.Response{Name: formula.Name{Column: "y"}}
	white := term("race")
	white[0].Levels, white[0].Reference = true, "white"
	factor := term("sex")
	factor[0].Levels = true
	for text, want := range map[string]formula.Formula{
		"y ~ 1":                               {Response: y, Intercept: true},
		"y~a+b":                               {Response: y, Intercept: true, Terms: []formula.Term{term("a"), term("b")}},
		"y ~ a * b - 1":                       {Response: y, Terms: []formula.Term{term("a"), term("b"), term("a", "b")}},
		"y ~ 0 + a:b + b:a + a":               {Response: y, Terms: []formula.Term{term("a", "b"), term("a")}},
		"Surv(time, status) ~ factor(sex)":    {Response: surv, Intercept: true, Terms: []formula.Term{factor}},
		"Surv(time,status==2) ~ a+strata(s)":  {Response: died, Intercept: true, Terms: []formula.Term{term("a")}, Strata: []formula.Name{{Column: "s"}}},
		"Surv(time, status = '2') ~ 1":        {Response: died, Intercept: true},
		"y ~ factor(race, ref = \"white\")":   {Response: y, Intercept: true, Terms: []formula.Term{white}},
		"y ~ a + offset(log(n))":              {Response: y, Intercept: true, Terms: []formula.Term{term("a")}, Offset: &formula.Offset{Name: formula.Name{Column: "n"}, Log: true}},
		"y ~ offset(n) + strata(s, `t u`)":    {Response: y, Intercept: true, Strata: []formula.Name{{Column: "s"}, {Column: "t u"}}, Offset: &formula.Offset{Name: formula.Name{Column: "n"}}},
		"~ a":                                 {Intercept: true, Terms: []formula.Term{term("a")}},
		" y ~ wt.loss + \"ph ecog\" ":         {Response: y, Intercept: true, Terms: []formula.Term{term("wt.loss"), term("ph ecog")}},
		"y ~ factoring + strata_x + offsets ": {Response: y, Intercept: true, Terms: []formula.Term{term("factoring"), term("strata_x"), term("offsets")}},
	} {
		got, err := formula.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".At" }, cmp.Ignore())); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, at := range map[string]int{
		"":                        0,
		"y":                       1,
		"y ~":                     3,
		"y ~ a +":                 7,
		"y ~ a b":                 6,
		"y ~ a - b":               8,
		"y ~ log(a)":              4,
		"y ~ a:a":                 6,
		"y ~ 2":                   4,
		"Surv(time) ~ a":          9,
		"Surv(t, s == ) ~ a":      13,
		"y ~ offset(a)+offset(b)": 14,
		"y ~ factor(a, b)":        14,
		"y ~ `a":                  4,
		"y ~ factor(a, ref='x":    18,
		"y ~ a*b*c*d*e":           13,
	} {
		_, err := formula.Parse(text)
		var e *formula.Error
		if !errors.As(err, &e) || e.At != at {
			t.Errorf("%q: %+v, want an error at %d", text, err, at)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("Surv(time, status == 2) ~ factor(a, ref = \"b\") * c:d + strata(e) + offset(log(f)) - 1")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := formula.Parse(text)
		if err != nil {
			return
		}
		for _, n := range got.Columns() {
			if n.At < 0 || n.At >= len(text) {
				t.Errorf("%q: %v", text, n)
			}
		}
	})
}
