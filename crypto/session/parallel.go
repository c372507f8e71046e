package session

// Parallel runs f(0) … f(n-1), in any order, perhaps at the same time, and
// returns when all have returned. Nil runs them one after the other: a protocol
// starts no goroutines.
type Parallel func(n int, f func(i int))

// Run runs f for 0 … n-1.
func (p Parallel) Run(n int, f func(i int)) {
	if p != nil {
		p(n, f)
		return
	}
	for i := range n {
		f(i)
	}
}

// Each runs f for 0 … n-1 and returns the first error in their order.
func (p Parallel) Each(n int, f func(i int) error) error {
	errs := make([]error, n)
	p.Run(n, func(i int) { errs[i] = f(i) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
