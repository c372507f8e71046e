// Package envelope is what a coordinator and a worker say to each other around
// a protocol: the kinds of packets, and the bodies that are not a protocol's own.
//
//	kind      from          attempt  body
//	Offer     coordinator   0        the offer, as the protocol encodes it
//	Accept    worker        0        hash of the manifest
//	Refuse    worker        0        reason
//	Begin     coordinator   a        attempt a begins: empty, or the id of the key set that it uses up
//	Protocol  both          a        a message of the protocol machine
//	Lost      worker        a        empty: nothing is left of attempt a here
//	Withdraw  worker        0        reason: no longer in this job, in no attempt
//	End       coordinator   0        state of the job, reason
//	Parked    worker        0        hash of the manifest: a person has to decide first
//	Prepare   coordinator   1        table, parameter set: make a key set ahead, under this id instead of a job's
//	Inquire   coordinator   0        an inquiry, as crypto/job encodes it, under its id instead of a job's
//	Reply     worker        0        the answer, sealed to the analyst and signed
//
// # Who says what again
//
// When either process has restarted the transport says so (fresh), and each
// side repeats what its store holds. The coordinator repeats Offer to owners
// that have not decided, also if they said Parked, and Begin and its messages to participants. A worker
// repeats Accept or Parked for every job that is not over here, and the messages of its
// attempt. Everything may therefore come twice, and the first counts; packets
// of an attempt that does not run are dropped; a worker that asks about a job
// that is over is told End. Inquiries and replies are said once: what is lost is
// no answer.
//
// # Errors
//
// A body that is not canonical is refused with [ErrBody] and gives up the
// transport session.
//
// Start at [Kind].
package envelope
