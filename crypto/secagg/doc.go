// Package secagg is the masked sum (secure aggregation): an analyst learns the sum
// of the workers' integer vectors, the coordinator that adds them up learns nothing,
// workers may drop out, and the analyst can check that the sum was not altered.
//
// # Protocol
//
// Workers W_1 … W_n, coordinator C, analyst A. Workers talk to C only; C relays. What A
// signs and all check before is the [job.Manifest]: the vectors (length d, ring 2^b), the
// roster, n_min, the threshold t, the tolerated corruptions T, A's key pk_A for this job and
// a commitment to alpha. h is its hash and a the number of the attempt; every derived key,
// commitment and signature below is bound to both ([job.Attempt]).
// 2t > n + T and n_min >= max(t, T+2), with T >= 1 and n >= 3.
//
//	R0  W→C  pkm_u (from r_u), pkc_u (independent of it), H(r_u), H(b_u), signed
//	R1  C→W  U1 with all advertisements
//	    W→C  for every v of U1, each signed together with H(U1): ct_uv if u < v;
//	         H(share_v(r_u)), H(share_v(b_u)); HPKE(pkc_v; share_v(r_u), share_v(b_u),
//	         key confirmation if u < v)
//	R2  C→W  U2 and its packets for this worker
//	    W→C  y_u, tag_u, ctA_u, H(U1), H(U2) under one signature
//	R3  C→W  U3, those whose input arrived
//	    W→C  a signature over (H(U1), H(U2), U3), once, persisted before
//	R4  C→W  t such signatures
//	    W→C  after a durable release, once per job: the share of b_v for v ∈ U3, of r_v
//	         for v ∈ U2∖U3, signed
//	R5  C→A  S, Tag, U3, the evidence of every worker (ctA_u, a digest of y_u and
//	         tag_u, the signature), the t signatures
//
// r_u and b_u are random scalars, shared by Shamir's scheme with threshold t. For u < v
// worker u makes (ct_uv, s_uv) by X-Wing to pkm_v with coins KDF(r_u, "enc", u, v). With G
// the AES-CTR keystream and sgn(u,v) = +1 if u < v, else −1, modulo 2^b:
//
//	K_uv = KDF(s_uv, "pair")    K_u = KDF(b_u, "self")
//	(ctA_u, ssA_u) = X-Wing to pk_A,    KA_u = KDF(ssA_u, "analyst", u, H(ctA_u))
//	y_u  = x_u + G(KA_u) + G(K_u) + Σ_{v∈U2∖u} sgn(u,v) G(K_uv)
//	S    = Σ_{U3} y_u − Σ_{U3} G(K_u) − Σ_{u∈U3} Σ_{v∈U2∖U3} sgn(u,v) G(K_uv)
//	Res  = S − Σ_{U3} G(KA_u) = Σ_{U3} x_u
//
// From r_v of a drop-out C regenerates s_uv in both directions: by encapsulation where v
// encapsulated, else by decapsulation of ct_uv with the key of pkm_v.
//
// tag_u = Σ_j alpha^j x_u[j] plus the same masks in F_p, p = 2^127−1. A accepts only if the
// unmasked tag fits Res; C, without alpha, gets another sum past it with probability at
// most d/p (package ring). In 128 bits elements and sums are within ±2^126. The check also
// refuses a sum that wrapped around the ring. C with a worker knows alpha: it can do what
// that worker could do by another input, and no more.
//
// A restart is no event of the protocol: a machine persists before it sends what it must
// not say twice differently, and after [RestoreWorker] or [RestoreServer] says the same
// bytes again. Before that a process that restarts has lost the attempt. An attempt may
// be repeated, under another number and with fresh secrets, as long as no worker
// released.
//
// # Threat model
//
// Everybody but the parties named may deviate in any way.
//
//	coalition                      learns
//	C and any number of workers    who took part, sizes, timing; nothing of the honest sum
//	A                              the sum
//	A and C                        the sum
//	A, C and up to T workers       the sum of the honest workers of U3, at least two
//	a recorded transcript and      nothing
//	a quantum computer
//
// Why: KA_u is between u and A, whose key the manifest authenticates. An honest worker signs
// one U3 and, by its certificate, opens under one U3 only; two different certificates, or
// t shares of both kinds of one worker, need 2t honest or corrupt signers of at most n + T.
// Signatures are Ed25519 (they have to hold only while the job runs); the manifest's is
// Ed25519 and ML-DSA-65; whatever hides inputs is X-Wing, AES-256, SHA-256 or
// information-theoretic. Commitments are hashes, not g^r.
//
// An analyst who is also a worker counts among the T. The tag gives C nothing to learn from
// A's refusal but a guess of probability d/p. Availability is not promised: any worker can spoil
// a sum with a wrong input tag, and this is noticed but not attributed; everything
// else that a worker signs and that is wrong is blamed on it.
//
// What the caller has to do: check the manifest against its own rules; compare the
// analyst's and the roster's keys with the pinned ones; authenticate the channel that a
// message came on; carry out effects in order, and make [session.Release] durable and
// once per job, over all attempts; end the attempt at the expiry.
//
// The known attacks are in attacks_test.go, each against the code and against the code
// without its defence; that of the forged manifest is in package job.
//
// # Sizes and limits
//
// Bytes, for |U1| = |U2| = n, |U3| = m, vectors of V = d·b/8 bytes:
//
//	advertisement                2 561
//	roster         C→W           5 + 2 562 n
//	shares         W→C           5 + n·(2 482 or 1 330: to later or earlier workers)
//	packets        C→W           5 + 2 n + n·(2 480 or 1 328: from earlier or later ones)
//	masked input   W→C           1 265 + V
//	survivors, agreement         5 + 2 m, 65
//	certificate    C→W           5 + 66 t
//	opening        W→C           69 + 34 n
//	result         C→A           97 + 66 t + 1 218 m + V
//
// n is at most [job.MaxWorkers], d at most [job.MaxLength]. A worker holds its vector once
// and its encoding once; the coordinator one vector, and one message at a time, beside
// n²·2.6 kB of packets until U3 is fixed: for many workers the graph of Bell et al. or a sum
// without drop-out recovery is the better protocol. Work, in masks of length d: a worker
// n + 1, the coordinator m + m·(n−m), the analyst m.
//
// # Errors
//
// A message that breaks a rule is refused by Step with a [session.BlameError] (its sender
// did it), [session.ErrLate], [session.ErrEarly] or [session.ErrUnknownSender]; the machine
// is unchanged and the attempt goes on without that message. [session.Abort] ends an
// attempt: with [session.ErrTooFew] or [session.ErrGone] and nobody to blame, or blaming a
// dealer whose signed shares are wrong. [Open] returns a BlameError or [session.ErrCheck]
// and never a sum that did not pass. No error holds a secret or a data value.
//
// # References
//
// Bonawitz et al., Practical Secure Aggregation for Privacy-Preserving Machine Learning, CCS
// 2017: double masking (section 4), consistency check (figure 4, round 3). Bell et
// al., Secure Single-Server Aggregation with (Poly)Logarithmic Overhead, CCS 2020. X-Wing:
// draft-connolly-cfrg-xwing-kem. HPKE: RFC 9180. Shamir, CACM 22 (1979).
//
// We differ: pairwise keys come from a KEM with a post-quantum half instead of
// Diffie-Hellman, and are regenerated from one shared secret per worker instead of its
// shared key pair; the coordinator does not learn the sum, because of one more mask towards
// the analyst; workers sign U1 and U2 beside U3; dealers commit to every share, so that a
// wrong one has an author; the analyst checks the sum.
//
// Start at [Worker.Step], [Server.Step] and [Open]; each round has a file for the messages,
// one for the worker and one for the server. What comes before is in package job.
package secagg
