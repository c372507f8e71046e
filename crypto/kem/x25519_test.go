package kem

import (
	"crypto/ecdh"
	"testing"
)

// Every listed point, and no ordinary one, gives zero with a clamped scalar.
func TestLowOrderList(t *testing.T) {
	scalar, err := ecdh.X25519().NewPrivateKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	kills := func(u [32]byte) bool {
		point, err := ecdh.X25519().NewPublicKey(u[:])
		if err != nil {
			t.Fatal(err)
		}
		_, err = scalar.ECDH(point)
		return err != nil
	}
	for _, u := range lowOrder {
		if !kills(u) || soundX25519(u) {
			t.Errorf("%x", u)
		}
	}
	for i := byte(2); i < 100; i++ {
		if u := [32]byte{i}; kills(u) || !soundX25519(u) {
			t.Errorf("%x", u)
		}
	}
}
