package benchmarks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/tacit-space/tacit/engine/inference"
)

// Significant is the p value below which two figures are said to differ, as in benchstat.
const Significant = 0.05

// exactPairs is the product of the numbers of repetitions up to which p values are exact.
const exactPairs = 900

// Parse reads a report that [Report] was written as.
func Parse(text []byte) (*Report, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var r Report
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("not a report of benchmarks: %w", err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("a report of schema %q, this program reads %q", r.Schema, Schema)
	}
	for _, result := range r.Results {
		if result == nil || result.Name == "" {
			return nil, fmt.Errorf("a result has no name")
		}
	}
	return &r, nil
}

// Change is one figure in two reports.
type Change struct {
	Benchmark string  `json:"benchmark"`
	Metric    string  `json:"metric"`
	Unit      string  `json:"unit"`
	Old       float64 `json:"old"`   // median
	New       float64 `json:"new"`   // median
	Ratio     float64 `json:"ratio"` // new / old; 0 if old is 0
	OldRuns   int     `json:"old_runs"`
	NewRuns   int     `json:"new_runs"`
	// P is the probability of a difference this large or larger in ranks, if both came from one distribution:
	// Mann and Whitney's test, two-sided. It is 1 with a single run.
	P           float64 `json:"p"`
	Significant bool    `json:"significant"` // P is below [Significant]
}

// Comparison is what two reports have in common, and what makes them hard to compare.
type Comparison struct {
	Warnings []string `json:"warnings,omitempty"`
	Changes  []Change `json:"changes"`
}

// Compare compares the figures that both reports have, in the order of the second.
// It is an error if there is none, or if a result of either is not correct.
func Compare(old, new *Report) (*Comparison, error) {
	c := &Comparison{Warnings: differences(old, new)}
	for _, b := range new.Results {
		i := slices.IndexFunc(old.Results, func(r *Result) bool { return r.Name == b.Name })
		if i < 0 {
			c.Warnings = append(c.Warnings, b.Name+" is in the second report only")
			continue
		}
		a := old.Results[i]
		if !a.Correct || !b.Correct {
			return nil, fmt.Errorf("%s: an answer was wrong, its times mean nothing", b.Name)
		}
		for _, key := range sortedKeys(b.Parameters) {
			if x, y := fmt.Sprint(a.Parameters[key]), fmt.Sprint(b.Parameters[key]); x != y {
				c.Warnings = append(c.Warnings, fmt.Sprintf("%s: %s is %s, then %s", b.Name, key, x, y))
			}
		}
		for _, name := range sortedKeys(b.Metrics) {
			if m, ok := a.Metrics[name]; ok && m.Unit == b.Metrics[name].Unit {
				c.Changes = append(c.Changes, changed(b.Name, name, m, b.Metrics[name]))
			}
		}
	}
	if len(c.Changes) == 0 {
		return nil, fmt.Errorf("the reports have no figure in common")
	}
	return c, nil
}

func differences(old, new *Report) (out []string) {
	for _, d := range []struct {
		what string
		a, b any
	}{
		{"the machine", old.Machine, new.Machine},
		{"the seed", old.Seed, new.Seed},
		{"quick", old.Quick, new.Quick},
		{"full", old.Full, new.Full},
	} {
		if d.a != d.b {
			out = append(out, fmt.Sprintf("%s differs: %v, then %v", d.what, d.a, d.b))
		}
	}
	return out
}

func changed(benchmark, name string, a, b Metric) Change {
	c := Change{
		Benchmark: benchmark, Metric: name, Unit: b.Unit, Old: a.Median, New: b.Median,
		OldRuns: len(a.Samples), NewRuns: len(b.Samples), P: mannWhitney(a.Samples, b.Samples),
	}
	if a.Median != 0 {
		c.Ratio = b.Median / a.Median
	}
	c.Significant = c.P < Significant
	return c
}

// mannWhitney returns the two-sided p value: exact, ties included, for few repetitions, else by the normal approximation.
func mannWhitney(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 1
	}
	distinct := slices.Concat(a, b)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	if len(distinct) == 1 {
		return 1
	}
	x, y := make([]int64, len(distinct)), make([]int64, len(distinct))
	for _, v := range a {
		i, _ := slices.BinarySearch(distinct, v)
		x[i]++
	}
	for _, v := range b {
		i, _ := slices.BinarySearch(distinct, v)
		y[i]++
	}
	if len(a)*len(b) <= exactPairs {
		return exactRanks(x, y)
	}
	r, f := inference.MannWhitney(x, y)
	if f != nil {
		return 1
	}
	return r.P
}

// exactRanks is the two-sided p value of the rank sum of x, where x and y count the values of each group at each distinct value.
// It counts the ways to choose as many values as x has by their rank sum; ranks are doubled, as tied values share a mean.
func exactRanks(x, y []int64) float64 {
	var n, total, below int64
	for i := range x {
		n, total = n+x[i], total+x[i]+y[i]
	}
	ways := make([][]float64, n+1) // by number chosen, then by rank sum
	for k := range ways {
		ways[k] = make([]float64, n*2*total+1)
	}
	ways[0][0] = 1
	observed := int64(0)
	for i := range x {
		tied := x[i] + y[i]
		rank := 2*below + tied + 1 // twice the mean of below+1 … below+tied
		below += tied
		observed += x[i] * rank
		for range tied {
			for k := n; k > 0; k-- {
				for s := int64(len(ways[k])) - 1; s >= rank; s-- {
					ways[k][s] += ways[k-1][s-rank]
				}
			}
		}
	}
	centre := n * (total + 1)
	var all, far float64
	for s, w := range ways[n] {
		all += w
		if abs(int64(s)-centre) >= abs(observed-centre) {
			far += w
		}
	}
	return math.Min(1, far/all)
}

func abs(x int64) int64 { return max(x, -x) }

// Write prints the comparison for people.
func (c *Comparison) Write(w io.Writer) error {
	for _, text := range c.Warnings {
		fmt.Fprintln(w, "note:", text)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	last := ""
	for _, d := range c.Changes {
		if d.Benchmark != last {
			fmt.Fprintf(t, "\n%s\told\tnew\tunit\tchange\tp\n", d.Benchmark)
			last = d.Benchmark
		}
		fmt.Fprintf(t, "  %s\t%.4g\t%.4g\t%s\t%s\t%.3f (n=%d+%d)\n", d.Metric, d.Old, d.New, d.Unit, d.change(), d.P, d.OldRuns, d.NewRuns)
	}
	return t.Flush()
}

// change is the change in percent, or ~ where chance may explain it.
func (d *Change) change() string {
	if !d.Significant || d.Ratio == 0 {
		return "~"
	}
	return fmt.Sprintf("%+.1f%%", 100*(d.Ratio-1))
}
