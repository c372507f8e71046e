package inference

import (
	"math"

	"github.com/tacit-space/tacit/engine/fault"
)

// Newcombe is the risk difference with R. G. Newcombe's hybrid score interval, which Wilson's intervals of both risks make: unlike Wald's it
// is right where risks are small, and stays within −1 and 1. (Statistics in Medicine 17 (1998) 873–890, method 10.)
func (t TwoByTwo) Newcombe(level float64) (*Estimate, *fault.Fault) {
	e, f := t.Effects(level)
	if f != nil {
		return nil, f
	}
	p, f := Wilson(t.A, t.A+t.B, level)
	if f != nil {
		return nil, f
	}
	q, f := Wilson(t.C, t.C+t.D, level)
	if f != nil {
		return nil, f
	}
	d := e.RiskDifference
	d.Lower = d.Value - math.Hypot(p.Value-p.Lower, q.Upper-q.Value)
	d.Upper = d.Value + math.Hypot(p.Upper-p.Value, q.Value-q.Lower)
	return &d, nil
}
