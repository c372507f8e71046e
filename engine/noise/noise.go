// Package noise adds an owner's share of noise to its vector.
//
// # Protocol
//
// [plan.NewNoise] derives from plan and charter how much noise each sum of a question gets. When a worker
// has accepted the question it calls [Draw], long before its part is due: what a draw takes tells
// something of what was drawn, and so it runs beside the wait for the other owners. When its local query
// is done [Drawn.Add] makes the unit of each noised sum finer and adds the noise.
//
// # One vector for a job
//
// Noise that is added to two vectors of which both are opened cancels in their difference; and two
// shares of noise on the same data, both opened, are half as much noise. Neither happens:
//
//   - A vector with its noise is made once for a job and kept; what was drawn is gone when it is
//     added. Every attempt masks the same vector with fresh masks, and the input of an attempt that
//     failed is never opened: masks hide it from everybody.
//   - After a restart the vector is gone, and an attempt that begins afterwards has a new one. That may
//     be so because at most one attempt of a job is ever opened: an opening takes t workers that release, each
//     releases once per job and durably (engine/store), and as 2t > n + T any two openings have an honest
//     worker in common. In a guarded release, all that began have to. So of two
//     vectors of one worker at most one is in a sum that anybody sees.
//   - An attempt that continues after a restart sends stored bytes.
//
// # Threat model
//
// Noise is never printed, logged or stored. An owner who leaves it out, or draws too little, weakens the protection of nobody
// while at most T do: the noise of n_min − T is enough (crypto/dp).
//
// # Errors
//
// [ErrDraw]; it holds no noise.
//
// Start at [Draw].
package noise

import (
	"fmt"
	"io"
	"math/bits"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/crypto/secret"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// ErrDraw is a fault of the program or of the operating system's randomness.
var ErrDraw = fault.Declare("TACIT-D040", "noise not drawn",
	"The noise of a question could not be drawn, or does not fit its vector. Nothing of the question left this owner.",
	"Report it with the worker's log.")

// Drawn is noise for one vector. It does not print, and is used once.
type Drawn struct {
	noise *plan.Noise
	cells int
	sums  []*dp.Noise // nil: exact
}

// Draw draws the share of one owner: independent numbers for each noised sum of each cell.
func Draw(n *plan.Noise, cells int, rand io.Reader) (*Drawn, error) {
	d := &Drawn{noise: n, cells: cells, sums: make([]*dp.Noise, len(n.Sums))}
	for i, s := range n.Sums {
		if s == nil {
			continue
		}
		g, err := dp.NewGaussian(s.Mechanism.Share())
		if err == nil {
			d.sums[i], err = g.Draw(cells, rand)
		}
		if err != nil {
			d.Wipe()
			return nil, ErrDraw.New("%w", err)
		}
	}
	return d, nil
}

// Add multiplies each noised sum of the vector by its factor and adds noise, which is gone then. The
// vector is cell-major, as a plan has it; [plan.Elements] says why it does not wrap around. On
// error the vector is to be thrown away.
func (d *Drawn) Add(v ring.Vector) error {
	if v.Len() != d.cells*len(d.sums) {
		return ErrDraw.New("a vector of %d elements for %d cells of %d sums", v.Len(), d.cells, len(d.sums))
	}
	defer d.Wipe()
	column := ring.NewVector(v.Width, d.cells)
	defer clear(column.Words)
	words := int(v.Width) / 64
	for i, drawn := range d.sums {
		if drawn == nil {
			continue
		}
		for cell := range d.cells {
			at := (cell*len(d.sums) + i) * words
			copy(column.Words[cell*words:(cell+1)*words], v.Words[at:at+words])
		}
		multiply(column, d.noise.Sums[i].Factor)
		if err := drawn.AddTo(column); err != nil {
			return ErrDraw.New("%w", err)
		}
		for cell := range d.cells {
			at := (cell*len(d.sums) + i) * words
			copy(v.Words[at:at+words], column.Words[cell*words:(cell+1)*words])
		}
	}
	return nil
}

// multiply multiplies each element, in two's complement.
func multiply(v ring.Vector, factor uint64) {
	if v.Width == ring.Width64 {
		for i := range v.Words {
			v.Words[i] *= factor
		}
		return
	}
	for i := 0; i < len(v.Words); i += 2 {
		carry, lo := bits.Mul64(v.Words[i], factor)
		v.Words[i], v.Words[i+1] = lo, v.Words[i+1]*factor+carry
	}
}

// Format prints "[secret]" under every verb.
func (*Drawn) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Shown) }

// Wipe overwrites what is left.
func (d *Drawn) Wipe() {
	for _, s := range d.sums {
		if s != nil {
			s.Wipe()
		}
	}
}
