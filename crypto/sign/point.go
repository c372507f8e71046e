package sign

import (
	"bytes"

	"filippo.io/edwards25519"
)

// soundPoint reports whether b is the one encoding of a point of order l, the
// large prime. RFC 8032 and Go accept more: a point of small order verifies
// signatures that nobody made, one of mixed order verifies or not depending on the
// verifier (Chalkias et al., "Taming the many EdDSAs", 2020).
func soundPoint(b []byte) bool {
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil || !bytes.Equal(p.Bytes(), b) {
		return false
	}
	if p.Equal(edwards25519.NewIdentityPoint()) == 1 {
		return false
	}
	q := new(edwards25519.Point).ScalarMult(minusOne, p)
	return q.Equal(new(edwards25519.Point).Negate(p)) == 1
}

// minusOne is l−1: (l−1)·p = −p exactly if l·p = 0.
var minusOne = func() *edwards25519.Scalar {
	one, err := edwards25519.NewScalar().SetCanonicalBytes(append([]byte{1}, make([]byte, 31)...))
	if err != nil {
		panic("sign: 1 is a scalar")
	}
	return one.Negate(one)
}()
