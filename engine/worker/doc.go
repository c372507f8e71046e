// Package worker is the role beside an owner's data: it checks every job by
// itself, computes the owner's part in the owner's own engine, and hands out
// masked values only.
//
// # A job here
//
// An offer is decided once: it is parsed, the analyst's hybrid signature and the
// manifest are checked against the pinned charter and the owner's own rules
// (engine/policy), and the table is validated. The decision is stored, with the
// hash of the manifest, before it is told; another manifest under the same job
// id is refused for ever. A job that was accepted waits for the coordinator to
// begin an attempt; then the protocol machine runs, and beside it the local
// query computes the input.
//
// # What is promised across restarts
//
//   - One decision per job.
//   - One machine per attempt. Until it agrees on the participants, its secrets
//     are in memory only; a worker that restarts before has lost the attempt, and
//     says so. From then on its state is stored, sealed, before anything that
//     rests on it leaves, and a restarted worker sends the same bytes again. When
//     an attempt is followed by a later one, its state is erased first.
//   - One release per job: recorded before the shares leave; the store refuses
//     a second one, whatever the coordinator says.
//
// # When something fails
//
// If the owner's data cannot be read, or breaks the charter's promises, the
// worker refuses the job, or withdraws from it, with the code; the others may
// go on. If the store fails the whole role ends with its fault, and the next
// start goes on from what is stored.
//
// # Concurrency
//
// One goroutine owns a job, one more its running machine, and one its local
// query; at most Limits.MaxQueries queries run at the same time. All end before
// Run returns.
//
// Start at [Run].
package worker
