package plan_test

import (
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// withOwners makes a charter one of n owners.
func withOwners(ch *charter.Charter, n int) *charter.Charter {
	for len(ch.WithRole(charter.Owner)) < n {
		id := fmt.Sprintf("more%d", len(ch.Members))
		ch.Members = append(ch.Members, charter.Member{ID: id, Organisation: id, Roles: []charter.Role{charter.Owner}})
	}
	ch.Table("visits").Owners = nil // all
	return ch
}

// contribution is what one owner has: numbers of the plan, and units per guard and cell.
type contribution struct {
	sums  []*big.Int
	units [][]uint64
}

// world is a plan with its layout and the owners' contributions.
type world struct {
	p      *plan.Plan
	ch     *charter.Charter
	layout *plan.Layout
	owners []contribution
	ofSum  []int // the guard of each sum, -1: open
}

func newWorld(t *testing.T, p *plan.Plan, ch *charter.Charter) *world {
	t.Helper()
	l, f := plan.NewLayout(p, ch)
	if f != nil || l == nil {
		t.Fatalf("layout %v: %v", l, f)
	}
	w := &world{p: p, ch: ch, layout: l, ofSum: make([]int, len(p.Sums))}
	for i := range w.ofSum {
		w.ofSum[i] = -1
	}
	for g := range l.Guards {
		for _, s := range l.Guards[g].Sums {
			w.ofSum[s] = g
		}
	}
	return w
}

// add gives an owner the numbers and units that are drawn. Where a guard counts rows, the
// row counts behind it are its units.
func (w *world) add(number func(bound *big.Int) *big.Int, unit func(bound uint64) uint64) {
	cells := w.p.Cells()
	bounds, f := plan.Elements(w.p, w.ch)
	if f != nil {
		panic(f)
	}
	most := plan.UnitBound(w.p, w.ch).Uint64()
	c := contribution{sums: make([]*big.Int, w.p.Length()), units: make([][]uint64, len(w.layout.Guards))}
	for g := range c.units {
		c.units[g] = make([]uint64, cells/w.p.Points())
		for i := range c.units[g] {
			c.units[g][i] = unit(most)
		}
	}
	rows := w.ch.Table(w.p.Table).Unit == "" && w.p.Along() == nil
	for i := range c.sums {
		s := i % len(w.p.Sums)
		if g := w.ofSum[s]; rows && g >= 0 && len(w.p.Sums[s].Factors) == 0 {
			c.sums[i] = new(big.Int).SetUint64(c.units[g][i/len(w.p.Sums)])
		} else {
			c.sums[i] = number(bounds[s])
		}
	}
	w.owners = append(w.owners, c)
}

// want returns the number that is to be released, or nil and k.
func (w *world) want(i int) (*big.Int, int) {
	if g := w.ofSum[i%len(w.p.Sums)]; g >= 0 {
		units := uint64(0)
		for _, c := range w.owners {
			units += c.units[g][i/len(w.p.Sums)/w.p.Points()]
		}
		if k := w.layout.Guards[g].K; units < uint64(k) {
			return nil, k
		}
	}
	if lock := w.lockOf(i); lock >= 0 {
		return nil, w.layout.Guards[lock].K
	}
	sum := new(big.Int)
	for _, c := range w.owners {
		sum.Add(sum, c.sums[i])
	}
	return sum, 0
}

// lockOf returns the first lock that holds a number of values back, -1 if none does.
func (w *world) lockOf(i int) int {
	if s := &w.p.Sums[i%len(w.p.Sums)]; !s.HasValues() {
		return -1
	}
	for g, guard := range w.layout.Guards {
		units := uint64(0)
		for _, c := range w.owners {
			units += c.units[g][i/len(w.p.Sums)/w.p.Points()]
		}
		if guard.Lock && units < uint64(guard.K) {
			return g
		}
	}
	return -1
}

// locks reports whether sums of values have pads, which wrap around.
func (w *world) locks() bool {
	return slices.ContainsFunc(w.layout.Guards, func(g plan.Guard) bool { return g.Lock })
}

// release adds the owners' inputs up modulo t, run by run, multiplies with P of the
// guard, and divides, as the protocol does. It checks that the inputs are such that
// nothing wraps around.
func (w *world) release(t *testing.T) [][]guard.RunOpened {
	t.Helper()
	params, err := he.Set(w.layout.Shape.Set)
	if err != nil {
		t.Fatal(err)
	}
	inputs := make([]guard.Input, len(w.owners))
	for i, c := range w.owners {
		vector, err := ring.FromBig(ring.Width(w.p.Width), c.sums)
		if err != nil {
			t.Fatal(err)
		}
		if inputs[i], err = w.layout.Input(w.ch.OwnersOf(w.p.Table)[i].ID, vector, c.units); err != nil {
			t.Fatal(err)
		}
	}
	out := make([][]guard.RunOpened, len(w.layout.Shape.Groups))
	for g, group := range w.layout.Shape.Groups {
		for r, run := range group.Runs {
			parts := make([]guard.RunInput, len(inputs))
			for i := range inputs {
				parts[i] = inputs[i].Groups[g][r]
			}
			out[g] = append(out[g], releaseRun(t, run, group.K, params.T(), w.locks(), parts))
		}
	}
	return out
}

func releaseRun(t *testing.T, r guard.Run, k int, mod uint64, padded bool, parts []guard.RunInput) guard.RunOpened {
	t.Helper()
	out := guard.RunOpened{Released: make([]bool, r.Guards), Limbs: make([][]int64, r.Limbs)}
	if !r.Open {
		out.Guards = make([]uint64, r.Guards)
	}
	for l := range out.Limbs {
		out.Limbs[l] = make([]int64, r.Guards)
	}
	for i := range r.Guards {
		g := uint64(k)
		if !r.Open {
			g = 0
			for _, p := range parts {
				g = (g + p.Guards[i]) % mod
			}
		}
		product := falling(g, k, mod)
		out.Released[i] = product != 0
		if product == 0 {
			continue
		}
		inverse := power(product, mod-2, mod)
		if !r.Open {
			out.Guards[i] = mulMod(mulMod(g, product, mod), inverse, mod)
		}
		for l := range out.Limbs {
			x, exact := uint64(0), int64(0)
			for _, p := range parts {
				v := p.Limbs[l][i]
				exact += v
				x = (x + uint64((v%int64(mod)+int64(mod))%int64(mod))) % mod
			}
			if half := int64(mod / 2); !padded && (exact <= -half || exact >= half) {
				t.Fatalf("limb %d of guard %d sums to %d, t/2 is %d", l, i, exact, half)
			}
			x = mulMod(mulMod(x, product, mod), inverse, mod)
			if out.Limbs[l][i] = int64(x); x > mod/2 {
				out.Limbs[l][i] -= int64(mod)
			}
		}
	}
	return out
}

// falling is x(x−1)…(x−k+1) modulo the prime m.
func falling(x uint64, k int, m uint64) uint64 {
	p := uint64(1)
	for i := range uint64(k) {
		p = mulMod(p, (x+m-i%m)%m, m)
	}
	return p
}

func mulMod(a, b, m uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, m)
}

func power(x, e, m uint64) uint64 {
	out := uint64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			out = mulMod(out, x, m)
		}
		x = mulMod(x, x, m)
	}
	return out
}

// check releases and compares every element.
func (w *world) check(t *testing.T) (released, suppressed int) {
	t.Helper()
	got, err := w.layout.Read(w.release(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.p.Length() {
		want, k := w.want(i)
		if got.Suppressed(i) != k || (got.At(i) == nil) != (want == nil) || want != nil && got.At(i).Cmp(want) != 0 {
			t.Fatalf("element %d of %s: %v below %d, want %v below %d", i, w.p.SQL(), got.At(i), got.Suppressed(i), want, k)
		}
		if k > 0 {
			suppressed++
		} else {
			released++
		}
	}
	return released, suppressed
}

// TestLayout: whatever plan, charter, owners and numbers there are, what the protocol
// computes run by run is the pooled sums where there are k units, and k elsewhere.
func TestLayout(t *testing.T) {
	const seed = 20260714
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	var seen census
	for range 150 {
		p, ch := randomGuarded(t, rng)
		w := newWorld(t, p, ch)
		n := len(ch.OwnersOf(p.Table))
		if err := w.layout.Shape.Check(n); err != nil {
			t.Fatalf("%s: %v", p.SQL(), err)
		}
		few := 1 + uint64(40/n)
		for range n {
			w.add(
				func(bound *big.Int) *big.Int { return anyNumber(rng, bound) },
				func(bound uint64) uint64 { return anyUnits(rng, bound, few) },
			)
		}
		released, suppressed := w.check(t)
		seen.add(w, released, suppressed)
	}
	seen.want(t)
}

// census makes sure that the random plans meet every case.
type census struct {
	released, suppressed                                       int
	open, several, columns, split, wide, limbless, many, units int
	curves, cut, whole                                         int
	sets                                                       map[string]int
}

func (c *census) add(w *world, released, suppressed int) {
	c.released, c.suppressed = c.released+released, c.suppressed+suppressed
	if c.sets == nil {
		c.sets = map[string]int{}
	}
	shape := w.layout.Shape
	c.sets[shape.Set]++
	ks := map[int]bool{}
	for _, g := range w.layout.Guards {
		ks[g.K] = true
	}
	c.several += count(len(ks) > 1)
	c.wide += count(w.p.Width == plan.Width128)
	c.many += count(len(w.ch.OwnersOf(w.p.Table)) > 10)
	c.units += count(w.ch.Table(w.p.Table).Unit != "")
	curve := w.p.Along() != nil
	c.curves += count(curve)
	packed := 0
	for _, g := range shape.Groups {
		for _, r := range g.Runs {
			c.whole += count(curve && r.Guards > 1 && r.Limbs >= w.p.Points())
			c.cut += count(curve && !r.Open && r.Limbs%w.p.Points() != 0)
		}
		packed += count(g.Packed)
		c.columns += count(!g.Packed)
		for _, r := range g.Runs {
			c.open += count(r.Open)
			c.limbless += count(r.Limbs == 0)
		}
	}
	c.split += count(packed > len(ks))
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *census) want(t *testing.T) {
	t.Logf("%+v", *c)
	for name, n := range map[string]int{
		"released": c.released, "suppressed": c.suppressed, "open runs": c.open, "several k": c.several, "columns": c.columns,
		"cells over several ciphertexts": c.split, "128 bits": c.wide, "runs without limbs": c.limbless, "many owners": c.many, "units": c.units,
		"curves": c.curves, "curves over several ciphertexts": c.cut, "runs of curves": c.whole,
	} {
		if n < 5 {
			t.Errorf("%s: only %d times", name, n)
		}
	}
	if len(c.sets) < 4 {
		t.Errorf("only the sets %v", c.sets)
	}
}

// randomGuarded is a random plan with at least one guard that can be laid out.
func randomGuarded(t *testing.T, rng *rand.Rand) (*plan.Plan, *charter.Charter) {
	t.Helper()
	for {
		ch := withOwners(loadCharter(t), []int{3, 4, 7, 20, 60}[rng.IntN(5)])
		ch.Rules.MaxCells = 1 << 20
		table := ch.Table("visits")
		if rng.IntN(2) == 0 {
			table.Unit = ""
		}
		table.MaxRows = []int64{1, 30, 1000, 100_000, 5_000_000, 300_000_000}[rng.IntN(6)]
		own := map[string]int{}
		for range rng.IntN(3) {
			own[[]string{"cost", "dose", "large", "stay", "ward"}[rng.IntN(5)]] = 1 + rng.IntN(20)
		}
		cohorts(ch, []int{1, 1, 1, 2, 3, 5, 7, 8, 10, 13, 15, 20}[rng.IntN(12)], own)
		var items []string
		table.Column("admitted").Curve, table.Column("stay").Curve = "day", "1"
		curves := rng.IntN(4) == 0
		for range 1 + rng.IntN(map[bool]int{false: 5, true: 12}[curves]) {
			items = append(items, []string{
				"COUNT(*)", "AVG(cost)", "SUM(dose)", "VAR_POP(bmi)", "SUM(age * stay)", "COUNT(ward)", "SUM(cost * dose)", "SUM(large)",
			}[rng.IntN(8)]+[]string{"", "", " FILTER (WHERE sex = 'male')"}[rng.IntN(3)])
		}
		groups := []string{
			" GROUP BY curve(width_bucket(stay, 0, 400, 40))", " GROUP BY ward, curve(date_trunc('month', admitted))",
			" GROUP BY ward, sex, curve(date_trunc('day', admitted))",
		}
		if !curves {
			groups = []string{"", " GROUP BY ward", " GROUP BY ward, sex, level", " GROUP BY date_trunc('month', admitted), ward"}
		}
		if len(ch.OwnersOf("visits")) < 5 && rng.IntN(5) == 0 { // thousands of cells
			groups = []string{" GROUP BY date_trunc('day', admitted), level", " GROUP BY date_trunc('day', admitted), ward, sex, smoker"}
		}
		sql := "SELECT " + strings.Join(items, ", ") + " FROM visits" + groups[rng.IntN(len(groups))]
		if p := tryCompile(ch, sql); p != nil && len(plan.Guards(p, ch)) > 0 {
			return p, ch
		}
	}
}

// anyNumber is a number of at most bound in absolute value, with a liking for the
// ends and for limbs that are all ones.
func anyNumber(rng *rand.Rand, bound *big.Int) *big.Int {
	x := new(big.Int)
	switch rng.IntN(6) {
	case 0:
		x.Set(bound)
	case 1:
		x.SetInt64(1)
	case 2:
		x.Lsh(big.NewInt(1), uint(rng.IntN(bound.BitLen()+1)))
		x.Sub(x, big.NewInt(1))
	case 3:
	default:
		words := make([]big.Word, (bound.BitLen()+63)/64)
		for i := range words {
			words[i] = big.Word(rng.Uint64())
		}
		x.SetBits(words)
		x.Mod(x, new(big.Int).Add(bound, big.NewInt(1)))
	}
	if x.Cmp(bound) > 0 {
		x.Set(bound)
	}
	if rng.IntN(2) == 0 {
		x.Neg(x)
	}
	return x
}

// anyUnits is mostly so small that a cell is about as large as k.
func anyUnits(rng *rand.Rand, bound, few uint64) uint64 {
	switch rng.IntN(12) {
	case 0:
		return bound
	case 1:
		return rng.Uint64N(bound + 1)
	default:
		return min(bound, rng.Uint64N(few+1))
	}
}

// TestWorstCase: with every owner at the bound, at either end and with every limb as large
// as it can be, no sum of limbs reaches t/2 (release looks), whatever set is used.
func TestWorstCase(t *testing.T) {
	for _, c := range []struct {
		owners, k int
		rows      int64
	}{{3, 2, 1}, {3, 7, 100_000}, {20, 10, 5_000_000}, {60, 10, 10_000_000}, {100, 10, 1_000_000}, {3, 15, 300_000_000_000}, {100, 20, 1_000_000}} {
		ch := cohorts(withOwners(loadCharter(t), c.owners), c.k, nil)
		ch.Table("visits").MaxRows = c.rows
		p := tryCompile(ch, "SELECT COUNT(*), SUM(cost), SUM(large), SUM(cost * cost) FROM visits GROUP BY ward")
		if p == nil {
			p = compile(t, ch, "SELECT COUNT(*), SUM(cost), SUM(cost * cost) FROM visits GROUP BY ward")
		}
		for name, number := range map[string]func(*big.Int) *big.Int{
			"at the bound":         func(b *big.Int) *big.Int { return b },
			"at the lower bound":   func(b *big.Int) *big.Int { return new(big.Int).Neg(b) },
			"all ones, top −1":     func(*big.Int) *big.Int { return big.NewInt(-1) },
			"all ones":             allOnes,
			"all ones, lower half": func(b *big.Int) *big.Int { return new(big.Int).Sub(allOnes(b), b) },
		} {
			w := newWorld(t, p, ch)
			for range c.owners {
				w.add(number, func(bound uint64) uint64 { return bound })
			}
			if released, _ := w.check(t); uint64(c.owners)*uint64(c.rows) >= uint64(c.k) && released != p.Length() {
				t.Errorf("%+v, %s: %d of %d released", c, name, released, p.Length())
			}
		}
	}
}

// allOnes is the largest 2^i − 1 within bound.
func allOnes(bound *big.Int) *big.Int {
	x := new(big.Int).Lsh(big.NewInt(1), uint(new(big.Int).Add(bound, big.NewInt(1)).BitLen()-1))
	return x.Sub(x, big.NewInt(1))
}

// TestLayoutOfOthers: numbers of another shape than the layout's are refused, not read
// wrongly.
func TestLayoutOfOthers(t *testing.T) {
	ch := cohorts(loadCharter(t), 10, nil)
	p := compile(t, ch, "SELECT COUNT(*), SUM(cost) FROM visits GROUP BY ward")
	l, f := plan.NewLayout(p, ch)
	if f != nil {
		t.Fatal(f)
	}
	vector := ring.NewVector(ring.Width64, p.Length())
	units := [][]uint64{make([]uint64, p.Cells()), make([]uint64, p.Cells())}
	if _, err := l.Input("north", vector, units); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"no units":        func() error { _, err := l.Input("north", vector, nil); return err },
		"units of a cell": func() error { _, err := l.Input("north", vector, [][]uint64{units[0], units[1][:1]}); return err },
		"short vector":    func() error { _, err := l.Input("north", vector.Slice(0, p.Length()-1), units); return err },
		"no result":       func() error { _, err := l.Read(nil); return err },
		"other result": func() error {
			_, err := l.Read([][]guard.RunOpened{{{Released: make([]bool, p.Cells()+1)}}})
			return err
		},
	} {
		if err := try(); !plan.ErrLayout.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingGuarded: a plan without guards has no layout and no shape.
func TestNothingGuarded(t *testing.T) {
	ch := loadCharter(t)
	p := compile(t, ch, "SELECT COUNT(*), SUM(cost) FROM visits")
	if l, f := plan.NewLayout(p, ch); l != nil || f != nil {
		t.Errorf("layout %v, %v", l, f)
	}
	if shape, err := plan.GuardShape(p, ch); shape != nil || err != nil {
		t.Errorf("shape %x, %v", shape, err)
	}
}

func BenchmarkNewLayout(b *testing.B) {
	ch := cohorts(loadCharter(b), 10, nil)
	p := compile(b, ch, "SELECT ward, COUNT(*), AVG(cost), CORR(stay, cost) FROM visits GROUP BY ward")
	for b.Loop() {
		if _, f := plan.NewLayout(p, ch); f != nil {
			b.Fatal(f)
		}
	}
}
