package job

import "testing"

// n_min >= T+2 matters where t alone would allow less: n=4, T=1 and t=3 is the
// boundary, so no set of numbers that passes lets fewer than two honest inputs into a
// sum.
func TestTwoHonestInputs(t *testing.T) {
	for n := MinWorkers; n <= 40; n++ {
		for corrupt := 0; corrupt <= n; corrupt++ {
			for th := 0; th <= n+1; th++ {
				for least := 0; least <= n+1; least++ {
					if checkNumbers(n, corrupt, th, least) == nil && (least-corrupt < 2 || 2*th <= n+corrupt || least < th) {
						t.Fatalf("n=%d T=%d t=%d n_min=%d passes", n, corrupt, th, least)
					}
				}
			}
		}
	}
}

// The number of workers has its limits whatever the other numbers are.
func TestNumberOfWorkers(t *testing.T) {
	for n, fits := range map[int]bool{2: false, MinWorkers: true, MaxWorkers: true, MaxWorkers + 1: false} {
		th := ThresholdFor(n, 1)
		if err := checkNumbers(n, 1, th, max(th, 3)); (err == nil) != fits {
			t.Errorf("%d workers: %v", n, err)
		}
	}
}
