package load

import (
	"math"
	"math/big"

	"github.com/tacit-space/tacit/engine/fault"
)

// Balance is how generation and consumption of the same intervals go together.
type Balance struct {
	Generation, Consumption *big.Rat
	Shared                  *big.Rat // Σ min: used in the interval in which it is generated
	Import, Export          *big.Rat // what is missing, and what is left
	PeakImport, PeakExport  *big.Rat // the largest of an interval
	// SelfConsumption is the share of the generation that is used at once, SelfSufficiency that of the consumption that it covers;
	// nil without any.
	SelfConsumption, SelfSufficiency *big.Rat
}

// Balanced compares two series of the same intervals, neither of which is below 0.
func Balanced(generation, consumption *Series) (*Balance, *fault.Fault) {
	if generation.Len() == 0 {
		return nil, NoLoad.New("no intervals")
	}
	if f := together(generation, consumption); f != nil {
		return nil, f
	}
	b := &Balance{
		Generation: generation.Sum(), Consumption: consumption.Sum(), Shared: new(big.Rat),
		Import: new(big.Rat), Export: new(big.Rat), PeakImport: new(big.Rat), PeakExport: new(big.Rat),
	}
	for i, g := range generation.Values {
		c := consumption.Values[i]
		if g.Sign() < 0 || c.Sign() < 0 {
			return nil, BadFigure.New("generation or consumption of interval %d is below 0", i+1)
		}
		d := new(big.Rat).Sub(c, g)
		total, peak, less := b.Import, &b.PeakImport, g
		if d.Sign() < 0 {
			d.Neg(d)
			total, peak, less = b.Export, &b.PeakExport, c
		}
		b.Shared.Add(b.Shared, less)
		total.Add(total, d)
		if d.Cmp(*peak) > 0 {
			*peak = d
		}
	}
	if b.Generation.Sign() > 0 {
		b.SelfConsumption = new(big.Rat).Quo(b.Shared, b.Generation)
	}
	if b.Consumption.Sign() > 0 {
		b.SelfSufficiency = new(big.Rat).Quo(b.Shared, b.Consumption)
	}
	return b, nil
}

// together makes sure that two series have the same intervals.
func together(a, b *Series) *fault.Fault {
	if a.Len() != b.Len() {
		return Gaps.New("series of %d and %d intervals", a.Len(), b.Len())
	}
	for i := range a.At {
		if !a.At[i].Equal(b.At[i]) {
			return Gaps.New("interval %d begins at different times", i+1)
		}
	}
	return nil
}

// Accuracy is how far a forecast is from what came: errors are forecast less actual.
type Accuracy struct {
	Intervals    int
	Bias, MAE    float64 // mean error, mean absolute error
	RMSE         float64
	NMBE, CVRMSE float64 // bias and RMSE over the mean of what came (ASHRAE Guideline 14, with n)
	MAPE         float64 // mean of |error| / actual over intervals with an actual above 0; NaN without any
	Skipped      int     // intervals without
	Worst        float64 // the largest error by its size
	At           int     // its interval
}

// Assess compares a forecast with what came, interval by interval.
func Assess(actual, forecast *Series) (*Accuracy, *fault.Fault) {
	if actual.Len() == 0 {
		return nil, NoLoad.New("no intervals")
	}
	if f := together(actual, forecast); f != nil {
		return nil, f
	}
	n := big.NewRat(int64(actual.Len()), 1)
	sum, size, squares, share := new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)
	worst := new(big.Rat)
	a := &Accuracy{Intervals: actual.Len()}
	for i, y := range actual.Values {
		e := new(big.Rat).Sub(forecast.Values[i], y)
		abs := new(big.Rat).Abs(e)
		sum.Add(sum, e)
		size.Add(size, abs)
		squares.Add(squares, new(big.Rat).Mul(e, e))
		if y.Sign() > 0 {
			share.Add(share, new(big.Rat).Quo(abs, y))
		} else {
			a.Skipped++
		}
		if abs.Cmp(new(big.Rat).Abs(worst)) > 0 {
			worst, a.At = e, i
		}
	}
	mean := actual.Mean()
	if mean.Sign() <= 0 {
		return nil, NoLoad.New("a mean of %s", mean.RatString())
	}
	float := func(r *big.Rat) float64 { x, _ := r.Float64(); return x }
	a.Bias, a.MAE, a.RMSE = float(sum.Quo(sum, n)), float(size.Quo(size, n)), math.Sqrt(float(squares.Quo(squares, n)))
	a.NMBE, a.CVRMSE, a.Worst, a.MAPE = a.Bias/float(mean), a.RMSE/float(mean), float(worst), math.NaN()
	if some := actual.Len() - a.Skipped; some > 0 {
		a.MAPE = float(share.Quo(share, big.NewRat(int64(some), 1)))
	}
	return a, nil
}
