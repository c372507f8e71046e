package runner

import (
	"runtime"
	"sync"
)

// Parallel runs f(0) … f(n-1) on the processors there are, and returns when all
// have returned. It is what machines use for long vectors.
func Parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
