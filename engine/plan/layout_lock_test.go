package plan_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestLevels: what a model tells apart is counted, whatever filters its sums have.
func TestLevels(t *testing.T) {
	level := func(column, value string) plan.Level {
		return plan.Level{Column: column, Value: plan.Value{Kind: plan.Text, Text: value}}
	}
	text := func(column, op, value string) *plan.Predicate {
		return plan.Compare(map[string]plan.Op{"=": plan.Eq, "<>": plan.Ne}[op], column, plan.Value{Kind: plan.Text, Text: value})
	}
	ch := modelCharter(5)
	ch.Tables[0].Columns = append(ch.Tables[0].Columns, charter.Column{
		Name: "stage", Type: "text", Role: charter.Category, Nullable: new(bool), Domain: []string{"1", "2", "3", "4"},
	})
	for name, c := range map[string]struct {
		terms []plan.ModelTerm
		where *plan.Predicate
		want  []string
	}{
		"measures alone":    {[]plan.ModelTerm{{}, {Factors: []string{"age"}}}, nil, nil},
		"a reference level": {[]plan.ModelTerm{{}, {Levels: []plan.Level{level("sex", "m")}}}, nil, []string{"sex = 'm'", "sex = 'f'"}},
		"no reference": {
			[]plan.ModelTerm{{Levels: []plan.Level{level("sex", "f")}}, {Levels: []plan.Level{level("sex", "m")}}},
			nil,
			[]string{"sex = 'f'", "sex = 'm'"},
		},
		"two categories": {
			[]plan.ModelTerm{{Levels: []plan.Level{level("sex", "m")}}, {Factors: []string{"age"}, Levels: []plan.Level{level("stage", "2")}}},
			nil,
			[]string{"sex = 'm'", "sex = 'm' AND stage = '2'", "stage = '2'", "sex = 'f'", "stage IN ('1', '3', '4')"},
		},
		"a condition": {
			[]plan.ModelTerm{{}, {Levels: []plan.Level{level("stage", "2")}}},
			plan.AllOf(text("stage", "<>", "4"), text("stage", "<>", "1")),
			[]string{"stage = '2'", "stage = '3'"},
		},
		"the only one left": {
			[]plan.ModelTerm{{}, {Levels: []plan.Level{level("stage", "2")}}}, text("stage", "=", "2"), []string{"stage = '2'"},
		},
		"a measure of two values": {[]plan.ModelTerm{{}, {Factors: []string{"narrow"}}}, nil, []string{"narrow = 0", "narrow = 1"}},
	} {
		p := clinicPlan(t, ch)
		p.Sums, p.Where = p.Sums[:2], c.where
		p.Model.Terms, p.Model.Coefficients = c.terms, slices.Repeat(decimals("0"), len(c.terms))
		var got []string
		for _, g := range plan.Guards(p, ch) {
			if g.Lock {
				got = append(got, g.Filter.SQL())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: locks %q, want %q", name, got, c.want)
		}
	}
}

// TestLocks: whatever owners have, sums of values come back exactly where each level has enough, and nowhere else. A
// number of rows has its own guard only.
func TestLocks(t *testing.T) {
	const seed = 20261125
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 5))
	locked, open := 0, 0
	for round := range 60 {
		ch := modelCharter(2 + rng.IntN(9))
		for i := range rng.IntN(5) {
			ch.Members = append(ch.Members, charter.Member{ID: fmt.Sprintf("d%d", i), Roles: []charter.Role{charter.Owner}})
		}
		p := clinicPlan(t, ch)
		if round%3 > 0 {
			p.Keys = []plan.Key{{Kind: plan.KeyColumn, Column: "sex", Slots: []plan.Value{{Kind: plan.Text, Text: "f"}, {Kind: plan.Text, Text: "m"}}}}
			fit(t, p, ch)
		}
		if round%3 == 2 { // a curve for each sex
			bins := []int{3, 40, 900}[round/3%3]
			p.Keys = append(p.Keys, plan.Key{
				Kind: plan.KeyBins, Column: "age", Lo: decimals("0")[0], Hi: decimals("100")[0], Count: bins, Slots: plan.BinSlots(bins), Along: true,
			})
			fit(t, p, ch)
		}
		w := newWorld(t, p, ch)
		owners := len(ch.OwnersOf(p.Table))
		for range owners - rng.IntN(2) { // one may take no part
			w.add(
				func(bound *big.Int) *big.Int { return anyNumber(rng, bound) },
				func(bound uint64) uint64 { return anyUnits(rng, bound, 1+uint64(30/owners)) },
			)
		}
		released, err := w.layout.Read(w.release(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Length() {
			want, k := w.want(i)
			if released.Suppressed(i) != k || (want == nil) != (released.At(i) == nil) || want != nil && released.At(i).Cmp(want) != 0 {
				t.Fatalf("element %d: %v below %d, want %v below %d", i, released.At(i), released.Suppressed(i), want, k)
			}
			switch {
			case released.Lock(i) >= 0:
				locked++
			case k == 0 && p.Sums[i%len(p.Sums)].HasValues():
				open++
			}
		}
	}
	if locked == 0 || open == 0 {
		t.Errorf("%d locked numbers and %d open ones", locked, open)
	}
}

// TestPadsHide: behind a lock that stays closed, the slots of a sum that enough stand behind are different residues each time. An
// analyst who reads them as numbers has another one each time, and the true one if the pads are left out.
func TestPadsHide(t *testing.T) {
	ch := modelCharter(5)
	p := clinicPlan(t, ch)
	w := newWorld(t, p, ch)
	for range 3 {
		w.add(func(*big.Int) *big.Int { return big.NewInt(41) }, func(uint64) uint64 { return 7 })
	}
	for _, c := range w.owners { // nobody is a woman
		clear(c.units[len(c.units)-1])
	}
	seen := map[string]bool{}
	for range 20 {
		opened := w.release(t)
		seen[fmt.Sprint(slotsOf(opened))] = true
		got, err := w.layout.Read(opened)
		if err != nil || got.At(1) != nil || got.Lock(1) != len(w.layout.Guards)-1 || got.Suppressed(1) != 9 {
			t.Fatalf("%v: a locked sum is %v", err, got.At(1))
		}
		if got.At(0) == nil {
			t.Error("the number of rows is locked")
		}
	}
	if len(seen) != 20 {
		t.Errorf("20 releases of a locked sum show %d different ones", len(seen))
	}
}

// slotsOf are the limbs of the first run.
func slotsOf(opened [][]guard.RunOpened) [][]int64 { return opened[0][0].Limbs }

// TestForeignSeeds: seeds that no owner draws are refused.
func TestForeignSeeds(t *testing.T) {
	ch := modelCharter(5)
	p := clinicPlan(t, ch)
	w := newWorld(t, p, ch)
	for range 3 {
		w.add(func(*big.Int) *big.Int { return big.NewInt(1) }, func(uint64) uint64 { return 7 })
	}
	opened := w.release(t)
	last := opened[len(opened)-1]
	last[len(last)-1].Limbs[0][0] = -1
	if _, err := w.layout.Read(opened); !plan.ErrLayout.Is(err) {
		t.Errorf("%v", err)
	}
}
