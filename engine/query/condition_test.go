package query_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/result"
)

// known is what can be known of an expression: its value (nil, int64 or bool), or the
// largest k of the suppressed sums in the way.
type known struct {
	value any
	below int
}

// formula is a random expression and how to evaluate it by hand.
type formula struct {
	sql  string
	eval func(leaves []known) known
}

// leaves of the formulas: the numbers of rows with each level.
var leaves = []string{
	"COUNT(*) FILTER (WHERE level = 1)",
	"COUNT(*) FILTER (WHERE level = 2)",
	"COUNT(*) FILTER (WHERE level = 3)",
}

// TestSuppressedConditions: random conditions and branches over few sums, some of them
// suppressed, against an evaluation by hand: AND and OR are released if a released
// argument decides, CASE and COALESCE if everything up to the branch taken is
// released, all others if all parts are.
func TestSuppressedConditions(t *testing.T) {
	seed, rounds := *querySeed, 4*(*queryRounds)
	t.Logf("seed %d, %d formulas", seed, rounds)
	ch := loadCharter(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	sums := make([]plan.Sum, len(leaves))
	for i, sql := range leaves {
		q, err := query.Compile("SELECT "+sql+" FROM visits", ch)
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = q.Plan.Sums[1]
	}
	marked := 0
	for range rounds {
		f := condition(rng, 4)
		if rng.IntN(2) == 0 {
			f = number(rng, 4)
		}
		q, err := query.Compile("SELECT "+f.sql+" AS v, COUNT(*) FROM visits", ch)
		if err != nil {
			t.Fatalf("%v\n%s", err, f.sql)
		}
		values := make([]known, len(leaves))
		for i := range values {
			values[i] = known{value: rng.Int64N(4)}
			if rng.IntN(3) == 0 {
				values[i] = known{below: []int{2, 5, 10, 20}[rng.IntN(4)]}
			}
		}
		given := guarded{make(pooled, q.Plan.Length()), make([]int, q.Plan.Length())}
		given.sums[0] = big.NewInt(100)
		for i := range q.Plan.Sums {
			for j, v := range values {
				if q.Plan.Sums[i].Equal(&sums[j]) {
					given.below[i] = v.below
					given.sums[i] = big.NewInt(-1)
					if v.below == 0 {
						given.sums[i] = big.NewInt(v.value.(int64))
					}
				}
			}
		}
		out, err := q.Finish(given)
		if err != nil {
			t.Fatal(err)
		}
		got := known{out.Rows[0][0], out.Suppressed[result.Cell{}]}
		if n, ok := got.value.(*big.Int); ok {
			got.value = n.Int64()
		}
		if want := f.eval(values); got != want {
			t.Fatalf("%v, wants %v\n%s\n%v", got, want, f.sql, values)
		}
		if got.below > 0 {
			marked++
		}
	}
	t.Logf("%d marked", marked)
	if marked < rounds/10 || marked > rounds*9/10 {
		t.Error("the formulas no longer meet both cases")
	}
}

// strict is an operator that needs all its operands and is NULL if one is.
func strict(sql string, compute func(a, b any) any, l, r formula) formula {
	return formula{fmt.Sprintf(sql, l.sql, r.sql), func(x []known) known {
		a, b := l.eval(x), r.eval(x)
		switch {
		case a.below+b.below > 0:
			return known{below: max(a.below, b.below)}
		case a.value == nil || b.value == nil:
			return known{}
		default:
			return known{value: compute(a.value, b.value)}
		}
	}}
}

func number(rng *rand.Rand, depth int) formula {
	if depth == 0 || rng.IntN(5) == 0 {
		if rng.IntN(4) == 0 {
			n := rng.Int64N(4)
			return formula{fmt.Sprint(n), func([]known) known { return known{value: n} }}
		}
		i := rng.IntN(len(leaves))
		return formula{leaves[i], func(x []known) known { return x[i] }}
	}
	a, b := number(rng, depth-1), number(rng, depth-1)
	switch rng.IntN(6) {
	case 0:
		return strict("(%s + %s)", func(a, b any) any { return a.(int64) + b.(int64) }, a, b)
	case 1:
		return strict("(%s - %s)", func(a, b any) any { return a.(int64) - b.(int64) }, a, b)
	case 2:
		return formula{"COALESCE(" + a.sql + ", " + b.sql + ")", func(x []known) known {
			if v := a.eval(x); v.below > 0 || v.value != nil {
				return v
			}
			return b.eval(x)
		}}
	case 3:
		return formula{"NULLIF(" + a.sql + ", " + b.sql + ")", func(x []known) known {
			v, w := a.eval(x), b.eval(x)
			switch {
			case v.below+w.below > 0:
				return known{below: max(v.below, w.below)}
			case v.value == w.value:
				return known{}
			default:
				return v
			}
		}}
	default:
		return branches(rng, depth, a, b)
	}
}

// branches is CASE with two conditions, with or without ELSE.
func branches(rng *rand.Rand, depth int, a, b formula) formula {
	p, q := condition(rng, depth-1), condition(rng, depth-1)
	other := formula{"NULL", func([]known) known { return known{} }}
	if rng.IntN(2) == 0 {
		other = number(rng, depth-1)
	}
	return formula{
		"CASE WHEN " + p.sql + " THEN " + a.sql + " WHEN " + q.sql + " THEN " + b.sql + " ELSE " + other.sql + " END",
		func(x []known) known {
			for i, c := range []formula{p, q} {
				v := c.eval(x)
				switch {
				case v.below > 0:
					return v
				case v.value == true:
					return []formula{a, b}[i].eval(x)
				}
			}
			return other.eval(x)
		},
	}
}

func condition(rng *rand.Rand, depth int) formula {
	if depth > 1 && rng.IntN(3) > 0 {
		p, q := condition(rng, depth-1), condition(rng, depth-1)
		switch rng.IntN(5) {
		case 0:
			return formula{"(NOT " + p.sql + ")", func(x []known) known { return negated(p.eval(x)) }}
		case 1, 2:
			return formula{"(" + p.sql + " AND " + q.sql + ")", func(x []known) known { return connected(false, p.eval(x), q.eval(x)) }}
		default:
			return formula{"(" + p.sql + " OR " + q.sql + ")", func(x []known) known { return connected(true, p.eval(x), q.eval(x)) }}
		}
	}
	below := max(0, depth-1)
	a, b, c := number(rng, below), number(rng, below), number(rng, below)
	less := func(l, r formula) formula {
		return strict("(%s <= %s)", func(a, b any) any { return a.(int64) <= b.(int64) }, l, r)
	}
	equal := func(l, r formula) formula {
		return strict("(%s = %s)", func(a, b any) any { return a == b }, l, r)
	}
	switch rng.IntN(5) {
	case 0:
		return formula{"(" + a.sql + " BETWEEN " + b.sql + " AND " + c.sql + ")", func(x []known) known {
			return connected(false, less(b, a).eval(x), less(a, c).eval(x))
		}}
	case 1:
		return formula{"(" + a.sql + " NOT IN (" + b.sql + ", " + c.sql + "))", func(x []known) known {
			return negated(connected(true, equal(a, b).eval(x), equal(a, c).eval(x)))
		}}
	case 2:
		return formula{"((" + a.sql + ") IS NULL)", func(x []known) known {
			v := a.eval(x)
			if v.below > 0 {
				return v
			}
			return known{value: v.value == nil}
		}}
	case 3:
		return equal(a, b)
	default:
		return less(a, b)
	}
}

func negated(v known) known {
	if b, ok := v.value.(bool); ok {
		v.value = !b
	}
	return v
}

// connected is OR if decides, else AND.
func connected(decides bool, a, b known) known {
	switch {
	case a.value == decides || b.value == decides:
		return known{value: decides}
	case a.below+b.below > 0:
		return known{below: max(a.below, b.below)}
	case a.value == nil || b.value == nil:
		return known{}
	default:
		return known{value: !decides}
	}
}
