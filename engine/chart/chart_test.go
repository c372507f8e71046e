package chart_test

import (
	"bytes"
	"flag"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-space/tacit/engine/chart"
)

var update = flag.Bool("update", false, "write the expected figures")

func figures() map[string]chart.Figure {
	hours := make([]float64, 24)
	low, mid, high := make([]float64, 24), make([]float64, 24), make([]float64, 24)
	for i := range hours {
		hours[i] = float64(i)
		mid[i] = 3 + 2*math.Sin(float64(i)/24*2*math.Pi-2)
		low[i], high[i] = mid[i]*0.6, mid[i]*1.5
	}
	return map[string]chart.Figure{
		"survival": &chart.Survival{
			Title: "Survival by sex", XLabel: "days", YLabel: "proportion alive",
			Curves: []chart.SurvivalCurve{
				{
					Label: "male", Start: 100, Times: []float64{50, 120, 300, 700}, Values: []float64{0.9, 0.7, 0.4, 0.1},
					Lower: []float64{0.84, 0.6, 0.3, 0.05}, Upper: []float64{0.95, 0.78, 0.5, 0.18},
					AtRisk: []int64{100, 88, 60, 22}, Leaving: []int64{12, 28, 38, 12},
				},
				{Label: "female", Start: 80, Times: []float64{80, 400}, Values: []float64{0.95, 0.6}, AtRisk: []int64{80, 70}, Leaving: []int64{10, 20}},
			},
		},
		"forest": &chart.Forest{
			Title: "Odds ratios", XLabel: "odds ratio", Reference: 1, Ratio: true,
			Rows: []chart.ForestRow{
				{Label: "age, per year", Estimate: 0.96, Lower: 0.9, Upper: 1.03},
				{Label: "smoke", Estimate: 1.96, Lower: 1.03, Upper: 3.7},
				{Label: "pooled", Estimate: 1.5, Lower: 1.1, Upper: 2.1, Summary: true},
			},
		},
		"differences": &chart.Forest{Title: "Differences", XLabel: "years", Rows: []chart.ForestRow{{Label: "a", Estimate: 1, Lower: -1, Upper: 3}}},
		"profile": &chart.Profile{
			Title: "Load by hour", XLabel: "hour", YLabel: "kW", Zero: true, Hours: true,
			Bands:  []chart.Band{{Label: "5–95 %", X: hours, Low: low, High: high}},
			Series: []chart.Series{{Label: "median", X: hours, Y: mid}, {Label: "steps", X: hours, Y: low, Steps: true}},
		},
		"growth": &chart.Growth{
			Title: "Time over rows", XLabel: "rows of an owner", YLabel: "s",
			Series: []chart.Series{
				{Label: "masked", X: []float64{1e4, 1e5, 1e6, 4e6}, Y: []float64{0.05, 0.06, 0.2, 0.7}},
				{Label: "unprotected", X: []float64{1e4, 1e5, 1e6, 4e6}, Y: []float64{0.002, 0.01, 0.1, 0.4}},
			},
		},
		"bars": &chart.Bars{Title: "Ages", XLabel: "years", YLabel: "patients", Edges: []float64{0, 10, 20, 40}, Heights: []float64{3, 7, 2}},
	}
}

// A figure is the same file on every machine.
func TestFigures(t *testing.T) {
	for name, f := range figures() {
		var svg, again, raster bytes.Buffer
		for _, b := range []*bytes.Buffer{&svg, &again} {
			if err := chart.Write(b, f, "svg"); err != nil {
				t.Fatal(name, ": ", err)
			}
		}
		if !bytes.Equal(svg.Bytes(), again.Bytes()) {
			t.Errorf("%s differs from itself", name)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, svg.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, svg.Bytes()) {
			t.Errorf("%s is another figure than %s (%v)", name, file, err)
		}
		if err := chart.Write(&raster, f, "png"); err != nil {
			t.Fatal(name, ": ", err)
		}
		if _, err := png.Decode(&raster); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFormat(t *testing.T) {
	for file, want := range map[string]string{"a.svg": "svg", "b/c.PNG": "png", "d.pdf": "", "e": ""} {
		got, err := chart.Format(file)
		if got != want || (want == "") != chart.BadFormat.Is(err) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}
