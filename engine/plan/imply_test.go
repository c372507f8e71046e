package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestImplies: an implication that is reported holds for every value of a small domain, and most
// of those that hold are reported.
func TestImplies(t *testing.T) {
	const seed = 3
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	value := func() Value { return Value{Integer, fmt.Sprint(rng.IntN(5))} }
	var draw func(depth int) *Predicate
	draw = func(depth int) *Predicate {
		switch n := rng.IntN(10); {
		case n == 0 && depth > 0:
			return AllOf(draw(depth-1), draw(depth-1))
		case n == 1 && depth > 0:
			return AnyOf(draw(depth-1), draw(depth-1))
		case n == 2:
			return Negate(Missing("x"))
		case n == 3:
			return Missing("x")
		case n == 4:
			return OneOf("x", []Value{value(), value()})
		case n == 5:
			return Negate(OneOf("x", []Value{value(), value()}))
		}
		return Compare([]Op{Eq, Ne, Lt, Le, Gt, Ge}[rng.IntN(6)], "x", value())
	}
	// holds evaluates over NULL (-1) and -0.5, 0, 0.5, … in halves.
	const no, maybe, yes = 0, 1, 2
	var holds func(p *Predicate, half int) int
	holds = func(p *Predicate, half int) int {
		switch p.Op {
		case And:
			return min(holds(p.Args[0], half), holds(AllOf(p.Args[1:]...), half))
		case Or:
			return max(holds(p.Args[0], half), holds(AnyOf(p.Args[1:]...), half))
		case Not:
			return yes - holds(p.Args[0], half)
		case IsNull:
			return map[bool]int{true: yes, false: no}[half == -9]
		}
		if half == -9 {
			return maybe
		}
		ok := false
		for _, v := range p.Values {
			var c int
			fmt.Sscan(v.Text, &c)
			c *= 2
			ok = ok || map[Op]bool{Eq: half == c, In: half == c, Ne: half != c, Lt: half < c, Le: half <= c, Gt: half > c, Ge: half >= c}[p.Op]
		}
		return map[bool]int{true: yes, false: no}[ok]
	}
	reported, missed := 0, 0
	for range 20_000 {
		p, q := draw(2), draw(2)
		all := true
		for _, half := range []int{-9, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
			all = all && (holds(p, half) != yes || holds(q, half) == yes)
		}
		switch said := p.Implies(q); {
		case said && !all:
			t.Fatalf("%+v does not imply %+v", p, q)
		case said:
			reported++
		case all:
			missed++
		}
	}
	t.Logf("reported %d, missed %d", reported, missed)
	if reported < 3*missed {
		t.Errorf("reported %d, missed %d", reported, missed)
	}
	if !(*Predicate)(nil).Implies(nil) || (*Predicate)(nil).Implies(Missing("x")) || !Missing("x").Implies(nil) {
		t.Error("all rows")
	}
}
