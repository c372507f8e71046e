// Package demo runs the examples in temporary labs: real processes, real TLS, real
// protocol. For every question it prints the answer, whether it equals the answer
// over the pooled data, and what the coordinator held for it.
//
// Start at [Demo.Run].
package demo
