package plan

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Cells returns the number of combinations of key slots, [math.MaxInt] if it is more
// than an int holds. It is 1 without keys.
func (p *Plan) Cells() int {
	n := 1
	for i := range p.Keys {
		n = times(n, p.Keys[i].Size())
	}
	return n
}

// Length returns the number of elements of the vector: cells times sums.
func (p *Plan) Length() int { return times(p.Cells(), len(p.Sums)) }

// Size returns the number of slots, the one of NULL included.
func (k *Key) Size() int {
	if k.Null {
		return len(k.Slots) + 1
	}
	return len(k.Slots)
}

// Slot returns the value that slot i is shown as, the zero Value for NULL.
func (k *Key) Slot(i int) Value {
	if i >= len(k.Slots) {
		return Value{}
	}
	return k.Slots[i]
}

func times(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// shape checks everything about a plan that needs no charter: limits and the
// canonical form. It is what makes the encoding unique.
func (p *Plan) shape() error {
	if err := name(p.Table); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	if err := condition(p.Where); err != nil {
		return fmt.Errorf("where: %w", err)
	}
	if len(p.Keys) > MaxKeys {
		return fmt.Errorf("%d keys, at most %d", len(p.Keys), MaxKeys)
	}
	for i := range p.Keys {
		if err := p.Keys[i].shape(); err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
		if p.Keys[i].Along && i < len(p.Keys)-1 {
			return fmt.Errorf("key %d: a curve that is not the last key", i+1)
		}
	}
	if err := p.sums(); err != nil {
		return err
	}
	if err := p.Privacy.shape(); err != nil {
		return err
	}
	if err := p.Model.shape(p.Sums); err != nil {
		return err
	}
	if p.Width != Width64 && p.Width != Width128 {
		return fmt.Errorf("width %d is neither 64 nor 128", p.Width)
	}
	if n := p.Cells(); n < 1 || n > MaxCells {
		return fmt.Errorf("%d cells outside [1, %d]", n, MaxCells)
	}
	if n := p.Length(); n > MaxLength {
		return fmt.Errorf("%d elements, at most %d", n, MaxLength)
	}
	return nil
}

func (p *Plan) sums() error {
	if n := len(p.Sums); n < 1 || n > MaxSums {
		return fmt.Errorf("%d sums outside [1, %d]", n, MaxSums)
	}
	if !p.Sums[0].Equal(&Sum{}) {
		return errors.New("sum 1 is not the plain count")
	}
	for i := range p.Sums {
		if err := p.Sums[i].shape(); err != nil {
			return fmt.Errorf("sum %d: %w", i+1, err)
		}
		if slices.ContainsFunc(p.Sums[:i], func(s Sum) bool { return s.Equal(&p.Sums[i]) }) {
			return fmt.Errorf("sum %d is a repetition", i+1)
		}
	}
	return nil
}

// Equal reports whether two canonical sums are the same.
func (s *Sum) Equal(o *Sum) bool {
	return s.Weight == o.Weight && slices.Equal(s.Factors, o.Factors) && slices.Equal(s.Present, o.Present) && s.Filter.Equal(o.Filter)
}

func (s *Sum) shape() error {
	if err := s.weightShape(); err != nil {
		return err
	}
	if !slices.IsSorted(s.Factors) {
		return errors.New("factors are not sorted")
	}
	for i, c := range s.Present {
		if slices.Contains(s.Factors, c) || i > 0 && s.Present[i-1] >= c {
			return errors.New("present columns are not sorted, repeated, or factors")
		}
	}
	for _, c := range append(slices.Clone(s.Factors), s.Present...) {
		if err := name(c); err != nil {
			return err
		}
	}
	return condition(s.Filter)
}

func name(s string) error {
	if s == "" || len(s) > MaxName || !utf8.ValidString(s) {
		return fmt.Errorf("a name of %d bytes that is empty, too long or not UTF-8", len(s))
	}
	return nil
}

// condition checks a whole predicate, nil included.
func condition(p *Predicate) error {
	nodes := 0
	if p == nil {
		return nil
	}
	return p.shape(1, &nodes)
}

func (p *Predicate) shape(depth int, nodes *int) error {
	*nodes++
	if depth > MaxDepth {
		return fmt.Errorf("predicate deeper than %d", MaxDepth)
	}
	if *nodes > MaxNodes {
		return fmt.Errorf("predicate of more than %d nodes", MaxNodes)
	}
	if p.Op.logical() {
		return p.junction(depth, nodes)
	}
	return p.comparison()
}

func (o Op) logical() bool { return o == And || o == Or || o == Not }

func (p *Predicate) junction(depth int, nodes *int) error {
	if p.Column != "" || len(p.Values) > 0 {
		return errors.New("a logical node with a column")
	}
	if p.Op == Not && len(p.Args) != 1 || p.Op != Not && len(p.Args) < 2 {
		return fmt.Errorf("a logical node with %d arguments", len(p.Args))
	}
	for _, a := range p.Args {
		if a == nil {
			return errors.New("a logical node without argument")
		}
		if p.Op == a.Op || p.Op == Not && negated[a.Op] != 0 {
			return errors.New("a redundant logical node")
		}
		if err := a.shape(depth+1, nodes); err != nil {
			return err
		}
	}
	return nil
}

func (p *Predicate) comparison() error {
	if len(p.Args) > 0 {
		return errors.New("a comparison with arguments")
	}
	if err := name(p.Column); err != nil {
		return err
	}
	if err := p.values(); err != nil {
		return err
	}
	for i, v := range p.Values {
		if v.Kind == Null || !v.canonical() {
			return errors.New("a constant that is NULL or not canonical")
		}
		if i > 0 && compareValues(p.Values[i-1], v) >= 0 {
			return errors.New("values that are not sorted and distinct")
		}
		if v.Kind == Boolean && p.Op != Eq && p.Op != In {
			return errors.New("a boolean in a comparison other than =")
		}
	}
	return nil
}

func (p *Predicate) values() error {
	switch n := len(p.Values); p.Op {
	case Eq, Ne, Lt, Le, Gt, Ge:
		if n != 1 {
			return fmt.Errorf("a comparison with %d constants", n)
		}
	case In:
		if n < 2 || n > MaxIn {
			return fmt.Errorf("IN with %d values outside [2, %d]", n, MaxIn)
		}
	case IsNull:
		if n != 0 {
			return errors.New("IS NULL with a constant")
		}
	default:
		return fmt.Errorf("unknown operator %d", p.Op)
	}
	return nil
}
