// Package sign has the two kinds of signatures that members make: Ed25519
// (RFC 8032) for the messages of one attempt, and Ed25519 beside ML-DSA-65
// (FIPS 204) for what must hold for years: charters, manifests, receipts. Of the
// latter both halves must verify.
//
// What is signed is always a hash over a label and the message, so that a
// signature made for one purpose never fits another. The ML-DSA half is
// deterministic (no randomness is read), with the label as its context as well.
//
// Verification is strict: exact lengths, and Ed25519 as Go's standard library
// verifies it (canonical S).
//
// # Sizes
//
// Ed25519 signature 64 bytes; hybrid 64 + 3309. Public key 32 + 1952.
//
// Start at [DeriveKey].
package sign
