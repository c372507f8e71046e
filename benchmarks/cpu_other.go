//go:build !linux

package benchmarks

import "time"

var began = time.Now()

// threadTime stands in for the processor time of a thread where that is not to be had:
// on an idle machine it differs little from the time that has passed.
func threadTime() time.Duration { return time.Since(began) }
