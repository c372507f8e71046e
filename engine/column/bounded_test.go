package column_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/column"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/source"
)

// bounding is a random table of adversarial units: one has most of the rows, some are in many groups,
// some rows have none.
type bounding struct {
	asker
	rows []row
}

func newBounding(rng *rand.Rand, unit bool) *bounding {
	b := &bounding{asker: asker{rng, testCharter()}}
	b.ch.Rules.Privacy = charter.Privacy{
		MaxEpsilon: "10", MaxDelta: "1e-6",
		Budget: charter.Budget{Epsilon: "10", Delta: "1e-6", Period: charter.Duration(charter.MinPeriod)},
	}
	for range 300 {
		r := randomRow(rng, b.table())
		delete(r, "id")
		switch n := rng.IntN(60); {
		case n < 12:
			r["id"] = strconv.Itoa(n)
		case n < 50:
			r["id"] = "many"
		}
		b.rows = append(b.rows, r)
	}
	if unit {
		b.table().Unit = "id"
	}
	return b
}

// question is a random plan with noise on all or some sums, within limits of a unit.
func (b *bounding) question(groups int) (*plan.Plan, *plan.Noise) {
	for {
		for i := range b.table().Columns {
			c := &b.table().Columns[i]
			c.Privacy = ""
			if c.Role != charter.Identifier && c.Role != charter.Hidden && b.IntN(4) == 0 {
				c.Privacy = charter.Required
			}
		}
		b.table().Contribution = charter.Contribution{Groups: groups, Rows: 1 + b.IntN(4)}
		saved := b.ch.Rules.Privacy
		delta, _ := dp.ParseDelta("1e-6")
		p, ok := b.planWith(&plan.Privacy{Epsilon: 1e9, Delta: delta, Scope: plan.Scope(1 + b.IntN(2))})
		b.ch.Rules.Privacy = saved
		if !ok {
			continue
		}
		if n, f := plan.NewNoise(p, b.ch); f == nil {
			return p, n
		}
	}
}

func (b *bounding) planWith(v *plan.Privacy) (*plan.Plan, bool) {
	required := make([]string, len(b.table().Columns))
	for i := range required { // the asker checks plans without noise
		required[i], b.table().Columns[i].Privacy = b.table().Columns[i].Privacy, ""
	}
	p, ok := b.plan(b.rows)
	for i := range required {
		b.table().Columns[i].Privacy = required[i]
	}
	if !ok {
		return nil, false
	}
	p.Privacy = v
	w, _, f := plan.FitWidth(p, b.ch)
	if f != nil {
		return nil, false
	}
	p.Width = w
	return p, plan.Check(p, b.ch) == nil
}

func (b *bounding) engine(t *testing.T, rows []row) *source.Engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	writeCSV(t, path, b.table(), rows)
	e := open(t)
	if err := e.AddTable(t.Context(), source.Mapping{Files: []string{path}}, *b.table()); err != nil {
		t.Fatal(err)
	}
	return e
}

// vector of an engine, as noise is added to it.
func (b *bounding) vector(t *testing.T, e *source.Engine, p *plan.Plan, n *plan.Noise, key [32]byte) []*big.Int {
	t.Helper()
	guards := plan.Guards(p, b.ch)
	r, err := e.AggregateBounded(t.Context(), p, guards, n, key)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.SQL())
	}
	defer r.Release()
	sums, _, _, err := column.Cells(t.Context(), r, p, guards, b.ch)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.SQL())
	}
	out := make([]*big.Int, sums.Len())
	for i := range out {
		out[i] = sums.Big(i)
	}
	return out
}

// bounded computes in Go what is added up if no unit is in too many cells.
func (n naive) bounded(rows []row, noise *plan.Noise) []*big.Int {
	out, _ := n.vector(rows)
	for s, noisy := range noise.Sums {
		if noisy == nil {
			continue
		}
		for cell := range n.plan.Cells() {
			out[cell*len(noise.Sums)+s] = new(big.Int)
		}
		type pair struct {
			cell int
			unit string
		}
		sums, counts := map[pair]*big.Int{}, map[pair]int64{}
		for i, r := range rows {
			x := n.term(&n.plan.Sums[s], r)
			unit := strconv.Itoa(i)
			if n.table.Unit != "" {
				if r[n.table.Unit] == nil {
					continue
				}
				unit = fmt.Sprint(r[n.table.Unit])
			}
			if x == nil || n.plan.Where != nil && n.holds(n.plan.Where, r) != yes {
				continue
			}
			cell := 0
			for j := range n.plan.Keys {
				k := &n.plan.Keys[j]
				cell = cell*k.Size() + n.slot(k, r)
			}
			at := pair{cell, unit}
			if sums[at] == nil {
				sums[at] = new(big.Int)
			}
			sums[at].Add(sums[at], x)
			counts[at]++
		}
		for at, x := range sums {
			if c := counts[at]; c > int64(noise.Rows) {
				r := big.NewRat(int64(noise.Rows), c)
				r.Mul(r, new(big.Rat).SetInt(x))
				x = halfAway(r)
			}
			i := at.cell*len(noise.Sums) + s
			out[i].Add(out[i], x)
		}
	}
	return out
}

func halfAway(r *big.Rat) *big.Int {
	n := new(big.Int).Abs(r.Num())
	n.Lsh(n, 1).Add(n, r.Denom()).Quo(n, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

// TestBoundedAgainstNaive: whatever the plan, noised sums are what Go computes of the rows, each unit
// weighted down to its bound, and the others are exact.
func TestBoundedAgainstNaive(t *testing.T) {
	const seed = 20240412
	t.Logf("seed %d", seed)
	for _, unit := range []bool{true, false} {
		b := newBounding(rand.New(rand.NewPCG(seed, 1)), unit)
		e := b.engine(t, b.rows)
		for range 40 {
			p, n := b.question(charter.MaxGroups)
			want := naive{b.table(), p}.bounded(b.rows, n)
			for i, got := range b.vector(t, e, p, n, [32]byte{1}) {
				if got.Cmp(want[i]) != 0 {
					t.Fatalf("unit %v, element %d of %s: %s, wants %s", unit, i, p.SQL(), got, want[i])
				}
			}
		}
	}
}

// TestOneUnitIsBounded: with a unit removed, whichever it is, noised sums change in at most Groups
// cells, the same ones for all sums, and in each by at most Largest. And what each unit adds does not
// depend on the others: the vector is the sum of those of its units. With bounds taken out
// of the query, the unit "many" shows.
func TestOneUnitIsBounded(t *testing.T) {
	const seed = 20240413
	t.Logf("seed %d", seed)
	b := newBounding(rand.New(rand.NewPCG(seed, 1)), true)
	whole := b.engine(t, b.rows)
	units := map[string]*source.Engine{}
	for _, r := range b.rows {
		if name, ok := r["id"].(string); ok && units[name] == nil {
			units[name] = b.engine(t, slices.DeleteFunc(slices.Clone(b.rows), func(o row) bool { return o["id"] != name }))
		}
	}
	chosen, bounded := 0, 0
	for range 25 {
		p, n := b.question(1 + b.IntN(3))
		key := [32]byte{byte(b.IntN(256))}
		rest := b.vector(t, whole, p, n, key)
		for name, e := range units {
			one := b.vector(t, e, p, n, key)
			cells := map[int]bool{}
			for i, x := range one {
				s := n.Sums[i%len(p.Sums)]
				if s == nil {
					continue
				}
				rest[i].Sub(rest[i], x)
				if x.Sign() == 0 {
					continue
				}
				cells[i/len(p.Sums)] = true
				if x.CmpAbs(new(big.Int).SetUint64(s.Largest)) > 0 {
					t.Fatalf("unit %s adds %s to %s, at most is %d", name, x, p.Sums[i%len(p.Sums)].SQL(), s.Largest)
				}
				if x.CmpAbs(new(big.Int).SetUint64(s.Largest)) == 0 {
					bounded++
				}
			}
			if len(cells) > n.Groups {
				t.Fatalf("unit %s is in %d cells, at most are %d\n%s", name, len(cells), n.Groups, p.SQL())
			}
			if len(cells) == n.Groups && p.Cells() > n.Groups {
				chosen++
			}
		}
		for i, x := range rest {
			if n.Sums[i%len(p.Sums)] != nil && x.Sign() != 0 {
				t.Fatalf("element %d has %s of no unit\n%s", i, x, p.SQL())
			}
		}
	}
	if chosen < 20 || bounded < 20 {
		t.Errorf("the bounds were met %d and %d times only", chosen, bounded)
	}
}

// TestCellsAreChosenByTheKey: which cells a unit keeps depends on the key, and on nothing else.
func TestCellsAreChosenByTheKey(t *testing.T) {
	const seed = 20240414
	t.Logf("seed %d", seed)
	b := newBounding(rand.New(rand.NewPCG(seed, 1)), true)
	e := b.engine(t, b.rows)
	others := 0
	for range 10 {
		p, n := b.question(1)
		if p.Cells() < 4 {
			continue
		}
		first := b.vector(t, e, p, n, [32]byte{1})
		for i, x := range b.vector(t, e, p, n, [32]byte{1}) {
			if x.Cmp(first[i]) != 0 {
				t.Fatal("another choice under the same key")
			}
		}
		if !slices.EqualFunc(first, b.vector(t, e, p, n, [32]byte{2}), func(x, y *big.Int) bool { return x.Cmp(y) == 0 }) {
			others++
		}
	}
	if others < 3 {
		t.Errorf("another key chose others %d times only", others)
	}
}
