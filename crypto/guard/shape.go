package guard

import (
	"errors"
	"fmt"

	"github.com/tacit-space/tacit/crypto/he"
	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

// Verify says which workers evaluate again before they open anything.
type Verify uint8

// Modes of verification. Fingerprints and audits of the sums are the same in all.
const (
	VerifyAll  Verify = iota + 1 // every worker
	VerifySome                   // T+1 of them, so that one is honest
	VerifyNone                   // nobody: the coordinator is trusted to evaluate as it should
)

// String returns the name that a charter uses.
func (v Verify) String() string {
	switch v {
	case VerifyAll:
		return "all"
	case VerifySome:
		return "some"
	case VerifyNone:
		return "none"
	}
	return "?"
}

// Limits of a shape.
const (
	MaxGroups      = 256
	MaxRuns        = 1024 // in all groups
	MaxCiphertexts = 256  // inputs
	maxLimbs       = 1 << 20
)

// Shape says what is released, and under which parameters. It is part of the signed
// manifest. It does not change once it is checked.
type Shape struct {
	Set    string // name of the parameter set
	Verify Verify
	Groups []Group // at least 1
}

// Group is a set of guards with one k that are evaluated together.
type Group struct {
	K int // in [he.MinK, he.MaxK]
	// Packed: one ciphertext has, for each run, the number 1, the guards and the limbs,
	// another the guards to go with them. Else the limbs have a ciphertext each, and the
	// guards one.
	Packed bool
	Runs   []Run // at least 1; exactly 1, which is not open, unless Packed
}

// Run is Guards guards with Limbs limbs behind each.
type Run struct {
	Guards int  // at least 1
	Limbs  int  // at least 0; of an open run at least 1
	Open   bool // released whatever the number of units: its guard is the constant k
}

// slots returns how many slots the run takes in a packed ciphertext.
func (r Run) slots() int {
	if r.Open {
		return r.Guards * r.Limbs
	}
	return r.Guards * (r.Limbs + 2)
}

// slots returns how many slots of a ciphertext the group uses.
func (g *Group) slots() int {
	if !g.Packed {
		return g.Runs[0].Guards
	}
	n := 0
	for _, r := range g.Runs {
		n += r.slots()
	}
	return n
}

// inputs and outputs return the numbers of ciphertexts.
func (g *Group) inputs() int {
	if g.Packed {
		return 2
	}
	return 1 + g.Runs[0].Limbs
}

func (g *Group) outputs() int {
	if g.Packed {
		return 1
	}
	return 2 + g.Runs[0].Limbs
}

// Inputs returns the number of ciphertexts that every worker contributes to.
func (s *Shape) Inputs() (n int) {
	for i := range s.Groups {
		n += s.Groups[i].inputs()
	}
	return n
}

// Outputs returns the number of ciphertexts that are opened.
func (s *Shape) Outputs() (n int) {
	for i := range s.Groups {
		n += s.Groups[i].outputs()
	}
	return n
}

// ErrShape refuses a shape.
var ErrShape = errors.New("guard: shape refused")

// checked is a shape with what follows from it.
type checked struct {
	*Shape
	params   *he.Params
	circuits []*he.Circuit // of the groups
	deepest  *he.Circuit   // whose basis all inputs have
	inputs   *he.Basis
	budget   he.Budget // of the group with the least margin
}

// Check reports the first rule that the shape breaks for so many workers: numbers within
// their limits, a parameter set that is deep enough, with a margin of at least
// [he.MinMargin] bits. The error is [ErrShape] or one of package he.
func (s *Shape) Check(workers int) error {
	_, err := s.check(workers)
	return err
}

func (s *Shape) check(workers int) (*checked, error) {
	c := &checked{Shape: s}
	if s.Verify < VerifyAll || s.Verify > VerifyNone {
		return nil, fmt.Errorf("%w: verification mode %d", ErrShape, s.Verify)
	}
	var err error
	if c.params, err = he.Set(s.Set); err != nil {
		return nil, err
	}
	if n := len(s.Groups); n < 1 || n > MaxGroups {
		return nil, fmt.Errorf("%w: %d groups outside [1, %d]", ErrShape, n, MaxGroups)
	}
	runs := 0
	for i := range s.Groups {
		if err := s.Groups[i].check(c.params); err != nil {
			return nil, fmt.Errorf("%w: group %d: %w", ErrShape, i, err)
		}
		runs += len(s.Groups[i].Runs)
	}
	if runs > MaxRuns || s.Inputs() > MaxCiphertexts {
		return nil, fmt.Errorf("%w: %d runs and %d ciphertexts, at most %d and %d", ErrShape, runs, s.Inputs(), MaxRuns, MaxCiphertexts)
	}
	return c, c.plan(workers)
}

// plan makes the circuits, one for each k, and refuses what the parameter set does not
// bear.
func (c *checked) plan(workers int) error {
	made := map[int]*he.Circuit{}
	for _, g := range c.Groups {
		circuit := made[g.K]
		if circuit == nil {
			var err error
			if circuit, err = he.NewCircuit(g.K); err != nil {
				return err
			}
			b, err := c.params.Budget(circuit, workers)
			if err != nil {
				return err
			}
			if len(made) == 0 || b.Margin < c.budget.Margin {
				c.budget = b
			}
			made[g.K] = circuit
		}
		c.circuits = append(c.circuits, circuit)
		if c.deepest == nil || circuit.Depth() > c.deepest.Depth() {
			c.deepest = circuit
		}
	}
	c.inputs = c.params.Inputs(c.deepest)
	return nil
}

// Budget returns that of the group with the least margin, for so many workers.
func (s *Shape) Budget(workers int) (he.Budget, error) {
	c, err := s.check(workers)
	if err != nil {
		return he.Budget{}, err
	}
	return c.budget, nil
}

func (g *Group) check(p *he.Params) error {
	if g.K < he.MinK || g.K > he.MaxK {
		return fmt.Errorf("k = %d outside [%d, %d]", g.K, he.MinK, he.MaxK)
	}
	if len(g.Runs) < 1 || len(g.Runs) > MaxRuns || !g.Packed && (len(g.Runs) > 1 || g.Runs[0].Open) {
		return fmt.Errorf("%d runs: a packed group has 1 to %d, another exactly 1, which is not open", len(g.Runs), MaxRuns)
	}
	for _, r := range g.Runs {
		if r.Guards < 1 || r.Guards > p.Slots() || r.Limbs < 0 || r.Limbs > maxLimbs || r.Open && r.Limbs == 0 {
			return fmt.Errorf("a run of %d guards with %d limbs, wanted 1 to %d guards and 0 to %d limbs, an open one at least 1",
				r.Guards, r.Limbs, p.Slots(), maxLimbs)
		}
	}
	if n := g.slots(); n > p.Slots() {
		return fmt.Errorf("%d slots, a ciphertext has %d", n, p.Slots())
	}
	return nil
}

// evaluators returns the workers that evaluate again: for [VerifySome] the T+1 that
// follow a position that a hash says.
func (s *Shape) evaluators(parties session.Parties, corruptions int, seed [32]byte) session.Parties {
	switch s.Verify {
	case VerifyAll:
		return parties
	case VerifySome:
		chosen := map[session.Party]bool{}
		first := (int(seed[0]) | int(seed[1])<<8) % len(parties)
		for i := range min(corruptions+1, len(parties)) {
			chosen[parties[(first+i)%len(parties)]] = true
		}
		return session.KeysOf(chosen)
	}
	return nil
}

// Marshal returns the one encoding of the shape, which passes [Shape.Check].
func (s *Shape) Marshal() []byte {
	w := wire.NewWriter()
	w.U8(shapeVersion)
	w.String(s.Set)
	w.U8(uint8(s.Verify))
	w.Count(len(s.Groups))
	for _, g := range s.Groups {
		w.U8(uint8(g.K))
		w.Bool(g.Packed)
		w.Count(len(g.Runs))
		for _, r := range g.Runs {
			w.U32(uint32(r.Guards))
			w.U32(uint32(r.Limbs))
			w.Bool(r.Open)
		}
	}
	return w.Data()
}

const (
	shapeVersion = 1
	maxSetName   = 8
)

// ParseShape decodes what [Shape.Marshal] returns, and checks it for so many workers.
func ParseShape(b []byte, workers int) (*Shape, error) {
	s, err := parseShape(b)
	if err != nil {
		return nil, err
	}
	if err := s.Check(workers); err != nil {
		return nil, err
	}
	return s, nil
}

func parseShape(b []byte) (*Shape, error) {
	r := wire.NewReader(b)
	if r.U8() != shapeVersion {
		r.Fail(errVersion)
	}
	s := &Shape{Set: r.String(maxSetName), Verify: Verify(r.U8())}
	for range r.Count(MaxGroups) {
		g := Group{K: int(r.U8()), Packed: r.Bool()}
		for range r.Count(MaxRuns) {
			g.Runs = append(g.Runs, Run{Guards: int(r.U32()), Limbs: int(r.U32()), Open: r.Bool()})
		}
		s.Groups = append(s.Groups, g)
	}
	if err := r.Close(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	return s, nil
}

var errVersion = errors.New("unknown version")

// Sizes of a release in bytes, beside what grows with the number of workers.
type Sizes struct {
	Key     int   // a share of a key set
	Share   int   // a share of all inputs, and with it, for workers that do not evaluate, the outputs
	Opening int   // a worker's last message
	Result  int   // what the analyst gets
	Memory  int64 // what a worker holds at once, about
}

// Sizes returns the sizes of a shape that was checked.
func (s *Shape) Sizes() (Sizes, error) {
	c, err := s.check(1)
	if err != nil {
		return Sizes{}, err
	}
	p := c.params
	opening := 8 * s.Outputs() * p.Slots()
	share := s.Inputs()*c.inputs.Size() + 2*s.Outputs()*p.Out.Size()
	key := p.KeyPolys() * p.QP.Size()
	// Sums and own share as words and as bytes, the share under audit, the key as words, and
	// a few polynomials of the evaluation.
	const wordBytes, spare = 2, 32
	memory := (3+2*wordBytes)*int64(share) + (2+2*wordBytes)*int64(key) + 3*int64(opening) + spare*int64(8*p.Slots()*p.QP.Limbs())
	return Sizes{Key: key, Share: share, Opening: opening, Result: 2 * opening, Memory: memory}, nil
}
