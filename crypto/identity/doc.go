// Package identity has the keys of a member: one 32-byte seed, from which come an
// Ed25519 and an ML-DSA-65 key to sign with, an X-Wing key to receive sealed
// boxes with, and the keys that seal the member's state at rest. The Ed25519 key
// also makes the self-signed TLS certificate.
//
// Each key comes from the seed by a derivation of its own, so that one says nothing
// about another.
//
// # Threat model
//
// Whoever has the seed is the member: it is boxed so that nothing prints it; at rest
// it is in a key file, of which this package knows nothing.
//
// A [Public] identity has one encoding, and [ParsePublic] refuses weak keys (see
// the packages sign and kem). The charter names its [Public.Fingerprint], which is
// collision resistant (SHA-256 over a label and the encoding), so a charter that is
// pinned pins every key.
//
// # Sizes
//
// Seed 32 bytes, public identity 3200, fingerprint 55 characters.
//
// # Errors
//
// [ErrPublic] for what is no public identity; kem.ErrBox for a box that does not open.
//
// Start at [FromSeed].
package identity
