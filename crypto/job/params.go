package job

import (
	"fmt"

	"github.com/tacit-space/tacit/crypto/ring"
)

// Limits of one job.
const (
	MinWorkers = 3       // of a roster; with two, each would read the other's input off the sum
	MaxWorkers = 500     // of a roster; what a coordinator keeps grows with the square of it
	MaxLength  = 1 << 24 // elements of a vector
	MaxContext = 1 << 20 // bytes of [Manifest.Context]
	MaxGuard   = 1 << 16 // bytes of [Manifest.Guard]
	MaxID      = 64      // bytes of [Member.ID]
)

// ThresholdFor returns the smallest t with 2t > n + corruptions, the threshold
// that fits n workers of which at most corruptions collude.
func ThresholdFor(n, corruptions int) int { return (n+corruptions)/2 + 1 }

// checkNumbers checks n, T, t and n_min against each other.
//
// 2t > n + T: an honest worker signs one U3 only and gives one kind of share per
// worker only, so that two signed U3, or both kinds of t shares of one worker,
// would take 2t signatures or shares of at most n + T. n_min >= T + 2: at least
// two honest inputs hide in every sum. n_min >= t: whoever remains can open.
func checkNumbers(n, corruptions, threshold, minContributors int) error {
	switch {
	case n < MinWorkers || n > MaxWorkers:
		return fmt.Errorf("job: %d workers outside [%d, %d]", n, MinWorkers, MaxWorkers)
	case corruptions < 1 || corruptions > n-2:
		return fmt.Errorf("job: %d tolerated corruptions outside [1, %d]", corruptions, n-2)
	case threshold > n || 2*threshold <= n+corruptions:
		return fmt.Errorf("job: threshold %d outside (%d/2, %d]", threshold, n+corruptions, n)
	case minContributors < max(threshold, corruptions+2) || minContributors > n:
		return fmt.Errorf("job: %d contributors at least, outside [%d, %d]",
			minContributors, max(threshold, corruptions+2), n)
	}
	return nil
}

func checkShape(width ring.Width, length int) error {
	switch {
	case !width.Valid():
		return fmt.Errorf("job: width %d, wanted 64 or 128", width)
	case length < 1 || length > MaxLength:
		return fmt.Errorf("job: length %d outside [1, %d]", length, MaxLength)
	}
	return nil
}
