package noise_test

import (
	"math"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
	"github.com/tacit-space/tacit/engine/noise"
)

// TestWidth: what is added to each noised sum has the variance of the owner's share, and the mean 0, and each draw is one of its
// own. 30 000 draws; a normal test of the mean and of the variance at 5 standard errors each rejects good noise once in a million
// runs, and the seed is fixed. The fourth moment of a discrete Gaussian is that of a Gaussian to far below that.
func TestWidth(t *testing.T) {
	const cells = 30_000
	n := three(t)
	d, err := noise.Draw(n, cells, &seeded{seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	v := ring.NewVector(ring.Width128, 3*cells)
	if err := d.Add(v); err != nil {
		t.Fatal(err)
	}
	for i, s := range n.Sums {
		if s == nil {
			continue
		}
		sum, square, product, before := 0.0, 0.0, 0.0, 0.0
		for cell := range cells {
			x, _ := v.Big(3*cell + i).Float64()
			sum, square, product = sum+x, square+x*x, product+x*before
			before = x
		}
		variance := math.Pow(s.Mechanism.Share().Sigma(), 2)
		if z := sum / math.Sqrt(cells*variance); math.Abs(z) > 5 {
			t.Errorf("sum %d: the mean is %.1f standard errors from 0", i, z)
		}
		if z := (square/variance - cells) / math.Sqrt(2*cells); math.Abs(z) > 5 {
			t.Errorf("sum %d: the variance is %.4g, wants %.4g", i, square/cells, variance)
		}
		if z := product / (variance * math.Sqrt(cells)); math.Abs(z) > 5 {
			t.Errorf("sum %d: neighbours are correlated, %.1f standard errors", i, z)
		}
	}
}
