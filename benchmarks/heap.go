package benchmarks

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapPeak runs f and returns by how many bytes the heap was larger, at most, than
// before, looked at every millisecond. The garbage collector runs so often that this is
// little more than what is in use; as it runs by default, a process may hold twice that.
func heapPeak(f func() error) (float64, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	for range 3 { // what a pool holds goes with the second
		runtime.GC()
	}
	before := heapNow()
	stop, peak := make(chan struct{}), make(chan float64)
	go func() {
		largest := before
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				peak <- max(largest, heapNow())
				return
			case <-tick.C:
				largest = max(largest, heapNow())
			}
		}
	}()
	err := f()
	close(stop)
	return <-peak - before, err
}

func heapNow() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64())
}
