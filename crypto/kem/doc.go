// Package kem has the key encapsulation X-Wing and boxes sealed with it.
//
// X-Wing combines X25519 and ML-KEM-768: it is IND-CCA secure as long as one of the
// two is, so that a recorded transcript stays closed to a quantum computer. A box is
// HPKE in base mode, one message: KEM 0x647A (X-Wing), KDF 0x0001 (HKDF-SHA-256),
// AEAD 0x0002 (AES-256-GCM); first the encapsulation, then the ciphertext.
//
// # Threat model
//
// Anybody can seal: a box hides its content and shows changes, and does not say who
// made it. Messages with boxes in them are signed.
//
// Public keys come from peers. [ParsePublicKey] accepts one encoding per key: the
// exact length, ML-KEM's encapsulation key check, X25519 reduced and not of low order.
// X-Wing does not ask for the last; a low-order key would leave its owner with ML-KEM
// alone. Ciphertexts are not checked: a wrong one gives an unrelated secret (implicit
// rejection), and their author knows the secret anyway.
//
// The implementation is circl's, whose functions panic on a wrong length; here
// every length is checked first, by type where possible.
//
// # Sizes
//
// Public key 1216 bytes, ciphertext 1120, seed of a key pair 32, shared secret
// 32; a box is [BoxOverhead] bytes longer than its content.
//
// # Errors
//
// [ErrKey] for what is no public key, [ErrBox] for a box that does not open.
//
// # References
//
// Barbosa et al., "X-Wing: the hybrid KEM you've been looking for", IACR
// Communications in Cryptology 1(1), 2024; draft-connolly-cfrg-xwing-kem; RFC 9180
// (HPKE); FIPS 203 (ML-KEM); RFC 7748 (X25519).
//
// Start at [DeriveKey].
package kem
