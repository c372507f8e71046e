package benchmarks

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/engine/statistic"
)

// local are the benchmarks without processes.
var local = []Benchmark{Primitives, MaskedSum, GuardedRelease}

// Where the answer is not the oracle's, a benchmark reports nothing.
func TestWrongAnswerFails(t *testing.T) {
	for _, b := range local {
		t.Run(b.Name, func(t *testing.T) {
			result, err := b.Measure(t.Context(), Options{Seed: 1, Runs: 1, Quick: true, Say: t.Logf, spoil: true})
			if err == nil || !strings.Contains(err.Error(), "differ") || result != nil {
				t.Fatalf("%v: %+v", err, result)
			}
		})
	}
}

// A benchmark that does not compare its answer, or measures nothing, is an error.
func TestMeasureWantsAnOracle(t *testing.T) {
	good := Result{Correct: true, Oracle: "itself", Metrics: map[string]Metric{"x": Summarise("s", []float64{1})}}
	for name, spoil := range map[string]func(r *Result){
		"nothing":   func(*Result) {},
		"wrong":     func(r *Result) { r.Correct = false },
		"no oracle": func(r *Result) { r.Oracle = "" },
		"no figure": func(r *Result) { r.Metrics = nil },
	} {
		r := good
		spoil(&r)
		b := Benchmark{Name: "b", Run: func(context.Context, Options) (*Result, error) { return &r, nil }}
		if _, err := b.Measure(t.Context(), Options{}); (err == nil) != (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The benchmarks without processes work at their small size and find their answers
// right; the others are run by the tests of the command line.
func TestQuick(t *testing.T) {
	for _, b := range local {
		t.Run(b.Name, func(t *testing.T) {
			result, err := b.Measure(t.Context(), Options{Seed: 1, Runs: 1, Quick: true, Say: t.Logf})
			if err != nil {
				t.Fatal(err)
			}
			if !result.Correct || len(result.Metrics) == 0 {
				t.Fatalf("%+v", result)
			}
		})
	}
}

// A guarded release with a wrong sum, a wrong count, or a cell too many, is not reported.
func TestGuardedReleaseFindsDifferences(t *testing.T) {
	c := &guardedQuick[0]
	for name, spoil := range map[string]func(o *guard.RunOpened, first int){
		"nothing":  func(*guard.RunOpened, int) {},
		"sum":      func(o *guard.RunOpened, first int) { o.Limbs[0][first]++ },
		"count":    func(o *guard.RunOpened, first int) { o.Guards[first]++ },
		"withheld": func(o *guard.RunOpened, first int) { o.Released[first] = false },
		"released": func(o *guard.RunOpened, first int) { o.Released[slices.Index(o.Released, false)] = true },
	} {
		r := &guardedRun{guardedCase: c, seed: 1}
		r.draw()
		opened := &guard.Opened{Groups: [][]guard.RunOpened{{r.plain()}}}
		spoil(&opened.Groups[0][0], slices.Index(opened.Groups[0][0].Released, true))
		if err := r.check(opened); (err == nil) != (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckFindsDifferences(t *testing.T) {
	want := [][]string{{"a", "1", "0.1"}}
	for name, c := range map[string]struct {
		got   [][]string
		equal bool
	}{
		"same":          {want, true},
		"rounding":      {[][]string{{"a", "1", "0.10000000000000002"}}, true},
		"decimal zeros": {[][]string{{"a", "1", "0.10"}}, true},
		"other integer": {[][]string{{"a", "2", "0.1"}}, false},
		"other double":  {[][]string{{"a", "1", "0.1001"}}, false},
		"other text":    {[][]string{{"b", "1", "0.1"}}, false},
		"row missing":   {nil, false},
		"column":        {[][]string{{"a", "1"}}, false},
	} {
		if err := check(c.got, want); (err == nil) != c.equal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A report of a statistic that differs in a byte is not accepted.
func TestSameReport(t *testing.T) {
	r := &statistic.Report{Statistic: "lm", Scalars: []statistic.Scalar{{Name: "n", Value: int64(10)}}}
	other := &statistic.Report{Statistic: "lm", Scalars: []statistic.Scalar{{Name: "n", Value: int64(11)}}}
	if err := sameReport(r, r, false); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"value": sameReport(other, r, false), "nothing": sameReport(nil, r, false), "oracle": sameReport(r, r, true),
	} {
		if err == nil {
			t.Errorf("%s: no difference is seen", name)
		}
	}
}
