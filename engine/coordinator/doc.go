// Package coordinator is the role in the middle: it keeps jobs, offers them to
// their owners, relays and adds what they send, and hands the analyst a result
// that only the analyst can open. It sees masked and encrypted values and never
// holds an input or a result in the clear, by construction: no type in this
// package has one.
//
// # Life of a job here
//
//	submitted   stored; offered to every owner of the table
//	admitted    enough owners accepted; waits for one of the running slots
//	running     an attempt runs, or the next waits for its workers to connect
//	released    the result is stored for the analyst
//	refused     too few owners accepted
//	failed      with a code: no attempt succeeded, or the job expired
//	cancelled   by the analyst
//
// Every state is stored before anybody is told, and every state has an end: the
// admission, the phases of the protocol and the wait for workers have their own
// limits, and the expiry of the job ends whatever is left.
//
// # Attempts
//
// An attempt that fails is followed by another with fresh keys and the workers
// that are still there, as long as no worker can have released. From the moment
// the protocol machine first persists its state (before it announces who is in
// the sum) only that attempt may go on: the store refuses a new one. A
// coordinator that dies before that loses the attempt, and after it continues
// the same one.
//
// # Failure of the store
//
// A write that fails ends the whole role with the fault of the store: what was
// acknowledged is on disk, and the next start goes on from there.
//
// # Concurrency
//
// One goroutine owns a job and one more its running attempt; one per owner
// writes to the network. All end before Run returns.
//
// Start at [Run].
package coordinator
