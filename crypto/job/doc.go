// Package job is what an analyst signs and everybody checks before a protocol runs:
// the question's manifest, what the analyst hands to the coordinator, and what every
// worker gets of it.
//
// # Protocol
//
// Workers W_1 … W_n, coordinator C, analyst A. A fills in and signs a [Manifest]: what
// the job is about, the vectors (length d, ring 2^b), the shape of a guarded release if
// it is one, the roster with its identity keys, n_min, the threshold t, the tolerated
// corruptions T, a fresh X-Wing key pk_A, a commitment to alpha, the expiry. h is its
// hash.
//
//	A→C  [Submission]  manifest, signature over h, for every worker a box with alpha
//	C→W  [Offer]       manifest, signature over h, the worker's position and box
//
// alpha is the secret of the result's check ([Alpha]): drawn by A, sealed to every
// worker's identity under (h, position), not known to C. The manifest has its hash, so
// that all workers have the same one. A keeps a [Question]: pk_A's private key and alpha.
//
// Before it asks, A may inquire what the workers would say:
//
//	A→C→W  [Inquiry]  manifest without a commitment, an end, A's signature over both
//	W→C→A  answer     padded and sealed to pk_A, under (inquiry, position), signed by W
//
// No protocol runs on an inquiry, and C sees neither what is answered nor how much
// ([Inquiry.Answer], [Inquirer.Open]).
//
// A protocol runs in attempts. [Attempt] binds every key, hash and signature of one to h
// and its number.
//
// The numbers: 2t > n + T and n_min >= max(t, T+2), with T >= 1 and n >= 3
// (params.go says why).
//
// # Threat model
//
// C may offer what it likes. Without A's signature it gets no worker past [Offer.Open],
// whichever byte it changes: a key pk_A of its own would let it read the result, other
// numbers would let it open with too few. The signature is Ed25519 and ML-DSA-65, since
// pk_A protects what is recorded today. An offer opens for the identity at its position
// only.
//
// A may sign what it likes. It cannot give two workers different alphas. Numbers that
// do not fit are refused by everybody's own check.
//
// What the caller has to do: compare the analyst's and the roster's keys with the
// pinned ones, and the context, the shapes and the numbers with its own rules; refuse a
// job that it has seen; end it at the expiry.
//
// A [Question] and an [Alpha] do not print their secrets; [Question.Marshal] returns
// them, and its result is sealed at rest.
//
// # Sizes and limits
//
// Bytes, for a context of c, a guard of g, and names of i bytes on average:
//
//	manifest     1 296 + c + g + (n+1)·(3 204 + i)
//	submission   3 378 + manifest + n·1 168
//	offer        4 548 + manifest
//	inquiry      3 386 + manifest
//	answer       5 205
//
// n is in [[MinWorkers], [MaxWorkers]], d at most [MaxLength], c at most [MaxContext], g
// at most [MaxGuard].
//
// # Errors
//
// [ErrSignature] for an offer or a submission that its analyst did not sign, [ErrAlpha]
// for a box with another alpha, [ErrInquiry] for an inquiry in the place of a job or the other way
// round, [ErrAnswer] for an answer that is not this worker's, [session.ErrState] for a stored question that is
// damaged. Decoders refuse left-over bytes and a second encoding of the same value. No
// error holds a secret.
//
// # References
//
// The bounds on t and n_min: Bonawitz et al., Practical Secure Aggregation for
// Privacy-Preserving Machine Learning, CCS 2017, section 6 (active adversaries).
// X-Wing: draft-connolly-cfrg-xwing-kem. ML-DSA: FIPS 204.
//
// Start at [NewQuestion], then [Offer.Open].
package job
