package benchmarks

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// Values of R 4: wilcox.test(a, b, exact = TRUE)$p.value without ties; with ties by counting all 20 ways by hand.
func TestMannWhitney(t *testing.T) {
	for _, c := range []struct {
		a, b []float64
		p    float64
	}{
		{[]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9, 10}, 2.0 / 252},
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 2.0 / 20},
		{[]float64{1, 2, 3, 4}, []float64{5, 6, 7, 8}, 2.0 / 70},
		{[]float64{1, 1, 2}, []float64{2, 3, 3}, 4.0 / 20}, // rank sums 6.5 (2 ways) and 14.5 (2 ways)
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 1},
		{[]float64{5, 5}, []float64{5, 5}, 1},
		{[]float64{5}, []float64{50, 60, 70}, 1},
	} {
		if got := mannWhitney(c.a, c.b); math.Abs(got-c.p) > 1e-12 {
			t.Errorf("%v, %v: p %v, want %v", c.a, c.b, got, c.p)
		}
	}
}

// The exact p value and the approximation agree where both can be had.
func TestMannWhitneyMany(t *testing.T) {
	var a, b []float64
	for i := range 30 {
		a, b = append(a, float64(i)), append(b, float64(i)+9.5)
	}
	exact := mannWhitney(a, b)
	approximate := mannWhitney(append(a, 14.2), append(b, 24.3)) // one more each
	if exact <= 0 || exact > 0.01 || math.Abs(exact-approximate) > exact/2 {
		t.Errorf("exact %v, approximate %v", exact, approximate)
	}
}

func reportOf(runs ...float64) *Report {
	return &Report{Schema: Schema, Seed: 1, Results: []*Result{{
		Name: "x", Correct: true, Oracle: "itself", Parameters: map[string]any{"rows": 10},
		Metrics: map[string]Metric{"time | all": Summarise("s", runs)},
		Curves:  []Curve{{Title: "t", XLabel: "rows", YLabel: "s", X: []float64{1, 2, 4}, Lines: []Line{line("time", []float64{1, 2, 4}, []float64{3, 12, 48})}}},
	}}}
}

func TestCompare(t *testing.T) {
	old := reportOf(1, 1.1, 1.2, 1.3, 1.4)
	c, err := Compare(old, reportOf(2, 2.2, 2.4, 2.6, 2.8))
	if err != nil {
		t.Fatal(err)
	}
	d := c.Changes[0]
	if !d.Significant || math.Abs(d.Ratio-2) > 1e-12 || d.change() != "+100.0%" || len(c.Warnings) != 0 {
		t.Errorf("%+v", c)
	}
	if c, _ := Compare(old, reportOf(1.05, 1.15, 1.25, 1.35, 1.45)); c.Changes[0].Significant || c.Changes[0].change() != "~" {
		t.Errorf("noise is a change: %+v", c)
	}
	// Another size and another seed are said, a wrong answer and nothing in common are refused.
	other := reportOf(1, 1)
	other.Seed, other.Results[0].Parameters["rows"] = 2, 11
	if c, err := Compare(old, other); err != nil || len(c.Warnings) != 2 {
		t.Errorf("%v %+v", err, c)
	}
	wrong := reportOf(1, 1)
	wrong.Results[0].Correct = false
	if _, err := Compare(old, wrong); err == nil {
		t.Error("a wrong answer was compared")
	}
	wrong.Results[0].Name = "y"
	if _, err := Compare(old, wrong); err == nil {
		t.Error("nothing in common")
	}
}

func TestParse(t *testing.T) {
	text, err := json.Marshal(reportOf(1, 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(text)
	if err != nil || len(r.Results[0].Metrics["time | all"].Samples) != 3 || r.Results[0].Curves[0].Lines[0].Exponent == nil {
		t.Fatalf("%v %+v", err, r)
	}
	for _, bad := range []string{``, `{}`, `[]`, `{"schema":"tacit/bench/v2"}`, `{"schema":"tacit/bench/v1","results":[null]}`} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestMarkdown(t *testing.T) {
	document, figures, err := reportOf(1, 2, 3).Markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## x", "Equal to itself.", "| rows | 10 |", `| time \| all | 1 | 2 | 3 | s |`, "![t](x-1.svg)", "power 2.00 of rows"} {
		if !strings.Contains(string(document), want) {
			t.Errorf("without %q:\n%s", want, document)
		}
	}
	if !bytes.Contains(figures["x-1.svg"], []byte("<svg")) {
		t.Error("no figure")
	}
}
