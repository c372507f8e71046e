package load

import (
	"math"
	"math/big"

	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/regression"
)

// BadTemperature is a series of temperatures that does not go with one of energy.
var BadTemperature = fault.Declare("TACIT-T083", "temperatures do not go with the days",
	"There are fewer or more temperatures than days of energy, or the base of heating is above that of cooling.",
	"Give one mean temperature for each day.")

// DegreeDays are heating and cooling degree days of a day's mean temperature: max(0, heating − t) and max(0, t − cooling).
func DegreeDays(t, heating, cooling *big.Rat) (hdd, cdd *big.Rat) {
	hdd, cdd = new(big.Rat).Sub(heating, t), new(big.Rat).Sub(t, cooling)
	if hdd.Sign() < 0 {
		hdd.SetInt64(0)
	}
	if cdd.Sign() < 0 {
		cdd.SetInt64(0)
	}
	return hdd, cdd
}

// Response is how daily energy follows the temperature: E = Base + Heating·HDD + Cooling·CDD.
type Response struct {
	*regression.LinearFit
	// CVRMSE is the residual standard error over the mean of the energy (ASHRAE Guideline 14).
	CVRMSE float64
}

// Respond fits the energy of days to their mean temperatures, by least squares. A term whose degree days are all 0, as of
// cooling in winter, is left out.
func Respond(energy, temperature []*big.Rat, heating, cooling *big.Rat, level float64) (*Response, *fault.Fault) {
	if len(energy) != len(temperature) || heating.Cmp(cooling) > 0 {
		return nil, BadTemperature.New("%d days of energy, %d temperatures", len(energy), len(temperature))
	}
	rows := make([][]*big.Rat, len(energy))
	some := [2]bool{}
	for i, t := range temperature {
		hdd, cdd := DegreeDays(t, heating, cooling)
		some[0], some[1] = some[0] || hdd.Sign() > 0, some[1] || cdd.Sign() > 0
		rows[i] = []*big.Rat{hdd, cdd}
	}
	s := &regression.Sums{Names: []string{"base"}, Intercept: true, N: int64(len(energy)), YY: new(big.Rat)}
	for j, name := range []string{"hdd", "cdd"} {
		if some[j] {
			s.Names = append(s.Names, name)
		}
	}
	s.XX, s.XY = make([][]*big.Rat, len(s.Names)), make([]*big.Rat, len(s.Names))
	for j := range s.Names {
		s.XY[j], s.XX[j] = new(big.Rat), make([]*big.Rat, len(s.Names))
		for k := range s.Names {
			s.XX[j][k] = new(big.Rat)
		}
	}
	mean := new(big.Rat)
	for i, e := range energy {
		x := []*big.Rat{big.NewRat(1, 1)}
		for j, yes := range some {
			if yes {
				x = append(x, rows[i][j])
			}
		}
		add(s, x, e)
		mean.Add(mean, e)
	}
	fit, f := regression.Linear(s, level)
	if f != nil {
		return nil, f
	}
	m, _ := mean.Float64()
	m /= float64(len(energy))
	if m == 0 || math.IsInf(m, 0) {
		return nil, NoLoad.New("a mean energy of 0")
	}
	return &Response{fit, fit.Sigma / m}, nil
}

func add(s *regression.Sums, x []*big.Rat, y *big.Rat) {
	product := func(to, a, b *big.Rat) { to.Add(to, new(big.Rat).Mul(a, b)) }
	for j := range x {
		for k := range x {
			product(s.XX[j][k], x[j], x[k])
		}
		product(s.XY[j], x[j], y)
	}
	product(s.YY, y, y)
}
