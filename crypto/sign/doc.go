// Package sign has the two kinds of signatures that members make: Ed25519
// for the messages of one attempt, and Ed25519 beside ML-DSA-65 for what must hold
// for years: charters, manifests, receipts. Of the latter both halves must verify.
//
// # Construction
//
// What is signed is always a 32-byte hash over the kind of signature, a label and
// the message. So a signature made for one purpose fits no other, and the
// Ed25519 half of a hybrid signature is no session signature. The same Ed25519 key
// signs TLS handshakes and the member's own certificate; neither is 32 bytes
// long, so none of these signatures passes for another. The ML-DSA half has the
// hashed label as its context as well.
//
// Both schemes sign deterministically and read no randomness: the same message gives the
// same bytes.
//
// # Threat model
//
// Keys and signatures come from peers. Verification takes exact lengths; Ed25519 as
// Go's standard library verifies it (S below the group order, no cofactor), under
// keys of prime order only ([ParsePublicKey]). So a signature cannot be changed into
// another one of the same message.
//
// Hashing first makes the security rest on SHA-256's collision resistance as well.
// Deterministic signing gives no protection against faults injected into the
// signer's processor.
//
// # Sizes
//
// Ed25519: key 32 bytes, signature 64. ML-DSA-65: key 1952, signature 3309.
//
// # Errors
//
// [ErrKey]. Verification answers with a bool.
//
// # References
//
// RFC 8032 (Ed25519); FIPS 204 (ML-DSA); Chalkias, Garillot, Nikolaenko, "Taming
// the many EdDSAs", 2020.
//
// Start at [DeriveKey].
package sign
