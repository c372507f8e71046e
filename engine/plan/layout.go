package plan

import (
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/tacit-space/tacit/crypto/guard"
	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of guarded plans.
var (
	TooManyUnits = fault.Declare("TACIT-P125", "too many privacy units",
		"The declared max_rows, over all owners, allows more privacy units behind a cell than a guard can count.",
		"Narrow max_rows in the charter.")
	TooLarge = fault.Declare("TACIT-P126", "too large for guarded release",
		"The result has so many cells and sums that suppressing small cells would take more ciphertexts than this version allows.",
		"Group by fewer columns, use a coarser date_trunc, or ask for fewer aggregates in one query.")
	NoParameters = fault.Declare("TACIT-P127", "no parameters for guarded release",
		"No homomorphic parameter set fits this minimum cohort and number of owners with the required security margin.",
		"Ask about a table with fewer owners, or amend the charter's min_cohort.")
)

// Layout is how the sums of a plan with guards lie in the shape of a guarded release. It
// follows from plan and charter. It is immutable.
type Layout struct {
	Shape  *guard.Shape
	Guards []Guard
	Budget he.Budget // of the group with the least margin

	sums     int
	cells    int
	points   int // cells that are released together, see [Plan.Points]
	limbBits int
	columns  []columnSet
	locks    []lockSet
	pads     int      // of a group of cells that are released together
	owners   []string // of the table, in the order of their seeds
}

// columnSet is the sums behind one guard, or the open ones, and where their cells lie.
type columnSet struct {
	guard    int // index into Guards; -1: open
	values   []value
	segments []segment
}

// value is one sum as limbs.
type value struct {
	sum    int
	limbs  int  // 0: the sum is the guard itself
	locked bool // see [lockSet]
	pad    int  // of a locked value: number of its first pad, of limb 0 at the first point
}

// segment is a range of cells as a run of the shape: each guard of the run stands before so many
// of them in a row, whose limbs are its own.
type segment struct {
	first, cells int
	each         int // cells per guard
	group, run   int

	spread bool // first and cells are limbs of the set, see [builder.spread]
	offset int  // where they begin in the run
}

// limbs returns how many limbs a cell of the set has.
func (c *columnSet) limbs() (n int) {
	for _, v := range c.values {
		n += v.limbs
	}
	return n
}

// NewLayout lays a plan out, in the parameter set in which it is evaluated fastest. It
// returns nil if nothing of the plan is guarded. That no count and no limb can wrap
// around follows from max_rows, the declared ranges and the number of owners.
func NewLayout(p *Plan, ch *charter.Charter) (*Layout, *fault.Fault) {
	guards := Guards(p, ch)
	if len(guards) == 0 {
		return nil, nil
	}
	var best *Layout
	var why *fault.Fault
	cheapest := math.Inf(1)
	for _, name := range he.Sets() {
		params, err := he.Set(name)
		if err != nil {
			return nil, NoParameters.New("%w", err)
		}
		l := &Layout{Guards: guards, sums: len(p.Sums), cells: p.Cells(), points: p.Points()}
		if f := l.lay(p, ch, params); f != nil {
			if why == nil || !NoParameters.Is(f) || NoParameters.Is(why) {
				why = f // of the largest set that could evaluate, if there is one
			}
			continue
		}
		if cost := l.cost(params); cost < cheapest {
			best, cheapest = l, cost
		}
	}
	if best == nil {
		return nil, why
	}
	return best, nil
}

// Smallest is the smallest plan about a table: how many rows it has.
func Smallest(table string) *Plan {
	return &Plan{Table: table, Sums: []Sum{{}}, Width: Width64}
}

// GuardShape returns what the manifest of a plan says of its guarded release: nil if nothing is
// guarded.
func GuardShape(p *Plan, ch *charter.Charter) ([]byte, error) {
	l, f := NewLayout(p, ch)
	switch {
	case f != nil:
		return nil, f
	case l == nil:
		return nil, nil
	}
	return l.Shape.Marshal(), nil
}

// lay fills in everything for one parameter set.
func (l *Layout) lay(p *Plan, ch *charter.Charter, params *he.Params) *fault.Fault {
	owners := len(ch.OwnersOf(p.Table))
	if f := l.evaluable(params, owners); f != nil {
		return f
	}
	units := new(big.Int).Mul(UnitBound(p, ch), big.NewInt(int64(owners)))
	if units.Cmp(new(big.Int).SetUint64(params.T())) >= 0 {
		return TooManyUnits.New("%d rows of each of %d owners may be more than the %d privacy units that a guard can count", ch.Table(p.Table).MaxRows, owners, params.T()-1)
	}
	l.limbBits = limbBits(params, owners)
	bounds, f := Elements(p, ch)
	if f != nil {
		return f
	}
	l.columns = l.columnSets(p, ch, bounds)
	l.numberPads()
	for _, m := range ch.OwnersOf(p.Table) {
		l.owners = append(l.owners, m.ID)
	}
	l.Shape = &guard.Shape{Set: params.Name(), Verify: verification(ch)}
	b := builder{l: l, params: params, cells: p.Cells(), packed: map[int]*open{}}
	if f := b.curves(); f != nil {
		return f
	}
	for i := range l.columns {
		if l.columns[i].segments != nil {
			continue
		}
		if f := b.place(&l.columns[i]); f != nil {
			return f
		}
	}
	if f := b.locks(); f != nil {
		return f
	}
	if err := l.Shape.Check(owners); err != nil {
		return NoParameters.New("%w", err)
	}
	var err error
	if l.Budget, err = l.Shape.Budget(owners); err != nil {
		return NoParameters.New("%w", err)
	}
	return nil
}

// limbBits is how many bits a limb has: it is at most 2^limbBits in absolute value, and the sum over the
// owners below t/2.
func limbBits(params *he.Params, owners int) int {
	return bits.Len64((params.T()/2-1)/uint64(owners)) - 1
}

// evaluable refuses a set that is not deep enough, or too noisy.
func (l *Layout) evaluable(params *he.Params, owners int) *fault.Fault {
	for _, g := range l.Guards {
		circuit, err := he.NewCircuit(g.K)
		if err == nil {
			_, err = params.Budget(circuit, owners)
		}
		if err != nil {
			return NoParameters.New("%w", err)
		}
	}
	return nil
}

// verification is the charter's mode.
func verification(ch *charter.Charter) guard.Verify {
	switch ch.Rules.Verify() {
	case charter.VerifySome:
		return guard.VerifySome
	case charter.VerifyNone:
		return guard.VerifyNone
	}
	return guard.VerifyAll
}

// columnSets lists the guards' sums, then the open ones.
func (l *Layout) columnSets(p *Plan, ch *charter.Charter, bounds []*big.Int) []columnSet {
	rows := ch.Table(p.Table).Unit == "" // then a guard counts rows
	locks := slices.ContainsFunc(l.Guards, func(g Guard) bool { return g.Lock })
	guarded := make([]bool, len(p.Sums))
	var sets []columnSet
	for i, g := range l.Guards {
		set := columnSet{guard: i}
		for _, s := range g.Sums {
			guarded[s] = true
			v := value{sum: s, locked: locks && p.Sums[s].HasValues()}
			if !rows || l.points > 1 || p.Sums[s].HasValues() {
				v.limbs = l.limbsFor(bounds[s])
			}
			set.values = append(set.values, v)
		}
		if len(set.values) > 0 { // a lock may guard nothing else
			sets = append(sets, set)
		}
	}
	free := columnSet{guard: -1}
	for s := range p.Sums {
		if !guarded[s] {
			free.values = append(free.values, value{sum: s, limbs: l.limbsFor(bounds[s]), locked: locks && p.Sums[s].HasValues()})
		}
	}
	if len(free.values) > 0 {
		sets = append(sets, free)
	}
	return sets
}

// HasValues reports whether a sum is more than a count of rows.
func (s *Sum) HasValues() bool { return len(s.Factors) > 0 || s.Weight != Unweighted }

// limbsFor returns how many limbs hold numbers of at most bound.
func (l *Layout) limbsFor(bound *big.Int) int {
	return max(1, (bound.BitLen()+l.limbBits-1)/l.limbBits)
}

// builder makes the groups of a shape.
type builder struct {
	l      *Layout
	params *he.Params
	cells  int
	packed map[int]*open // the group that is being filled, by k
}

// open is a packed group with room.
type open struct{ group, left int }

// place gives the cells of a set their slots: all in columns of ciphertexts if that is
// evaluated faster, else packed together with others of the same k.
func (b *builder) place(c *columnSet) *fault.Fault {
	k, per := he.MinK, c.limbs()
	if c.guard >= 0 {
		k, per = b.l.Guards[c.guard].K, per+guardSlots
	}
	if c.guard < 0 && len(b.l.Shape.Groups) > 0 {
		k = b.l.Shape.Groups[0].K // open sums go along with whatever there is
	}
	slots := b.params.Slots()
	circuit, err := he.NewCircuit(k)
	if err != nil {
		return NoParameters.New("%w", err)
	}
	columns := (b.cells + slots - 1) / slots * circuit.Products(c.limbs(), true)
	packed := math.MaxInt
	if fit := slots / per; fit > 0 {
		packed = (b.cells + fit - 1) / fit * circuit.Products(1, false)
	}
	switch {
	case c.guard < 0 && packed == math.MaxInt, packed == math.MaxInt && columns > guard.MaxCiphertexts*16:
		return TooLarge.New("%d limbs for each of %d cells", per, b.cells)
	case c.guard >= 0 && b.cells*per > slots && columns <= packed:
		b.inColumns(c, k)
	default:
		b.pack(c, k, per)
	}
	return b.within()
}

func (b *builder) within() *fault.Fault {
	if n := b.l.Shape.Inputs(); n > guard.MaxCiphertexts {
		return TooLarge.New("%d cells with %d guards and %d sums need more than %d ciphertexts", b.cells, len(b.l.Guards), b.l.sums, guard.MaxCiphertexts)
	}
	return nil
}

func (b *builder) inColumns(c *columnSet, k int) {
	shape := b.l.Shape
	for first := 0; first < b.cells; first += b.params.Slots() {
		n := min(b.cells-first, b.params.Slots())
		c.segments = append(c.segments, segment{first: first, cells: n, each: 1, group: len(shape.Groups)})
		shape.Groups = append(shape.Groups, guard.Group{K: k, Runs: []guard.Run{{Guards: n, Limbs: c.limbs()}}})
	}
}

func (b *builder) pack(c *columnSet, k, per int) {
	for first := 0; first < b.cells; {
		at := b.room(k, per)
		n := min(b.cells-first, at.left/per)
		c.segments = append(c.segments, b.run(at, guard.Run{Guards: n, Limbs: c.limbs(), Open: c.guard < 0}, segment{first: first, cells: n, each: 1}))
		first += n
	}
}

// room returns a packed group of k with at least so many slots left.
func (b *builder) room(k, slots int) *open {
	at := b.packed[k]
	if at == nil || at.left < slots {
		shape := b.l.Shape
		at = &open{group: len(shape.Groups), left: b.params.Slots()}
		b.packed[k] = at
		shape.Groups = append(shape.Groups, guard.Group{K: k, Packed: true})
	}
	return at
}

// run adds a run to a packed group, and returns its segment with its place.
func (b *builder) run(at *open, r guard.Run, s segment) segment {
	g := &b.l.Shape.Groups[at.group]
	s.group, s.run = at.group, len(g.Runs)
	g.Runs = append(g.Runs, r)
	per := r.Limbs
	if !r.Open {
		per += guardSlots
	}
	at.left -= r.Guards * per
	return s
}

// cost estimates the work of an evaluation: multiplications times the size of what is
// multiplied.
func (l *Layout) cost(params *he.Params) float64 {
	cost := 0.0
	for _, g := range l.Shape.Groups {
		circuit, err := he.NewCircuit(g.K)
		if err != nil {
			return math.Inf(1)
		}
		payloads := 1
		if !g.Packed {
			payloads = g.Runs[0].Limbs
		}
		limbs := params.Inputs(circuit).Limbs() + params.QP.Limbs() - params.Q.Limbs()
		cost += float64(circuit.Products(payloads, !g.Packed)*params.Slots()) * float64(limbs*limbs*params.Rows())
	}
	return cost
}
