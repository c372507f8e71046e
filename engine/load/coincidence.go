package load

import (
	"math/big"

	"github.com/tacit-space/tacit/engine/fault"
)

// Coincidence is how the peaks of groups fall together.
type Coincidence struct {
	Total         *Series  // of all groups together
	At            int      // interval of the coincident peak
	Coincident    *big.Rat // largest value of the total: max_t Σ P_i(t)
	NonCoincident *big.Rat // Σ max_t P_i(t)
	Factor        *big.Rat // Coincident / NonCoincident, at most 1
	Diversity     *big.Rat // its reciprocal, at least 1
}

// Coincide adds groups up, which have the same intervals, and compares the peak of the sum with the sum of peaks.
func Coincide(groups []*Series) (*Coincidence, *fault.Fault) {
	if len(groups) == 0 {
		return nil, NoLoad.New("no groups")
	}
	c := &Coincidence{Total: &Series{At: groups[0].At}, NonCoincident: new(big.Rat)}
	for range groups[0].Values {
		c.Total.Values = append(c.Total.Values, new(big.Rat))
	}
	for _, g := range groups {
		if g.Len() != c.Total.Len() {
			return nil, Gaps.New("groups of %d and %d intervals", g.Len(), c.Total.Len())
		}
		for i, v := range g.Values {
			if !g.At[i].Equal(c.Total.At[i]) {
				return nil, Gaps.New("interval %d begins at different times", i+1)
			}
			c.Total.Values[i].Add(c.Total.Values[i], v)
		}
		peak, _, f := g.Peak()
		if f != nil {
			return nil, f
		}
		c.NonCoincident.Add(c.NonCoincident, peak)
	}
	var f *fault.Fault
	if c.Coincident, c.At, f = c.Total.Peak(); f != nil {
		return nil, f
	}
	if c.Coincident.Sign() <= 0 || c.NonCoincident.Sign() <= 0 {
		return nil, NoLoad.New("no peak above 0")
	}
	c.Factor = new(big.Rat).Quo(c.Coincident, c.NonCoincident)
	c.Diversity = new(big.Rat).Inv(c.Factor)
	return c, nil
}

// AfterDiversity is the after-diversity maximum demand: the coincident peak per customer.
func (c *Coincidence) AfterDiversity(customers int64) (*big.Rat, *fault.Fault) {
	if customers <= 0 {
		return nil, BadFigure.New("%d customers", customers)
	}
	return new(big.Rat).Quo(c.Coincident, big.NewRat(customers, 1)), nil
}
