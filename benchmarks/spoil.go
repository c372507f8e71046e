package benchmarks

// Spoiled are options whose oracles are wrong. It is for tests: with them every benchmark has to fail.
func (o Options) Spoiled() Options {
	o.spoil = true
	return o
}
