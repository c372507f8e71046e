// Package benchmarks measures what tacit costs.
//
// A benchmark makes its data from a seed, checks the answer against an oracle before
// it reports a time, and measures, in the same run, the floor that it is compared
// with: machines differ and are noisy, ratios hold. Each is run with
//
//	tacit bench run NAME
//
// and README.md of this folder has recorded figures.
//
// Start at [All].
package benchmarks
