// Package inference has the mathematics of statistics over sums: it knows nothing of charters, questions and owners, and
// does no I/O. Inputs are exact numbers; a result is rounded once.
//
// Start at [Binned].
package inference
