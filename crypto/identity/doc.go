// Package identity has the keys of a member: one 32-byte seed, from which come an
// Ed25519 and an ML-DSA-65 key to sign with, an X-Wing key to receive sealed
// boxes with, and the keys that seal the member's state at rest. The Ed25519 key
// also makes the self-signed TLS certificate.
//
// A [Public] identity has one encoding of [PublicSize] bytes; the charter names
// its [Public.Fingerprint], which is collision resistant (SHA-256 over a label and
// the encoding), so a charter that is pinned pins every key.
//
// Whoever has the seed is the member: it is boxed so that nothing prints it.
//
// Start at [FromSeed].
package identity
