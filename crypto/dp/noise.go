package dp

import (
	"errors"
	"fmt"
	"io"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secret"
)

// Errors a caller may branch on with [errors.Is].
var (
	ErrRange     = errors.New("dp: parameter outside its range")
	ErrSyntax    = errors.New("dp: not a number in the expected form")
	ErrUsed      = errors.New("dp: not that much noise is left")
	ErrScale     = errors.New("dp: a noise share below 3 units; make the unit finer")
	ErrOverdraft = errors.New("dp: more than what is left of the budget")
)

// MaxDraws is the most that is drawn at once.
const MaxDraws = 1 << 26

// Noise is noise that was drawn ahead. What was added once is gone: noise that is added to
// two sums cancels in their difference. It does not print, and is not safe for
// concurrent use.
type Noise struct{ left func() []int64 }

func draw(n int, rand io.Reader, one func(*source) int64) (*Noise, error) {
	if n < 0 || n > MaxDraws {
		return nil, fmt.Errorf("%w: %d draws, at most %d", ErrRange, n, MaxDraws)
	}
	s, err := newSource(rand)
	if err != nil {
		return nil, err
	}
	defer s.wipe()
	values := make([]int64, n)
	for i := range values {
		values[i] = one(s)
	}
	return &Noise{left: func() []int64 { return values }}, nil
}

// Len returns how many numbers are left.
func (x *Noise) Len() int {
	if x.left == nil {
		return 0
	}
	return len(x.left())
}

// AddTo adds a number to each element of v and forgets it. The error is [ErrUsed] if fewer
// than v.Len() are left, or [ring.ErrShape]; then neither changes.
func (x *Noise) AddTo(v ring.Vector) error {
	if err := v.Check(); err != nil {
		return err
	}
	values, err := x.take(v.Len())
	if err != nil {
		return err
	}
	add(v, values)
	clear(values)
	return nil
}

// AddToInts is [Noise.AddTo] for integers; sums wrap around modulo 2^64.
func (x *Noise) AddToInts(v []int64) error {
	values, err := x.take(len(v))
	if err != nil {
		return err
	}
	for i, z := range values {
		v[i] += z
	}
	clear(values)
	return nil
}

func (x *Noise) take(n int) ([]int64, error) {
	if n > x.Len() {
		return nil, fmt.Errorf("%w: %d of %d numbers", ErrUsed, n, x.Len())
	}
	if n == 0 {
		return nil, nil
	}
	all := x.left()
	x.left = func() []int64 { return all[n:] }
	return all[:n], nil
}

// Wipe overwrites what is left.
func (x *Noise) Wipe() {
	if x.left != nil {
		clear(x.left())
		x.left = nil
	}
}

// Format prints "[secret]" under every verb.
func (*Noise) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Shown) }

// AddGaussian adds independent draws of N_Z(0, σ²) to the elements of v. It reads
// [SeedSize] bytes of rand. On error ([ErrRange], [ring.ErrShape], or what rand returns) v is
// unchanged. The time depends on the noise: see the package comment.
func AddGaussian(v ring.Vector, variance Variance, rand io.Reader) error {
	if err := v.Check(); err != nil {
		return err
	}
	g, err := NewGaussian(variance)
	if err != nil {
		return err
	}
	s, err := newSource(rand)
	if err != nil {
		return err
	}
	defer s.wipe()
	var values [sourceWords]int64
	defer clear(values[:])
	for first := 0; first < v.Len(); first += len(values) {
		part := v.Slice(first, min(first+len(values), v.Len()))
		for i := range part.Len() {
			values[i] = g.one(s)
		}
		add(part, values[:part.Len()])
	}
	return nil
}

// add adds integers to the elements of v.
func add(v ring.Vector, values []int64) {
	if v.Width == ring.Width64 {
		for i, z := range values {
			v.Words[i] += uint64(z)
		}
		return
	}
	wide := ring.NewVector(v.Width, len(values))
	for i, z := range values {
		wide.Words[2*i], wide.Words[2*i+1] = uint64(z), uint64(z>>63)
	}
	_ = v.Add(wide) // same shape
	clear(wide.Words)
}
