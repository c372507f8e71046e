package analyst

import (
	"github.com/tacit-space/tacit/engine/query"
)

// Privacy says how an answer was noised.
type Privacy struct {
	Epsilon      string   `json:"epsilon"` // of the question, for one privacy unit at one owner
	Delta        string   `json:"delta"`
	Rho          string   `json:"rho"`             // what the question cost an account at each owner, in zCDP
	Unit         string   `json:"unit,omitempty"`  // column of the privacy unit; left out: every row is one
	Groups       int      `json:"groups"`          // that one unit is in, at most
	Rows         int      `json:"rows"`            // that one unit counts as in a group, at most
	Honest       int      `json:"honest"`          // n_min − T: owners whose noise alone keeps the promise
	Contributors int      `json:"contributors"`    // owners whose noise is in the numbers
	Sums         []Noisy  `json:"sums"`            // that were noised
	Exact        []string `json:"exact,omitempty"` // that were not
}

// Noisy is a sum with noise, in its own unit.
type Noisy struct {
	Sum     string  `json:"sum"`     // in readable SQL
	Largest uint64  `json:"largest"` // what one unit adds to a group, at most, in absolute value
	Factor  uint64  `json:"factor"`  // by which the unit was made finer before it was added up
	Sigma   float64 `json:"sigma"`   // standard deviation of the noise of all contributors
	Assured float64 `json:"assured"` // that of the noise of so many owners as Honest says, on which the promise rests
	Honest  int     `json:"honest"`  // owners whose noise is enough for this sum
}

func privacyOf(q *query.Query, contributors int) *Privacy {
	n := q.Noise()
	if n == nil {
		return nil
	}
	p := &Privacy{
		Epsilon: n.Epsilon.String(), Delta: n.Delta.String(), Rho: n.Rho.String(), Unit: n.Unit,
		Groups: n.Groups, Rows: n.Rows, Honest: n.Honest, Contributors: contributors, Sums: []Noisy{},
	}
	for i, s := range n.Sums {
		text := q.Plan.Sums[i].SQL()
		if s == nil {
			p.Exact = append(p.Exact, text)
			continue
		}
		p.Sums = append(p.Sums, Noisy{
			Sum: text, Largest: s.Largest, Factor: s.Factor, Sigma: s.Sigma(contributors), Assured: s.Sigma(s.Honest), Honest: s.Honest,
		})
	}
	return p
}
