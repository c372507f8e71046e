package survival

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tacit-space/tacit/engine/fault"
)

// Agreement is how well a score ranks survival: F. E. Harrell's C, the share of comparable pairs in which the one with the higher score has the event first, and half of those with
// the same score. A pair is comparable if one has the event while the other is still without. (F. E. Harrell et al., JAMA 247 (1982) 2543–2546.)
type Agreement struct {
	C                            float64
	SE, Lower, Upper             float64 // by the infinitesimal jackknife, as R's survival has it
	Least, Most                  float64 // if pairs of one band are all discordant, or all concordant
	Concordant, Discordant, Tied int64   // pairs
}

// Concordance compares bands of a score, in ascending order. Within a time events come before censoring, and two events at one time
// are not comparable.
func Concordance(bands []Counts, level float64) (*Agreement, *fault.Fault) {
	if len(bands) < 2 {
		return nil, OneGroup.New("%d bands of the score", len(bands))
	}
	c, f := newPairs(bands)
	if f != nil {
		return nil, f
	}
	a := &Agreement{Concordant: c.concordant, Discordant: c.discordant, Tied: c.tied}
	all := float64(c.concordant + c.discordant + c.tied)
	if all == 0 {
		return nil, NoEvents.New("no pair is comparable: nobody has the event while another is still without")
	}
	a.C = (float64(c.concordant) + float64(c.tied)/2) / all
	a.Least, a.Most = float64(c.concordant)/all, float64(c.concordant+c.tied)/all
	variance := 0.0
	for b := range bands {
		for t := range c.times {
			for _, who := range []struct {
				n     int64
				share [2]float64 // concordant and half of the tied pairs of one of them; all pairs
			}{{c.events[b][t], c.sum(c.asEvent(b, t), c.asLater(b, t, true))}, {c.censored[b][t], c.asLater(b, t, false)}} {
				d := (who.share[0] - a.C*who.share[1]) / all
				variance += float64(who.n) * d * d
			}
		}
	}
	a.SE = math.Sqrt(variance)
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	a.Lower, a.Upper = max(0, a.C-z*a.SE), min(1, a.C+z*a.SE)
	return a, nil
}

// pairs are the counts on one grid of times. later[b][t] is who of a band is still without the event after the events at t; failed[b][t] who
// of it had the event before t.
type pairs struct {
	times                        []float64
	events, censored             [][]int64
	later, failed                [][]int64
	concordant, discordant, tied int64
}

func newPairs(bands []Counts) (*pairs, *fault.Fault) {
	c := &pairs{}
	for i := range bands {
		if f := bands[i].check(); f != nil {
			return nil, f
		}
		c.times = append(c.times, bands[i].Times...)
	}
	slices.Sort(c.times)
	c.times = slices.Compact(c.times)
	for _, band := range bands {
		events, censored := make([]int64, len(c.times)), make([]int64, len(c.times))
		later, failed := make([]int64, len(c.times)), make([]int64, len(c.times)+1)
		for i, t := range band.Times {
			at, _ := slices.BinarySearch(c.times, t)
			events[at], censored[at] = band.Events[i], band.Censored[i]
		}
		n := int64(0)
		for t := len(c.times) - 1; t >= 0; t-- {
			later[t] = n + censored[t]
			n = later[t] + events[t]
		}
		for t := range c.times {
			failed[t+1] = failed[t] + events[t]
		}
		c.events, c.censored = append(c.events, events), append(c.censored, censored)
		c.later, c.failed = append(c.later, later), append(c.failed, failed)
	}
	for b := range bands {
		for t, d := range c.events[b] {
			for o := range bands {
				n := d * c.later[o][t]
				switch {
				case o < b:
					c.concordant += n
				case o > b:
					c.discordant += n
				default:
					c.tied += n
				}
			}
		}
	}
	return c, nil
}

// asEvent is the pairs of somebody of a band who has the event at a time with those who are still without.
func (c *pairs) asEvent(b, t int) (share [2]float64) {
	for o := range c.later {
		n := float64(c.later[o][t])
		share[1] += n
		switch {
		case o < b:
			share[0] += n
		case o == b:
			share[0] += n / 2
		}
	}
	return share
}

// asLater is the pairs of somebody of a band who leaves at a time with those who had the event before, at the same time too if somebody is
// censored.
func (c *pairs) asLater(b, t int, event bool) (share [2]float64) {
	end := t + 1
	if event {
		end = t
	}
	for o := range c.failed {
		n := float64(c.failed[o][end])
		share[1] += n
		switch {
		case o > b:
			share[0] += n
		case o == b:
			share[0] += n / 2
		}
	}
	return share
}

func (c *pairs) sum(a, b [2]float64) [2]float64 { return [2]float64{a[0] + b[0], a[1] + b[1]} }
