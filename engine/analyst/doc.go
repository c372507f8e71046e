// Package analyst is the role that asks: it compiles SQL against the charter,
// signs the question, hands it to the coordinator, and alone can open the
// result.
//
// # A question
//
// [Client.Ask] compiles the text, explains what the answer gives away, and makes
// a question with keys of its own. The question is stored, sealed, before it is
// submitted, so a client that is killed at any moment can go on with
// [Client.Resume]: a question that the coordinator has is not asked again, and a
// result is kept there until it was fetched and for some time after. The result
// is verified before anything of it is shown: who took part, that every one of
// them signed, that enough did, and that the sum was not changed. Then the
// answer is delivered, and only then the secret that opens the result is erased.
//
// # Errors
//
// A question that cannot be asked fails with the codes of engine/query and
// engine/plan; a job that fails with the code of the coordinator or of the
// owners; the network with the codes of engine/transport. What is raised here:
// [NotVerified], [Unknown], [Answered], [Cancelled], [NotAnalyst].
//
// Start at [Ask].
package analyst
