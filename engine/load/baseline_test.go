package load_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/load"
)

// An event against plain code over a table of days by hours. Days that are excluded, of another kind or with a gap are passed over.
func TestCurtail(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 5))
	for range 200 {
		n := 20 + random.IntN(20)
		used := make([][24]float64, n)
		s := &load.Series{}
		missing := -1
		if random.IntN(2) == 0 {
			missing = random.IntN(n - 1)
		}
		from := 5 + random.IntN(12)
		e := &load.Event{Day: monday.AddDate(0, 0, n-1), From: from, To: from + 1 + random.IntN(24-from), Y: 1 + random.IntN(3), Adjust: random.IntN(4)}
		e.X = 1 + random.IntN(e.Y)
		for d := range n {
			for h := range 24 {
				used[d][h] = float64(1 + random.IntN(1000))
				if d == missing && h == e.From {
					continue
				}
				s.At = append(s.At, monday.AddDate(0, 0, d).Add(time.Duration(h)*time.Hour))
				s.Values = append(s.Values, new(big.Rat).SetFloat64(used[d][h]))
			}
		}
		skipped := random.IntN(n - 1)
		e.Exclude = []time.Time{monday.AddDate(0, 0, skipped)}
		c, f := load.Curtail(s, e)
		weekend := func(d int) bool { return d%7 >= 5 } // the first day is a Monday
		sum := func(d, from, to int) (x float64) {
			for h := from; h < to; h++ {
				x += used[d][h]
			}
			return x
		}
		var days []int
		for d := n - 2; d >= 0 && len(days) < e.Y; d-- {
			if weekend(d) == weekend(n-1) && d != skipped && d != missing {
				days = append(days, d)
			}
		}
		if len(days) < e.Y {
			if !load.NoBaseline.Is(f) {
				t.Errorf("%d of %d days: %v", len(days), e.Y, f)
			}
			continue
		}
		if f != nil {
			t.Fatal(f)
		}
		slices.SortStableFunc(days, func(a, b int) int { return int(sum(b, e.From, e.To) - sum(a, e.From, e.To)) })
		days = days[:e.X]
		adjust := 0.0
		if e.Adjust > 0 {
			before := func(d int) float64 { return sum(d, e.From-1-e.Adjust, e.From-1) / float64(e.Adjust) }
			adjust = before(n - 1)
			for _, d := range days {
				adjust -= before(d) / float64(e.X)
			}
		}
		if math.Abs(float(c.Adjustment)-adjust) > 1e-9 || len(c.Hours) != e.To-e.From {
			t.Errorf("adjustment %g, want %g; %d hours", float(c.Adjustment), adjust, len(c.Hours))
		}
		for i, h := range c.Hours {
			want := adjust
			for _, d := range days {
				want += used[d][e.From+i] / float64(e.X)
			}
			if math.Abs(float(h.Baseline)-want) > 1e-9 || float(h.Actual) != used[n-1][e.From+i] || math.Abs(float(h.Reduction)-(want-used[n-1][e.From+i])) > 1e-9 {
				t.Errorf("hour %d: %g and %g, want %g and %g", e.From+i, float(h.Baseline), float(h.Actual), want, used[n-1][e.From+i])
			}
		}
		for i := range c.Days[1:] {
			if !c.Days[i].After(c.Days[i+1]) {
				t.Errorf("days %v", c.Days)
			}
		}
	}
	hourly := series(time.Hour, slices.Repeat([]int64{1}, 48)...)
	for what, e := range map[string]*load.Event{
		"no hours": {Day: monday, From: 4, To: 4, X: 1, Y: 1}, "no days": {Day: monday, From: 4, To: 5}, "more high days than days": {Day: monday, From: 4, To: 5, X: 2, Y: 1},
		"adjustment before midnight": {Day: monday, From: 2, To: 5, X: 1, Y: 1, Adjust: 2},
	} {
		if _, f := load.Curtail(hourly, e); !load.BadFigure.Is(f) {
			t.Errorf("%s: %v", what, f)
		}
	}
	for what, day := range map[string]time.Time{"a day without readings": monday.AddDate(0, 0, 5), "the first day": monday} {
		if _, f := load.Curtail(hourly, &load.Event{Day: day, From: 4, To: 5, X: 1, Y: 1}); !load.NoBaseline.Is(f) {
			t.Errorf("%s: %v", what, f)
		}
	}
}
