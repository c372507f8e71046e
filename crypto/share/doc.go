// Package share is Shamir's secret sharing over the scalar field of ristretto255
// (and of edwards25519), whose order is l = 2^252 + 27742317777372353535851937790883648493.
//
// A secret scalar is the constant term of a polynomial of degree t−1 whose other
// coefficients are random; share i is its value at i. Any t shares give the
// secret, t−1 say nothing about it, whatever computer one has.
//
// Shares carry no proof: a wrong one gives a wrong secret. Whoever recovers
// compares the result with a commitment.
//
// Field arithmetic is constant time (filippo.io/edwards25519). Ids, thresholds and
// counts are public.
//
// # Sizes
//
// A scalar is 32 bytes, little-endian and below l. Ids lie in 1…65535.
//
// # Errors
//
// [ErrScalar] for bytes that are no scalar, [ErrShares] for a set of shares or
// ids that cannot be used.
//
// # References
//
// Shamir, How to share a secret, CACM 22(11), 1979; RFC 9496 for the field.
//
// Start at [Split].
package share
