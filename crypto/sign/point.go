package sign

import "filippo.io/edwards25519"

// canonicalPoint reports whether b is the one encoding of a point of the curve
// that is not of small order: under a small-order key one signature fits many
// messages.
func canonicalPoint(b []byte) bool {
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		return false
	}
	identity := edwards25519.NewIdentityPoint()
	small := new(edwards25519.Point).MultByCofactor(p).Equal(identity) == 1
	return !small && string(p.Bytes()) == string(b)
}
