// Package mask adds many masks to one vector, and to its tag: the worker's step of
// hiding an input and everybody else's of taking masks off.
//
// # Protocol
//
// A mask is a key K and a sign ([Mask]). With G the keystream of package prg, and G_p
// its field element,
//
//	Add      v  ← v + Σ ±G(K)        modulo 2^64 or 2^128
//	AddTags  t  ← t + Σ ±G_p(K)      in F_p, p = 2^127−1
//	TagOf    t  = Σ_j alpha^j x[j]   in F_p, of the vector before it is masked
//
// so that a mask with sign + and one of the same key with sign − cancel, in vector and tag.
//
// # Threat model
//
// A mask hides one vector and one tag, once (package prg). Nothing here draws or keeps a
// key; wiping the list of masks is the caller's. The time depends on shapes only, where
// the processor has AES instructions.
//
// # Sizes
//
// A vector is worked on in blocks of 64 KiB, each with all masks before the next, so
// that it passes through memory once, however many masks there are. Blocks are shared
// out by [session.Parallel]; results do not depend on it.
//
// # Errors
//
// Add and AddTags do not fail. TagOf returns the error of [ring.TagAt].
//
// # References
//
// Bonawitz et al., Practical Secure Aggregation for Privacy-Preserving Machine Learning,
// CCS 2017, section 4. The tag: package ring.
//
// Start at [Add].
package mask
