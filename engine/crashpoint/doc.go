// Package crashpoint names the places at which a role may be killed by a test.
//
// Every role calls [Here] before and after each durable step. In a normal build
// that is an empty function that the compiler removes. A binary built with
// `-tags tacitcrash` kills itself (SIGKILL, so that nothing is flushed or closed)
// when the environment variable TACIT_TEST_CRASH names the point, as "point" or
// "point:n" for its n-th passage.
//
// Start at [Here].
package crashpoint

// Point is the name of one place: role, step, and whether the step is already
// durable.
type Point string

// The points, in the order in which a job passes them.
const (
	AnalystQuestionBefore Point = "analyst.question.before" // nothing stored
	AnalystQuestionAfter  Point = "analyst.question.after"  // stored, not submitted
	AnalystSubmitAfter    Point = "analyst.submit.after"    // the coordinator has it
	AnalystOpenBefore     Point = "analyst.open.before"     // result fetched, not opened
	AnalystEraseBefore    Point = "analyst.erase.before"    // answer delivered, secret still stored
	AnalystEraseAfter     Point = "analyst.erase.after"

	CoordinatorJobBefore      Point = "coordinator.job.before" // a write of a job's state
	CoordinatorJobAfter       Point = "coordinator.job.after"
	CoordinatorDecisionBefore Point = "coordinator.decision.before" // an owner's accept or refuse
	CoordinatorDecisionAfter  Point = "coordinator.decision.after"
	CoordinatorPersistBefore  Point = "coordinator.persist.before" // the state of the protocol machine
	CoordinatorPersistAfter   Point = "coordinator.persist.after"
	CoordinatorSendAfter      Point = "coordinator.send.after" // a protocol message was queued
	CoordinatorResultBefore   Point = "coordinator.result.before"
	CoordinatorResultAfter    Point = "coordinator.result.after"
	CoordinatorRevokeBefore   Point = "coordinator.revoke.before" // a revocation was read
	CoordinatorRevokeAfter    Point = "coordinator.revoke.after"

	WorkerDecisionBefore Point = "worker.decision.before" // first sight of a job, accept or refuse
	WorkerDecisionAfter  Point = "worker.decision.after"
	WorkerParkBefore     Point = "worker.park.before" // the job begins to wait for a person
	WorkerParkAfter      Point = "worker.park.after"
	WorkerNoticeBefore   Point = "worker.notice.before"   // counted, not posted
	WorkerApprovalBefore Point = "worker.approval.before" // people approved it; it is checked again, and then decided
	WorkerDismissBefore  Point = "worker.dismiss.before"  // people refused it, or nobody answered
	WorkerDismissAfter   Point = "worker.dismiss.after"
	WorkerHaltBefore     Point = "worker.halt.before" // everything is stopped: a job that runs is withdrawn from
	WorkerHaltAfter      Point = "worker.halt.after"
	WorkerAmendBefore    Point = "worker.amend.before" // a job of an earlier version is withdrawn from
	WorkerAmendAfter     Point = "worker.amend.after"
	WorkerRevokeBefore   Point = "worker.revoke.before" // a revocation was read
	WorkerRevokeAfter    Point = "worker.revoke.after"
	WorkerClaimBefore    Point = "worker.claim.before" // an attempt begins, with or without a key set made ahead
	WorkerClaimAfter     Point = "worker.claim.after"
	WorkerInputBefore    Point = "worker.input.before" // the question counts as asked for good
	WorkerInputAfter     Point = "worker.input.after"
	WorkerPersistBefore  Point = "worker.persist.before"
	WorkerPersistAfter   Point = "worker.persist.after"
	WorkerReleaseBefore  Point = "worker.release.before"
	WorkerReleaseAfter   Point = "worker.release.after"
	WorkerSendAfter      Point = "worker.send.after"
	WorkerEndBefore      Point = "worker.end.before" // the job is over: reservations go back, and what can be refunded
	WorkerEndAfter       Point = "worker.end.after"
)
