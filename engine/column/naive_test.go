package column_test

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/plan"
)

// row holds nil, int64, *big.Rat (decimals), float64, string, bool or time.Time.
type row map[string]any

// naive computes a plan over rows with Go values and big integers only.
type naive struct {
	table *charter.Table
	plan  *plan.Plan
}

func (n naive) vector(rows []row) ([]*big.Int, int64) {
	out := make([]*big.Int, n.plan.Length())
	for i := range out {
		out[i] = new(big.Int)
	}
	var used int64
	for _, r := range rows {
		if n.plan.Where != nil && n.holds(n.plan.Where, r) != yes {
			continue
		}
		used++
		cell := 0
		for i := range n.plan.Keys {
			k := &n.plan.Keys[i]
			cell = cell*k.Size() + n.slot(k, r)
		}
		for i := range n.plan.Sums {
			if x := n.term(&n.plan.Sums[i], r); x != nil {
				out[cell*len(n.plan.Sums)+i].Add(out[cell*len(n.plan.Sums)+i], x)
			}
		}
	}
	return out, used
}

func (n naive) term(s *plan.Sum, r row) *big.Int {
	if s.Filter != nil && n.holds(s.Filter, r) != yes {
		return nil
	}
	for _, c := range s.Present {
		if r[c] == nil {
			return nil
		}
	}
	x := big.NewInt(1)
	for _, name := range s.Factors {
		if r[name] == nil {
			return nil
		}
		x.Mul(x, units(n.table.Column(name), r[name]))
	}
	return x
}

func units(c *charter.Column, v any) *big.Int {
	switch v := v.(type) {
	case int64:
		return big.NewInt(v)
	case bool:
		if v {
			return big.NewInt(1)
		}
		return new(big.Int)
	case *big.Rat:
		return new(big.Rat).Quo(v, c.ResolutionRat()).Num()
	case float64:
		res := c.ResolutionRat()
		a, _ := res.Num().Float64()
		b, _ := res.Denom().Float64()
		i, _ := big.NewFloat(math.Round(v * b / a)).Int(nil)
		return i
	}
	panic("no number")
}

func (n naive) slot(k *plan.Key, r row) int {
	null := len(k.Slots)
	if k.Kind == plan.KeyCase {
		for _, a := range k.Arms {
			if n.holds(a.When, r) == yes {
				return a.Slot
			}
		}
		return k.Else
	}
	v := r[k.Column]
	if v == nil {
		return null
	}
	switch k.Kind {
	case plan.KeyBins:
		return bin(k, v)
	case plan.KeyTrunc:
		v = k.Grain.Trunc(v.(time.Time))
	}
	for i, s := range k.Slots {
		if compare(v, s) == 0 {
			return i
		}
	}
	panic(fmt.Sprintf("no slot in %s", k.Column))
}

func bin(k *plan.Key, v any) int {
	lo, hi := k.Lo.Rat(), k.Hi.Rat()
	width := new(big.Rat).Sub(hi, lo)
	width.Quo(width, big.NewRat(int64(k.Count), 1))
	i := 0
	for ; i <= k.Count; i++ {
		edge := new(big.Rat).Mul(width, big.NewRat(int64(i), 1))
		edge.Add(edge, lo)
		if less(v, edge) {
			break
		}
	}
	return i
}

// less compares a double with the double nearest to the constant.
func less(v any, edge *big.Rat) bool {
	switch v := v.(type) {
	case float64:
		f, _ := edge.Float64()
		return v < f
	case int64:
		return new(big.Rat).SetInt64(v).Cmp(edge) < 0
	}
	return v.(*big.Rat).Cmp(edge) < 0
}

func compare(v any, c plan.Value) int {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v).Cmp(c.Rat())
	case *big.Rat:
		return v.Cmp(c.Rat())
	case float64:
		f, _ := c.Rat().Float64()
		return cmp.Compare(v, f)
	case string:
		return cmp.Compare(v, c.Text)
	case bool:
		if strconv.FormatBool(v) == c.Text {
			return 0
		}
		return 1
	case time.Time:
		at, _ := c.Time()
		return v.Compare(at)
	}
	panic("no value")
}

// truth is SQL's.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (n naive) holds(p *plan.Predicate, r row) truth {
	switch p.Op {
	case plan.And:
		out := yes
		for _, a := range p.Args {
			out = min(out, n.holds(a, r))
		}
		return out
	case plan.Or:
		out := no
		for _, a := range p.Args {
			out = max(out, n.holds(a, r))
		}
		return out
	case plan.Not:
		return yes - n.holds(p.Args[0], r)
	case plan.IsNull:
		return truthOf(r[p.Column] == nil)
	}
	v := r[p.Column]
	if v == nil {
		return unknown
	}
	if p.Op == plan.In {
		for _, c := range p.Values {
			if compare(v, c) == 0 {
				return yes
			}
		}
		return no
	}
	d := compare(v, p.Values[0])
	return truthOf(map[plan.Op]bool{
		plan.Eq: d == 0, plan.Ne: d != 0, plan.Lt: d < 0, plan.Le: d <= 0, plan.Gt: d > 0, plan.Ge: d >= 0,
	}[p.Op])
}

// The table of the random tests has every type in every role that it can have.
func testCharter() *charter.Charter {
	one := 1
	domain := []string{"a", "b b", "c'; DROP TABLE t; --", `d"d`, "é,漢"}
	return &charter.Charter{
		Rules: charter.Rules{MinContributors: 3, ToleratedCorruption: 1},
		Members: []charter.Member{
			{ID: "x", Roles: []charter.Role{charter.Owner}},
			{ID: "y", Roles: []charter.Role{charter.Owner}},
			{ID: "z", Roles: []charter.Role{charter.Owner}},
		},
		Tables: []charter.Table{{
			Name: "t", MinCohort: &one, MaxRows: 10000,
			Columns: []charter.Column{
				{Name: "id", Type: "text", Role: charter.Identifier},
				{Name: "kind", Type: "text", Role: charter.Category, Domain: domain},
				{Name: "num", Type: "integer", Role: charter.Category, Domain: []string{"-1", "0", "7", "9223372036854775807"}},
				{Name: "grade", Type: "decimal(3,1)", Role: charter.Category, Domain: []string{"-0.5", "0", "1.5"}},
				{Name: "flag", Type: "boolean", Role: charter.Category},
				{Name: "born", Type: "date", Role: charter.Category, Domain: []string{"2024-02-29", "1969-12-31"}},
				{Name: "day", Type: "date", Role: charter.Time, Range: []string{"2023-12-20", "2024-03-10"}, Grain: "day"},
				{Name: "at", Type: "timestamp", Role: charter.Time, Range: []string{"2023-12-31 22:00:00", "2024-01-02 03:59:59.999999"}, Grain: "minute"},
				{Name: "small", Type: "integer", Role: charter.Measure, Range: []string{"-100", "100"}},
				{Name: "large", Type: "integer", Role: charter.Measure, Range: []string{"-9223372036854775808", "9223372036854775807"}},
				{Name: "price", Type: "decimal(15,2)", Role: charter.Measure, Range: []string{"-1000", "99999.99"}},
				{Name: "wide", Type: "decimal(20,3)", Role: charter.Measure, Range: []string{"-9999999999999999.999", "9999999999999999.999"}},
				{Name: "temp", Type: "double", Role: charter.Measure, Range: []string{"-50", "50"}, Resolution: "0.01"},
				{Name: "mass", Type: "double", Role: charter.Measure, Range: []string{"0", "1000005"}, Resolution: "15"},
				{Name: "odd", Type: "double", Role: charter.Measure, Range: []string{"-3", "3"}, Resolution: "0.15"},
				{Name: "alive", Type: "boolean", Role: charter.Measure},
				{Name: "secret", Type: "text", Role: charter.Hidden},
			},
		}},
	}
}

func randomRow(rng *rand.Rand, t *charter.Table) row {
	r := row{}
	for i := range t.Columns {
		c := &t.Columns[i]
		if rng.IntN(5) > 0 {
			r[c.Name] = randomValue(rng, c)
		}
	}
	return r
}

func randomValue(rng *rand.Rand, c *charter.Column) any {
	if c.Role == charter.Category && c.Kind() != charter.KindBoolean {
		return parse(c, c.Domain[rng.IntN(len(c.Domain))])
	}
	switch c.Kind() {
	case charter.KindBoolean:
		return rng.IntN(2) == 0
	case charter.KindText:
		return fmt.Sprintf("id %d", rng.IntN(1000))
	case charter.KindDate, charter.KindTimestamp:
		return randomInstant(rng, c)
	}
	lo, hi, _ := c.RangeRat()
	if rng.IntN(20) == 0 {
		return number(c, lo)
	}
	if rng.IntN(20) == 0 {
		return number(c, hi)
	}
	if c.Kind() == charter.KindDouble && rng.IntN(2) == 0 {
		l, _ := lo.Float64()
		h, _ := hi.Float64()
		return l + rng.Float64()*(h-l)
	}
	steps := new(big.Rat).Sub(hi, lo)
	steps.Quo(steps, c.ResolutionRat())
	n := new(big.Int).Rand(bigSource{rng}.rand(), new(big.Int).Add(steps.Num(), big.NewInt(1)))
	x := new(big.Rat).Mul(new(big.Rat).SetInt(n), c.ResolutionRat())
	return number(c, x.Add(x, lo))
}

func randomInstant(rng *rand.Rand, c *charter.Column) time.Time {
	from, to, _ := c.RangeTime()
	if c.Kind() == charter.KindDate {
		return from.AddDate(0, 0, rng.IntN(int(to.Sub(from).Hours()/24)+1))
	}
	at := from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)) + 1)))
	if rng.IntN(3) == 0 {
		return at.Truncate(time.Hour)
	}
	return at.Truncate(time.Microsecond)
}

func number(c *charter.Column, r *big.Rat) any {
	switch c.Kind() {
	case charter.KindInteger:
		return r.Num().Int64()
	case charter.KindDouble:
		f, _ := r.Float64()
		return f
	}
	return r
}

func parse(c *charter.Column, text string) any {
	switch c.Kind() {
	case charter.KindText:
		return text
	case charter.KindDate, charter.KindTimestamp:
		at, _ := charter.ParseInstant(c.Kind(), text)
		return at
	}
	r, _ := decimal.Parse(text)
	return number(c, r)
}

// written is how a value is written into a CSV file.
func written(c *charter.Column, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case *big.Rat:
		return v.FloatString(c.Scale())
	case time.Time:
		return charter.FormatInstant(c.Kind(), v)
	}
	return fmt.Sprint(v)
}
