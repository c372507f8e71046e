package query_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

// row holds nil, *big.Rat, string, bool or time.Time by column. Doubles are on the
// declared grid.
type row map[string]any

func loadCharter(t testing.TB) *charter.Charter {
	t.Helper()
	text, err := os.ReadFile("testdata/charter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ch, err := charter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const rowSeed = 7

// randomRows makes rows that conform to the charter, with NULLs and few distinct
// values where that makes groups and ties.
func randomRows(t *charter.Table, n int) []row {
	rng := rand.New(rand.NewPCG(rowSeed, 0))
	rows := make([]row, n)
	for i := range rows {
		r := row{}
		for j := range t.Columns {
			c := &t.Columns[j]
			if !c.IsNullable() || rng.IntN(7) > 0 {
				r[c.Name] = randomValue(rng, c)
			}
		}
		rows[i] = r
	}
	return rows
}

func randomValue(rng *rand.Rand, c *charter.Column) any {
	if c.Role == charter.Category && c.Kind() != charter.KindBoolean {
		return parseValue(c, c.Domain[rng.IntN(len(c.Domain))])
	}
	switch c.Kind() {
	case charter.KindBoolean:
		return rng.IntN(2) == 0
	case charter.KindText:
		return fmt.Sprintf("p%d", rng.IntN(1000))
	case charter.KindDate, charter.KindTimestamp:
		return randomInstant(rng, c)
	}
	lo, hi, _ := c.RangeRat()
	res := c.ResolutionRat()
	steps := new(big.Rat).Sub(hi, lo)
	steps.Quo(steps, res)
	n := rng.Int64()
	if s := new(big.Int).Quo(steps.Num(), steps.Denom()); s.IsInt64() {
		n %= s.Int64() + 1
	}
	if rng.IntN(4) == 0 {
		n %= 3
	}
	v := new(big.Rat).Mul(res, big.NewRat(n, 1))
	return v.Add(v, lo)
}

func randomInstant(rng *rand.Rand, c *charter.Column) time.Time {
	from, to, ok := c.RangeTime()
	if !ok {
		from = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		to = from.AddDate(1, 0, 0)
	}
	at := from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)) + 1)))
	if c.Kind() == charter.KindDate {
		return at.Truncate(24 * time.Hour)
	}
	return at.Truncate(time.Microsecond)
}

func parseValue(c *charter.Column, text string) any {
	switch c.Kind() {
	case charter.KindText:
		return text
	case charter.KindBoolean:
		return text == "true"
	case charter.KindDate, charter.KindTimestamp:
		at, _ := charter.ParseInstant(c.Kind(), text)
		return at
	}
	r, _ := decimal.Parse(text)
	return r
}

// writeCSV writes the rows for DuckDB.
func writeCSV(t testing.TB, table *charter.Table, rows []row) string {
	t.Helper()
	var b strings.Builder
	for i := range table.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(table.Columns[i].Name)
	}
	for _, r := range rows {
		b.WriteByte('\n')
		for i := range table.Columns {
			if i > 0 {
				b.WriteByte(',')
			}
			if text := csvText(&table.Columns[i], r[table.Columns[i].Name]); text != "" {
				b.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
			}
		}
	}
	b.WriteByte('\n')
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func csvText(c *charter.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case *big.Rat:
		if c.Kind() == charter.KindDouble {
			f, _ := v.Float64()
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return v.FloatString(c.Scale())
	case time.Time:
		return charter.FormatInstant(c.Kind(), v)
	default:
		return fmt.Sprint(v)
	}
}

// pooled are sums computed in one place.
type pooled []*big.Int

func (s pooled) At(i int) *big.Int { return s[i] }

// evaluate interprets a plan over rows, as plainly as can be.
func evaluate(p *plan.Plan, t *charter.Table, rows []row) pooled {
	out := make(pooled, p.Length())
	for i := range out {
		out[i] = new(big.Int)
	}
	summands(p, t, rows, func(i int, v *big.Int) { out[i].Add(out[i], v) })
	return out
}

// summands calls f with every summand of every element.
func summands(p *plan.Plan, t *charter.Table, rows []row, f func(i int, v *big.Int)) {
	for _, r := range rows {
		if p.Where != nil && holds(p.Where, r) != true {
			continue
		}
		cell := 0
		for i := range p.Keys {
			cell = cell*p.Keys[i].Size() + slotOf(&p.Keys[i], r)
		}
		for s := range p.Sums {
			if v := summand(&p.Sums[s], t, r); v != nil {
				f(cell*len(p.Sums)+s, v)
			}
		}
	}
}

// guarded are sums of which some are suppressed.
type guarded struct {
	sums  pooled
	below []int
}

func (g guarded) At(i int) *big.Int {
	if g.below[i] > 0 {
		panic(fmt.Sprintf("element %d is suppressed", i))
	}
	return g.sums[i]
}

func (g guarded) Suppressed(i int) int { return g.below[i] }

func (guarded) Lock(int) int { return -1 }

// guard suppresses element i where fewer than k[i mod len(k)] rows stand behind it.
// Every row is a unit of its own.
func guard(p *plan.Plan, t *charter.Table, rows []row, k []int) guarded {
	g := guarded{evaluate(p, t, rows), make([]int, p.Length())}
	units := make([]int, p.Length())
	summands(p, t, rows, func(i int, _ *big.Int) { units[i]++ })
	if n := p.Points(); n > 1 { // a curve is released as a whole
		for curve := range p.Cells() / n {
			for s := range p.Sums {
				of := func(point int) *int { return &units[(curve*n+point)*len(p.Sums)+s] }
				all := 0
				for point := range n {
					all += *of(point)
				}
				for point := range n {
					*of(point) = all
				}
			}
		}
	}
	for i := range units {
		if k := k[i%len(p.Sums)%len(k)]; units[i] < k && k > 1 {
			g.below[i] = k
		}
	}
	return g
}

func summand(s *plan.Sum, t *charter.Table, r row) *big.Int {
	if s.Filter != nil && holds(s.Filter, r) != true {
		return nil
	}
	for _, name := range s.Present {
		if r[name] == nil {
			return nil
		}
	}
	product := big.NewRat(1, 1)
	for _, name := range s.Factors {
		var x *big.Rat
		switch v := r[name].(type) {
		case nil:
			return nil
		case bool:
			x = new(big.Rat)
			if v {
				x = big.NewRat(1, 1)
			}
		case *big.Rat:
			x = new(big.Rat).Quo(v, t.Column(name).ResolutionRat())
		}
		product.Mul(product, x)
	}
	if !product.IsInt() {
		panic("a value off the grid")
	}
	return product.Num()
}

func slotOf(k *plan.Key, r row) int {
	null := len(k.Slots)
	v := r[k.Column]
	switch {
	case k.Kind == plan.KeyCase:
		for _, a := range k.Arms {
			if holds(a.When, r) == true {
				return a.Slot
			}
		}
		return k.Else
	case v == nil:
		return null
	case k.Kind == plan.KeyTrunc:
		v = k.Grain.Trunc(v.(time.Time))
	case k.Kind == plan.KeyBins:
		return bin(k, v.(*big.Rat))
	}
	for i, s := range k.Slots {
		if compareTo(v, s) == 0 {
			return i
		}
	}
	panic("a value outside the slots of " + k.Column)
}

// bin is width_bucket of PostgreSQL: below 0, at and above hi n+1.
func bin(k *plan.Key, v *big.Rat) int {
	lo, hi := k.Lo.Rat(), k.Hi.Rat()
	switch {
	case v.Cmp(lo) < 0:
		return 0
	case v.Cmp(hi) >= 0:
		return k.Count + 1
	}
	x := new(big.Rat).Sub(v, lo)
	x.Mul(x, big.NewRat(int64(k.Count), 1)).Quo(x, new(big.Rat).Sub(hi, lo))
	return int(new(big.Int).Quo(x.Num(), x.Denom()).Int64()) + 1
}

func compareTo(v any, c plan.Value) int {
	switch v := v.(type) {
	case *big.Rat:
		return v.Cmp(c.Rat())
	case string:
		return strings.Compare(v, c.Text)
	case time.Time:
		at, _ := c.Time()
		return v.Compare(at)
	case bool:
		return strings.Compare(strconv.FormatBool(v), c.Text)
	}
	panic(fmt.Sprintf("a value of type %T", v))
}

// holds is true, false or nil (unknown).
func holds(p *plan.Predicate, r row) any {
	switch p.Op {
	case plan.And, plan.Or:
		decides := p.Op == plan.Or
		var out any = !decides
		for _, a := range p.Args {
			switch holds(a, r) {
			case decides:
				return decides
			case nil:
				out = nil
			}
		}
		return out
	case plan.Not:
		if b, ok := holds(p.Args[0], r).(bool); ok {
			return !b
		}
		return nil
	case plan.IsNull:
		return r[p.Column] == nil
	}
	v := r[p.Column]
	if v == nil {
		return nil
	}
	if p.Op == plan.In {
		for _, c := range p.Values {
			if compareTo(v, c) == 0 {
				return true
			}
		}
		return false
	}
	o := compareTo(v, p.Values[0])
	return map[plan.Op]bool{plan.Eq: o == 0, plan.Ne: o != 0, plan.Lt: o < 0, plan.Le: o <= 0, plan.Gt: o > 0, plan.Ge: o >= 0}[p.Op]
}
