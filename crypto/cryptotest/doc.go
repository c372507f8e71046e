// Package cryptotest runs protocol machines against each other on a simulated
// network that drops, delays, reorders, duplicates and corrupts messages, lets
// parties lie, and kills and restarts them. Everything follows from one seed.
//
// # Model
//
// A [Network] plays the driver of every [session.Machine]: it carries out effects
// in order, keeps what was persisted and released, and fires a clock when nothing
// else can happen (or too early, if told so). A message on its way is chosen at
// random among the links; on one link messages keep their order unless told
// otherwise. Bodies are copied, so that no two parties share memory.
//
// A party that is killed loses its machine and every effect that was not yet
// carried out. If it had persisted a state, a machine is restored from it, and
// every other party sends again everything it has sent to it, as a transport
// does to a process that has forgotten; if not, the coordinator is told that it
// is gone.
//
// Not for production: identities and randomness here are public.
//
// Start at [New].
package cryptotest
