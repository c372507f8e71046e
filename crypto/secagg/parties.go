package secagg

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/tacit-space/tacit/crypto/session"
	"github.com/tacit-space/tacit/crypto/wire"
)

var errOrder = errors.New("parties are not ascending positions of the roster")

// parties is a set of workers: strictly ascending positions from 1.
type parties []session.Party

// everyone returns 1 … n.
func everyone(n int) parties {
	all := make(parties, n)
	for i := range all {
		all[i] = session.Party(i + 1)
	}
	return all
}

// keysOf returns the set of the keys of m.
func keysOf[V any](m map[session.Party]V) parties {
	p := make(parties, 0, len(m))
	for k := range m {
		p = append(p, k)
	}
	slices.Sort(p)
	return p
}

func (p parties) has(x session.Party) bool {
	_, ok := slices.BinarySearch(p, x)
	return ok
}

// within reports p ⊆ q.
func (p parties) within(q parties) bool {
	return !slices.ContainsFunc(p, func(x session.Party) bool { return !q.has(x) })
}

// without returns p ∖ q.
func (p parties) without(q parties) parties {
	return slices.DeleteFunc(slices.Clone(p), q.has)
}

// valid reports whether p is a set within 1 … n.
func (p parties) valid(n int) bool {
	last := session.Party(0)
	for _, x := range p {
		if x <= last || int(x) > n {
			return false
		}
		last = x
	}
	return true
}

// bytes encodes p for hashing; its length is implied.
func (p parties) bytes() []byte {
	b := make([]byte, 0, 2*len(p))
	for _, x := range p {
		b = append(b, partyBytes(x)...)
	}
	return b
}

func (p parties) encode(w *wire.Writer) {
	w.Count(len(p))
	for _, x := range p {
		w.U16(uint16(x))
	}
}

// decodeParties reads a set within 1 … n.
func decodeParties(r *wire.Reader, n int) parties {
	p := make(parties, r.Count(n))
	for i := range p {
		p[i] = session.Party(r.U16())
	}
	if !p.valid(n) {
		r.Fail(errOrder)
		return nil
	}
	return p
}

func partyBytes(p session.Party) []byte {
	return binary.LittleEndian.AppendUint16(nil, uint16(p))
}
