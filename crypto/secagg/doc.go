// Package secagg is the masked sum: an analyst learns the sum of the workers'
// integer vectors and nobody learns anything else.
//
// Start at [NewQuestion], [NewWorker] and [NewServer].
package secagg
