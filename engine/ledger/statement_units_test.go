package ledger

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCoarse(t *testing.T) {
	for _, c := range []struct {
		units       uint64
		k           int
		least, most uint64
	}{
		{0, 10, 0, 9},
		{9, 10, 0, 9},
		{10, 10, 10, 19},
		{999, 10, 990, 999},
		{1000, 10, 1000, 1099},
		{123456, 10, 120000, 129999},
		{14, 15, 0, 14},
		{1499, 15, 1485, 1499},
		{1500, 15, 1500, 1649},
		{7, 1, 0, 9}, // the charter releases one unit to its analysts; a statement does not
		{12, 7, 10, 19},
	} {
		if got := Coarse("t", c.units, c.k); got.Least != c.least || got.Most != c.most {
			t.Errorf("%d with k=%d: %s, want %d to %d", c.units, c.k, got, c.least, c.most)
		}
	}
}

// TestCoarseHidesK: each number lies in its step, each step has at least k numbers that all lead to it, and
// is written in one way.
func TestCoarseHidesK(t *testing.T) {
	const seed = 5
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, seed))
	for range 20_000 {
		k := 1 + rng.IntN(20)
		units := rng.Uint64N(math.MaxUint32) >> rng.IntN(32)
		u := Coarse("t", units, k)
		if units < u.Least || units > u.Most || u.Most-u.Least+1 < uint64(max(k, minStep)) || !u.isStep() {
			t.Fatalf("%d with k=%d: %s", units, k, u)
		}
		for _, other := range []uint64{u.Least, u.Most, u.Least + rng.Uint64N(u.Most-u.Least+1)} {
			if Coarse("t", other, k) != u {
				t.Fatalf("%d and %d with k=%d: %s and %s", units, other, k, u, Coarse("t", other, k))
			}
		}
		name, value, _ := strings.Cut(u.String(), ": ")
		if again, err := parseUnits(name, value); err != nil || again != u {
			t.Fatalf("%s is read as %s: %v", u, again, err)
		}
	}
}

// month of the entries that log writes.
var month = time.UnixMilli(start).UTC().Format("2006-01")

func TestStatementWithUnits(t *testing.T) {
	w := newWorld()
	l := w.log(t, "north", Worker)
	l.add(served(1, "north")...).add(served(2, "north")...)
	visits := served(3, "north")
	visits[0].About.Table = "visits"
	l.add(visits...)
	unused := served(4, "north")[:3] // begun, not released
	unused[0].About.Table = "unused"
	l.add(unused...)

	tables, err := Served(l.verified(w.Space).Entries, month)
	if err != nil || !slices.Equal(tables, []string{"patients", "visits"}) {
		t.Fatalf("served %q, %v", tables, err)
	}
	if later, _ := Served(l.verified(w.Space).Entries, "2099-01"); len(later) > 0 {
		t.Errorf("served %q in another month", later)
	}
	units := []Units{Coarse("patients", 123, 10), Coarse("visits", 3, 10)}
	made, err := w.keeper("north").State(l.verified(w.Space), month, units, time.UnixMilli(l.now))
	if err != nil {
		t.Fatal(err)
	}
	if want := "units of patients: 120 to 129\nunits of visits: 0 to 9\n"; !strings.Contains(string(made.Note), want) {
		t.Errorf("the note is %s", made.Note)
	}
	s, err := OpenStatement(made.Note, w.Space)
	if err != nil || !slices.Equal(s.Units, units) {
		t.Fatalf("units %v, %v", s.Units, err)
	}
	pass(t, s.Check(l.verified(w.Space)))

	if _, err := w.keeper("north").State(l.verified(w.Space), month, []Units{Coarse("unused", 50, 10)}, time.UnixMilli(l.now)); !WrongStatement.Is(err) {
		t.Errorf("units of a table that nothing was released about: %v", err)
	}
	lie := *s
	lie.Units = []Units{Coarse("unused", 50, 10)}
	want(t, lie.Check(l.verified(w.Space)), WrongStatement)
}

// TestUnitsAreStrict: a statement has one text, and never an exact number.
func TestUnitsAreStrict(t *testing.T) {
	w := newWorld()
	l := busy(t, w)
	s, err := w.keeper("north").State(l.verified(w.Space), month, nil, time.UnixMilli(l.now))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseStatement(s.Text() + "units of a: 120 to 129\nunits of b: 0 to 9\n"); err != nil {
		t.Fatal(err)
	}
	for _, lines := range []string{
		"units of a: 123 to 123",
		"units of a: 120 to 128",
		"units of a: 121 to 130",
		"units of a: 120",
		"units of a: 0120 to 129",
		"units of a: -10 to -1",
		"units of a: 10000 to 10009",
		"units of a: 129 to 120",
		"units of a: 0 to 18446744073709551615",
		"units of a: 120 to 129 persons",
		"units of b: 0 to 9\nunits of a: 0 to 9",
		"units of a: 0 to 9\nunits of a: 10 to 19",
		"units of a\x07: 0 to 9",
		"units of a: 0 to 9\n",
	} {
		if _, err := parseStatement(s.Text() + lines + "\n"); !Malformed.Is(err) {
			t.Errorf("%q: %v", lines, err)
		}
	}
	if _, err := parseStatement(fmt.Sprintf("%sunits of a: 0 to 9\n%s", s.Text()[:60], s.Text()[60:])); !Malformed.Is(err) {
		t.Errorf("units in the middle: %v", err)
	}
}
