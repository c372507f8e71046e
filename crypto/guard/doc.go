// Package guard is the guarded release: an analyst learns the exact count and sums of a
// cell if at least k privacy units stand behind it, and of a smaller cell nobody learns
// anything but that.
//
// # Idea
//
// Over Z_t, t prime, P(x) = x(x−1)…(x−k+1) is zero exactly for x = 0 … k−1 among 0 … t−1.
// The workers hold a homomorphic key together. From encryptions of the sum g of their
// guards (privacy units) and v of their values everybody can compute encryptions of P(g),
// g·P(g) and v·P(g), and only these are opened, towards the analyst, who divides. If g >= k
// that gives g and v exactly; if g < k all are zero. P(g) is a function of g, so
// nothing else is in it, and no cell of k or more is ever withheld.
//
// # Protocol
//
// Workers W_1 … W_n, coordinator C, analyst A. C relays, adds and evaluates. Everybody
// who begins has to stay: a drop-out ends the attempt, which may be repeated with fresh keys.
// A key set is made by
//
//	K0  W→C  pk_u (X-Wing), H(nonce_u), signed
//	K1  C→W  all of K0
//	    W→C  nonce_u; for every later worker v: ct_uv, signed together with all of K0
//	K2  C→W  all nonces, and the ct for this worker
//	    ...  an exchange of key shares (see below), masked
//
// for the question, or ahead of it: nothing of a key set depends on data. The common random
// polynomials are expanded from a hash of all nonces; C has no say but to give an attempt up.
// Shares of the relinearisation key are made in one round and every polynomial that meets a
// secret is common and random ([github.com/tacit-space/tacit/crypto/he.Params.KeyShare]). The
// release is
//
//	R0  an exchange of input shares, masked:
//	      b_uj = −a_j·s_u + e_uj + encode(x_uj + slot masks) + pair masks
//	    with each commitment the ciphertext ctA_u of the mask towards A; with each claim
//	    the hash of all outputs, which the worker evaluated by itself
//	R1  W→C  if all claims agree, and after a durable release, once per job:
//	      y_u = round(2^w (s_u·c1 + flood_u)/Q') + pair masks + analyst mask, for
//	      every output; a tag of y_u with the same masks; a signature over both, the sums,
//	      the outputs and who takes part
//	R2  C→A  round(2^w c0/Q'), Σ y_u, Σ tag_u, the evidence of every worker
//
// An exchange is: commitments, shares, audits, sums, claims; see the file exchange.go. In the
// mode [VerifySome] T+1 workers evaluate and the others compare with them, with [VerifyNone]
// all take the outputs from C.
//
// A verifies every signature, the number of workers, the tag, that P(g) is that of g, and
// that whatever should be zero is, before it shows anything.
//
// [Preparer] and [PrepareServer] make key sets ahead; a set is bound to the names and
// identity keys of its workers at their positions.
//
// # Threat model
//
// Two tiers, which are not to be mixed up.
//
// 1. Single inputs. Whoever colludes, if two workers are honest, the view of all others
// depends on honest inputs only through their sum: slots, shares and openings are masked
// by pairs, each mask is used once, and the masks cancel only in the sum. This does not rest
// on the homomorphic encryption, nor on what C sends.
//
// 2. The sum of a cell that is not released, and everything but P(g), gP(g) and vP(g) of the
// others. This rests on ring LWE with 128 bits (package he) and circular security,
// on flooding, and on the checks above.
//
//	coalition                       learns
//	C, with up to n−1 workers       nothing of honest inputs but the shape
//	A                               what is released
//	A and C                         the same
//	A, C and up to n−1 workers      if these made their shares as they should: released cells less
//	                                their own part; of the others only g < k, that is a bound on
//	                                the honest part
//	a lying worker and A            everything: it adds k to its own guards
//
// The last line cannot be closed by any check of sums: workers are trusted to state their own
// guards honestly, and to make shares of keys and inputs as they should, for suppression
// only. C cannot open anything: openings are masked towards A. In the modes some and none,
// suppression rests on T+1 workers, or on C, evaluating as they should; single inputs do not.
//
// What sums are rests on fingerprints. A sum that is not that of the shares, or a share that
// was chosen after others were seen, goes unnoticed if C and two workers lie, or with
// probability 2^-96 for every sum that C tries. This gives them no more than the last line of the
// table gives one of them with A. C with one liar is caught by the liar's auditor, without whose
// opening nothing can be read.
//
// What A reads rests on the tag: C with a worker, who knows alpha, can add to it what it
// likes, as the worker can to its input.
//
// A worker never makes two different shares under one mask or key: a key set is used up by
// one attempt, secrets are gone when the state is persisted with the opening in it, before the
// worker claims, and [session.Release] is once per job. What a restarted worker sends again
// is the same bytes.
//
// Availability is not promised: every worker can end an attempt, by silence or by a wrong
// claim, for which its auditor blames it.
//
// What the caller has to do: as for package secagg; keep a key set sealed, delete it from the
// store in the transaction that claims it for an attempt. A set that is read from a backup and used
// again opens the difference of two sums, to C alone. The sum of the units behind a guard
// is below t, and sums of values are in (−t/2, t/2), but of those that are meant modulo t: who asks
// proves it from declared bounds.
//
// # Sizes and limits
//
// With n workers, I inputs, O outputs, N slots and limbs of the set (G15, k = 10, N = 16 384: a
// polynomial of an input is 587 776 bytes, a key share 5 124 096, which is 6 polynomials
// modulo QP), in bytes:
//
//	key share      W→C  5 124 096          also down, twice: the sums and an audit
//	input share    W→C  I · 587 776        also down, twice; with the outputs if others evaluate
//	opening        W→C  81 + 8·N·O
//	result         C→A  121 + 1 218 n + 16·N·O
//
// A message is one share; the machine of the coordinator holds one sum, whatever n is.
//
// # Errors
//
// As in package secagg: [session.BlameError] for a message that is refused; [session.Abort] if claims
// that all have signed do not agree, with a blame where one party alone can have done it: for
// a claim that is not that of the share, by the auditor; for other outputs, between two
// workers that evaluate. [ErrShape] and the errors of package he for shapes that are not
// possible. No error holds a secret or a data value.
//
// # References
//
// Mouchet et al., Multiparty Homomorphic Encryption from Ring-Learning-with-Errors, PoPETs 2021.
// Chen et al., Efficient Multi-Key Homomorphic Encryption with Packed Ciphertexts, CCS 2019
// (the relinearisation), and its compact form, eprint 2021/1085. Mouchet et al., eprint
// 2025/409: why no share is made twice. Our differences: masks on every share, flooding drawn
// in full, rounded openings towards one analyst, fingerprints instead of trust in C's sums.
//
// Start at [Shape], then [Worker.Step] and [Server.Step].
package guard
