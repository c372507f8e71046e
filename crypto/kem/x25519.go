package kem

import (
	"crypto/ecdh"
	"slices"
)

// soundX25519 reports whether u is below 2^255−19 (RFC 7748, section 5, lets a
// receiver reduce: two encodings of one key) and not a point of low order, with
// which every exchange gives zero (section 6.1).
func soundX25519(u [32]byte) bool {
	if u[31] > 0x7F || u[31] == 0x7F && u[0] >= 0xED && !slices.ContainsFunc(u[1:31], notFF) {
		return false
	}
	point, err := ecdh.X25519().NewPublicKey(u[:])
	if err != nil {
		return false
	}
	// The scalar 0 is clamped to 2^254, a multiple of 8: low order is all that it kills.
	scalar, err := ecdh.X25519().NewPrivateKey(make([]byte, 32))
	if err != nil {
		return false
	}
	_, err = scalar.ECDH(point)
	return err == nil
}

func notFF(b byte) bool { return b != 0xFF }
