// Package ring is arithmetic on what the parties add: vectors of integers
// modulo 2^64 or 2^128 ([Vector]), and the field F_p, p = 2^127−1 ([F127]), in
// which a sum is checked ([Tag]).
//
// # Vectors
//
// An element is a two's complement number: the word pattern x stands for the
// integer x if x < 2^(b-1) and for x − 2^b otherwise. Addition and subtraction
// are modulo 2^b. Whoever reads a sum as integers needs a proof that no sum left
// [−2^(b-1), 2^(b-1)); here that is the planner's, from declared ranges.
//
// # The tag of a vector
//
// For a secret alpha in F_p and elements x_1 … x_d read as signed integers,
//
//	Tag(alpha, x) = Σ_{j=1..d} alpha^j · x_j   in F_p.
//
// A negative x_j is mapped to p + x_j. The powers begin with alpha^1: with
// alpha^0 the first element could be changed together with the tag, by the same
// amount and without knowing alpha.
//
// Claim: if x is replaced by x' ≠ x and the tag by any other value, both chosen
// without knowledge of alpha, the check passes with probability at most d/p.
// For then alpha is a root of the polynomial Σ alpha^j (x'_j − x_j) − δ, of degree
// at most d, which is not zero provided that some x'_j − x_j is not a multiple of
// p. For 64-bit elements |x'_j − x_j| < 2^64. For 128-bit elements the
// difference could be ±p or ±2p: an element changed by p has the same
// tag. Therefore Tag refuses 128-bit elements outside (−2^126, 2^126), within which
// no two integers differ by p ([ErrTagRange]). A planner that wants a check of the sum
// proves the bound 2^126 and not 2^127.
//
// The tag of a sum is the sum of the tags only if no element wrapped: modulo 2^b
// a wrap changes the integer by 2^b, and 2^b is not 0 in F_p. This too rests on the
// planner's proof.
//
// # Threat model
//
// The field is constant time (no branch and no index depends on a value).
// [Vector.Big] and [Vector.SetBig] use math/big and are not. Decoding is strict:
// exact length, and field elements below p. A tag is one-time secret: an alpha
// with two different (vector, tag) pairs can be solved for, so that tags travel
// masked.
//
// # Sizes and errors
//
// 8 or 16 bytes per element; a field element is 16 bytes. [ErrShape], [ErrRange],
// [ErrTagRange], [ErrNotCanonical].
//
// # References
//
// Wegman and Carter, J. Comput. Syst. Sci. 22 (1981): polynomial hashing;
// Bernstein, FSE 2005 (Poly1305), for the shape of the reduction.
//
// Start at [Vector].
package ring
