// Package kem has the key encapsulation X-Wing and boxes sealed with it.
//
// X-Wing combines X25519 and ML-KEM-768 (draft-connolly-cfrg-xwing-kem): it is
// IND-CCA secure as long as one of the two is, so that a recorded transcript
// stays closed to a quantum computer. Boxes are HPKE (RFC 9180) in base mode
// with X-Wing, HKDF-SHA-256 and AES-256-GCM. The base mode does not say who
// sealed: messages with boxes in them are signed.
//
// The implementation is circl's. Its functions panic on a wrong length; here
// every length is checked first, by type where possible. A peer's public key
// passes ML-KEM's encapsulation key check. Low-order X25519 keys are not
// refused, as the draft does not ask for it: they weaken X-Wing for their owner
// to ML-KEM alone.
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
// Start at [DeriveKey].
package kem
