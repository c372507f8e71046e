package dp

import (
	"fmt"
	"testing"

	"github.com/tacit-space/tacit/crypto/ring"
)

// Draws per second on one core, for σ from 3 to 2^40, a rational variance, and shares
// on the grid.
func BenchmarkGaussian(b *testing.B) {
	for _, text := range []string{"9", "10", "16", "1024", "1000000007", "1099511627776", "1099511627777", "1208925819614629174706176", "1000/7"} {
		v, err := ParseVariance(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("variance=%s", text), func(b *testing.B) {
			g, _ := NewGaussian(v)
			s := seeded(1)
			b.ReportAllocs()
			for b.Loop() {
				g.one(s)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mdraws/s")
		})
	}
}

func BenchmarkAddGaussian(b *testing.B) {
	v, _ := NewVariance(1<<20, 1)
	for _, width := range []ring.Width{ring.Width64, ring.Width128} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			x := ring.NewVector(width, 1<<16)
			for i := 0; b.Loop(); i++ {
				if err := AddGaussian(x, v, seedReader(uint64(i))); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*(1<<16)/b.Elapsed().Seconds()/1e6, "Mdraws/s")
		})
	}
}

func BenchmarkConvert(b *testing.B) {
	d, _ := ParseDelta("1e-6")
	b.Run("epsilon", func(b *testing.B) {
		for b.Loop() {
			_, _ = Rho(24_355_970).Epsilon(d)
		}
	})
	b.Run("rho", func(b *testing.B) {
		for b.Loop() {
			_, _ = Epsilon(1_000_000_000).Rho(d)
		}
	})
}
