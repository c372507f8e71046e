package plan

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of whole plans.
var (
	TooManyCells = fault.Declare("TACIT-P120", "too many cells",
		"The result would have more cells than the charter or this version allows; every combination of group values counts, empty ones too.",
		"Group by fewer columns, use a coarser date_trunc, or name the wanted values in WHERE.")
	Overflow = fault.Declare("TACIT-P121", "aggregate may overflow",
		"The declared ranges and max_rows allow a sum that 126 bits do not hold.",
		"Narrow the declared range or max_rows in the charter, or coarsen the resolution.")
	TooFewOwners = fault.Declare("TACIT-P122", "too few owners",
		"The table has fewer owners than the charter's min_contributors, or than the three that a masked sum needs.",
		"Ask about a table with more owners, or amend the charter.")
	NotDerived = fault.Declare("TACIT-P124", "plan is not the one that follows from the charter",
		"The groups or the width of the plan differ from what charter and query yield. The compiler never makes such a plan.",
		"Compile the query again against the current charter.")
)

// Check verifies by itself everything that the compiler promises: canonical form,
// roles, domains, grids, grains, closed forms, the number of cells and owners, and
// that no sum can overflow. It never trusts the sender. The error is a
// [fault.Fault]; it does not repeat constants.
func Check(p *Plan, ch *charter.Charter) error {
	if err := p.shape(); err != nil {
		return Malformed.New("%w", err)
	}
	t := ch.Table(p.Table)
	if t == nil {
		return UnknownTable.New("the charter has no table %q", p.Table)
	}
	if f := CheckTable(t, ch); f != nil {
		return f
	}
	if f := CheckColumns(p, t); f != nil {
		return f
	}
	if limit := ch.Rules.Cells(); p.Cells() > limit {
		return TooManyCells.New("%d cells, the charter allows %d", p.Cells(), limit)
	}
	if f := CheckPrivacy(p, ch); f != nil {
		return f
	}
	if f := checkFractions(p, ch); f != nil {
		return f
	}
	if err := checkWidth(p, ch); err != nil {
		return err
	}
	if _, f := NewLayout(p, ch); f != nil {
		return f
	}
	return nil
}

// CheckColumns checks the columns of a plan against a declaration of its table: roles, domains, grids, grains,
// closed forms, and that groups follow from it. The plan must be canonical.
func CheckColumns(p *Plan, t *charter.Table) *fault.Fault {
	for _, check := range []func(*Plan, *charter.Table) *fault.Fault{checkWhere, checkKeys, checkSums, checkModel, checkCurve, checkMixing} {
		if f := check(p, t); f != nil {
			return f
		}
	}
	return nil
}

// CheckTable says whether a table can be asked about at all in this version.
func CheckTable(t *charter.Table, ch *charter.Charter) *fault.Fault {
	if n, want := len(ch.OwnersOf(t.Name)), max(charter.MinOwners, ch.Rules.MinContributors); n < want {
		return TooFewOwners.New("table %q has %d owners, wants at least %d", t.Name, n, want)
	}
	return nil
}

func checkWhere(p *Plan, t *charter.Table) *fault.Fault { return checkPredicate(p.Where, t) }

func checkPredicate(p *Predicate, t *charter.Table) *fault.Fault {
	if p == nil {
		return nil
	}
	if p.Op.logical() {
		for _, a := range p.Args {
			if f := checkPredicate(a, t); f != nil {
				return f
			}
		}
		return nil
	}
	c, f := column(t, p.Column)
	if f != nil {
		return f
	}
	if p.Op == IsNull {
		return PresenceRule(c)
	}
	for _, v := range p.Values {
		if f := CompareRule(c, p.Op, v); f != nil {
			return f
		}
	}
	return nil
}

func column(t *charter.Table, name string) (*charter.Column, *fault.Fault) {
	if c := t.Column(name); c != nil {
		return c, nil
	}
	return nil, UnknownColumn.New("table %q has no column %q", t.Name, name)
}

func checkKeys(p *Plan, t *charter.Table) *fault.Fault {
	for i := range p.Keys {
		k := &p.Keys[i]
		for _, a := range k.Arms {
			if f := checkPredicate(a.When, t); f != nil {
				return f
			}
		}
		want := *k
		if err := want.Derive(t, p.Where); err != nil {
			return fault.From(err)
		}
		if !slices.Equal(want.Slots, k.Slots) || want.Null != k.Null {
			return NotDerived.New("key %d has other slots than the charter declares", i+1)
		}
	}
	return nil
}

func checkSums(p *Plan, t *charter.Table) *fault.Fault {
	for i := range p.Sums {
		if f := checkSum(&p.Sums[i], t); f != nil {
			return f
		}
	}
	return nil
}

func checkSum(s *Sum, t *charter.Table) *fault.Fault {
	for _, name := range s.Present {
		c, f := column(t, name)
		if f == nil {
			f = PresenceRule(c)
		}
		if f != nil {
			return f
		}
	}
	columns := make([]*charter.Column, len(s.Factors))
	for i, name := range s.Factors {
		c, f := column(t, name)
		if f != nil {
			return f
		}
		columns[i] = c
	}
	if s.Weight != Unweighted {
		for _, c := range columns { // each with itself, as its product with any other may be asked for
			if f := FactorRule(c, c); f != nil {
				return f
			}
		}
		return checkPredicate(s.Filter, t)
	}
	if f := checkFactors(columns); f != nil {
		return f
	}
	return checkPredicate(s.Filter, t)
}

func checkFactors(c []*charter.Column) *fault.Fault {
	switch len(c) {
	case 0:
		return nil
	case 1:
		return FactorRule(c[0], nil)
	}
	if f := FactorRule(c[0], c[1]); f != nil {
		return f
	}
	return FactorRule(c[1], c[0])
}

// Bounds returns, per sum, the largest absolute value that one owner's sum of a cell
// may have: max_rows × Π max|units of the factor|. The bound on what a unit contributes only makes
// sums smaller. The plan must have passed [Check].
func Bounds(p *Plan, ch *charter.Charter) []*big.Int {
	t := ch.Table(p.Table)
	out := make([]*big.Int, len(p.Sums))
	for i := range p.Sums {
		if p.Sums[i].Weight != Unweighted {
			out[i] = p.Sums[i].weightedBound(t)
			continue
		}
		b := big.NewInt(t.MaxRows)
		for _, name := range p.Sums[i].Factors {
			b.Mul(b, unitBound(t.Column(name)))
		}
		out[i] = b
	}
	return out
}

// Elements returns, per sum, the largest absolute value that an element of one owner's vector may
// have: its bound, or for a noised sum Factor times its bound and the largest draw.
func Elements(p *Plan, ch *charter.Charter) ([]*big.Int, *fault.Fault) {
	n, f := NewNoise(p, ch)
	if f != nil {
		return nil, f
	}
	out := Bounds(p, ch)
	for i := range out {
		if n != nil && n.Sums[i] != nil {
			out[i] = n.Sums[i].widen(out[i])
		}
	}
	return out, nil
}

// FitWidth returns the smallest width that holds every sum over all owners. If there
// is none it returns the index of the first sum that does not fit and an
// [Overflow]. Columns must have passed [FactorRule].
func FitWidth(p *Plan, ch *charter.Charter) (Width, int, *fault.Fault) {
	owners := big.NewInt(int64(len(ch.OwnersOf(p.Table))))
	width := Width64
	bounds, f := Elements(p, ch)
	if f != nil {
		return 0, 0, f
	}
	for i, b := range bounds {
		bits := b.Mul(b, owners).BitLen() // b < 2^bits
		switch {
		case bits > 126: // the tag binds below 2^126 (crypto/ring)
			return 0, i, overflow(p, i, ch)
		case bits > 63:
			width = Width128
		}
	}
	return width, 0, nil
}

func overflow(p *Plan, i int, ch *charter.Charter) *fault.Fault {
	t := ch.Table(p.Table)
	var ranges []string
	for _, name := range slices.Compact(slices.Clone(p.Sums[i].Factors)) {
		c := t.Column(name)
		text := name + " in [" + strings.Join(c.Range, ", ") + "]"
		if c.Resolution != "" {
			text += " by " + c.Resolution
		}
		ranges = append(ranges, text)
	}
	return Overflow.New("the sum of %s may exceed 126 bits: %s, %d rows of each of %d owners",
		strings.Join(p.Sums[i].Factors, " × "), strings.Join(ranges, ", "), t.MaxRows, len(ch.OwnersOf(p.Table)))
}

func checkWidth(p *Plan, ch *charter.Charter) error {
	w, _, f := FitWidth(p, ch)
	if f != nil {
		return f
	}
	if w != p.Width {
		return NotDerived.New("width %d, wants %d", p.Width, w)
	}
	return nil
}
