package session

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/tacit-space/tacit/crypto/wire"
)

// ErrOrder refuses a list of parties that is no set of positions of the roster.
var ErrOrder = errors.New("session: parties are not ascending positions of the roster")

// Parties is a set of workers: strictly ascending positions from 1.
type Parties []Party

// Everyone returns 1 … n.
func Everyone(n int) Parties {
	all := make(Parties, n)
	for i := range all {
		all[i] = Party(i + 1)
	}
	return all
}

// KeysOf returns the set of the keys of m.
func KeysOf[V any](m map[Party]V) Parties {
	p := make(Parties, 0, len(m))
	for k := range m {
		p = append(p, k)
	}
	slices.Sort(p)
	return p
}

// Has reports x ∈ p.
func (p Parties) Has(x Party) bool {
	_, ok := slices.BinarySearch(p, x)
	return ok
}

// Within reports p ⊆ q.
func (p Parties) Within(q Parties) bool {
	return !slices.ContainsFunc(p, func(x Party) bool { return !q.Has(x) })
}

// Without returns p ∖ q.
func (p Parties) Without(q Parties) Parties {
	return slices.DeleteFunc(slices.Clone(p), q.Has)
}

// Valid reports whether p is a set within 1 … n.
func (p Parties) Valid(n int) bool {
	last := Party(0)
	for _, x := range p {
		if x <= last || int(x) > n {
			return false
		}
		last = x
	}
	return true
}

// Bytes encodes p for hashing, two bytes for each member; its length is implied.
func (p Parties) Bytes() []byte {
	b := make([]byte, 0, 2*len(p))
	for _, x := range p {
		b = append(b, PartyBytes(x)...)
	}
	return b
}

// Encode writes p behind its length, 4 + 2·len(p) bytes.
func (p Parties) Encode(w *wire.Writer) {
	w.Count(len(p))
	for _, x := range p {
		w.U16(uint16(x))
	}
}

// DecodeParties reads a set within 1 … n, and fails r with [ErrOrder] if it is none.
func DecodeParties(r *wire.Reader, n int) Parties {
	p := make(Parties, r.Count(n))
	for i := range p {
		p[i] = Party(r.U16())
	}
	if !p.Valid(n) {
		r.Fail(ErrOrder)
		return nil
	}
	return p
}

// PartyBytes encodes one position for hashing: two bytes, little endian.
func PartyBytes(p Party) []byte {
	return binary.LittleEndian.AppendUint16(nil, uint16(p))
}
