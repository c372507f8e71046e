package enginetest_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/analyst"
	"github.com/tacit-space/tacit/engine/coordinator"
	"github.com/tacit-space/tacit/engine/enginetest"
)

// BenchmarkQuestion asks a small grouped question of five owners, in one process, over
// TLS on loopback: unprotected by a minimum cohort, with small cells suppressed and keys
// made first, and with keys that were made ahead.
func BenchmarkQuestion(b *testing.B) {
	for _, c := range []struct {
		name         string
		cohort, keys int
	}{{"masked", 1, -1}, {"guarded", 10, -1}, {"guarded, keys ahead", 10, 1}} {
		b.Run(c.name, func(b *testing.B) {
			s := enginetest.New(b, enginetest.Options{
				Owners: 5, Cohort: c.cohort,
				Coordinator: func(cfg *coordinator.Config) {
					cfg.Limits.KeysAhead, cfg.Timing.Idle = c.keys, time.Millisecond
				},
			}).Start()
			client := s.Client()
			var took []time.Duration
			var busy time.Duration
			for i := 1; b.Loop(); i++ {
				if c.keys > 0 {
					s.Log.UntilTimes(6*i, made) // by the coordinator and five owners
				}
				begin, before := time.Now(), processorTime(b)
				if _, err := client.Ask(context.Background(), enginetest.Query, analyst.Options{}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
				busy += processorTime(b) - before
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
			b.ReportMetric(float64(busy.Milliseconds())/float64(len(took)), "ms-processor")
			b.ReportMetric(0, "ns/op") // includes the wait for keys
		})
	}
}

// processorTime is what all roles, which share this process, have used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
