// Package protocol picks the protocol of a job, from its signed manifest: the masked sum
// (crypto/secagg) or, if the manifest has the shape of one, the guarded release
// (crypto/guard). Coordinator and worker drive whatever machine they get, and ask here for what
// differs: names and clocks of phases, and sizes.
//
// Start at [NewWorker] and [NewServer].
package protocol
