// Package approval is what people say to a question that waits at an owner: signed answers, and
// what they add up to.
//
// # An answer
//
// An [Answer] names the space, the owner, the job, the hash of its manifest, the hash of what the person
// was shown ([Case.Shown]), the decision, the reason of a refusal, the key and the time. It has one
// encoding (crypto/wire), and is signed with the identity of the approver, hybrid (Ed25519 and ML-DSA-65, as it
// has to hold for years) under a label of its own, so that the signature fits nothing else and nothing else
// fits it. The public identity comes with it, as the configuration names only its fingerprint.
//
// # Threat model
//
// Answers lie in the worker's store, where a program that may write to it, or a person who may but is no
// approver, can put what they like: old answers, of other jobs, of other owners, the same twice. The worker
// believes nothing but what [Panel.Judge] says, each time before it acts on it:
//
//   - An answer about another job, owner, space or manifest, or about something else than was shown,
//     counts for nothing; nor does one whose signature or key is wrong.
//   - Only approvers on the list count, and each once, however many answers there are.
//   - One refusal refuses, whatever else was said, before or after.
//   - After the deadline nothing counts.
//
// Who holds the keys of enough approvers decides; so does who may change the worker's configuration.
//
// # Sizes and errors
//
// An encoded answer has at most [MaxAnswer] bytes. [Malformed], [NotApprover], [OtherCase], [Late],
// [Twice].
//
// Start at [Panel.Judge].
package approval
