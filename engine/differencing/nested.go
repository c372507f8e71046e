package differencing

import "math/bits"

const wordBits = 64

// nested looks for two cells of which the units of one are those of the other and a few more. One unit
// with rows in the first cell only and one with rows in the second only rule that out, and so do k on one
// side. Over many units hardly any two cells are left, so that each further unit costs little.
type nested struct {
	open   []candidate
	series []int          // of each bit; only read for bits that have a cell
	k      []int          // of each series
	counts map[cells]int8 // of two bits that are not ruled out: units in the first cell only, or minus those in the second only
}

// candidate is a cell, and those in one word that may be nested with it.
type candidate struct {
	cell   int // bit
	word   int
	others uint64
}

// nest finds the candidates: all cells of packed series that are compared.
func (c *Comparison) nest() {
	n := &c.nested
	n.counts = map[cells]int8{}
	n.series = make([]int, c.Words()*wordBits)
	for i, at := range c.Places {
		n.k = append(n.k, c.Series[i].K)
		for bit := range at.Bits {
			n.series[at.bit(bit)] = i
		}
	}
	others := make([][]uint64, len(c.Series))
	for _, p := range c.pairs {
		if at := c.Places[p.j]; at.Bits > 0 {
			if others[p.i] == nil {
				others[p.i] = make([]uint64, c.Words())
			}
			others[p.i][at.Word] |= (1<<at.Bits - 1) << at.First
		}
	}
	for i, at := range c.Places {
		for bit := range at.Bits {
			for word, bits := range others[i] {
				if bits != 0 {
					n.open = append(n.open, candidate{at.bit(bit), word, bits})
				}
			}
		}
	}
}

// bit is that of a cell among all words.
func (p Place) bit(cell int) int { return p.Word*wordBits + p.First + cell }

// Unit adds a unit by the cells of packed series in which it has rows: their bits, in [Comparison.Words] words.
// Each unit is added once.
func (c *Comparison) Unit(words []uint64) {
	open := c.nested.open
	for i := 0; i < len(open); {
		at := &open[i]
		inside := words[at.cell/wordBits] >> (at.cell % wordBits) & 1
		if one := at.others & (words[at.word] ^ -inside); one != 0 {
			c.nested.only(at, one, inside == 1)
		}
		if at.others != 0 {
			i++
			continue
		}
		open[i] = open[len(open)-1]
		open = open[:len(open)-1]
	}
	c.nested.open = open
}

// only counts a unit that is in one of two cells: in the candidate or in each of the others.
func (n *nested) only(at *candidate, others uint64, first bool) {
	for ; others != 0; others &= others - 1 {
		low := bits.TrailingZeros64(others)
		two := cells{at.cell, at.word*wordBits + low}
		count := n.counts[two]
		out := count < 0
		if first {
			count++
		} else {
			out = count > 0
			count--
		}
		if k := max(n.k[n.series[two.a]], n.k[n.series[two.b]]); out || int(max(count, -count)) >= k {
			delete(n.counts, two)
			at.others &^= 1 << low
			continue
		}
		n.counts[two] = count
	}
}

// found reports whether the units of two cells of a pair are nested, and differ.
func (c *Comparison) found(p *pair, a, b int) bool {
	s, t := c.Places[p.i], c.Places[p.j]
	return s.Bits > 0 && t.Bits > 0 && c.nested.counts[cells{s.bit(a), t.bit(b)}] != 0
}
