package ring

import "math/bits"

// Tag returns Σ_{j=1..d} alpha^j · x_j in F_p over the elements x_1 … x_d of v, read
// as signed integers. It returns [ErrTagRange] if a 128-bit element is outside
// (−2^126, 2^126), and [ErrShape] for a malformed vector. The package comment says
// what the tag proves.
func Tag(alpha F127, v Vector) (F127, error) { return TagAt(alpha, v, 0) }

// TagAt is [Tag] for a range: v's first element is element number first of the
// whole, counted from 0. The tag of the whole is the sum of the tags of ranges
// that partition it.
func TagAt(alpha F127, v Vector, first uint64) (F127, error) {
	if err := v.Check(); err != nil {
		return F127{}, err
	}
	var sum F127
	if v.Width == Width64 {
		sum = horner64(alpha, v.Words)
	} else {
		if !tagRange(v.Words) {
			return F127{}, ErrTagRange
		}
		sum = horner128(alpha, v.Words)
	}
	return sum.Mul(alpha.Pow(first)), nil
}

// lanes is how many polynomials are evaluated side by side: each step of one waits
// for its last product, and a processor has room for several.
const lanes = 4

// horner64 returns Σ alpha^j · x_j. With n = 4i + k and beta = alpha^4 this is
// Σ_k alpha^(k+1) · P_k(beta), where P_k has every fourth element from x_(k+1) on.
func horner64(alpha F127, words []uint64) F127 {
	var acc [lanes]F127
	full := len(words) &^ (lanes - 1)
	for k, w := range words[full:] {
		acc[k] = signed64(w)
	}
	beta := alpha.Pow(lanes)
	for i := full - lanes; i >= 0; i -= lanes {
		x := words[i : i+lanes : i+lanes]
		acc[0] = acc[0].Mul(beta).Add(signed64(x[0]))
		acc[1] = acc[1].Mul(beta).Add(signed64(x[1]))
		acc[2] = acc[2].Mul(beta).Add(signed64(x[2]))
		acc[3] = acc[3].Mul(beta).Add(signed64(x[3]))
	}
	return join(alpha, acc)
}

// horner128 is [horner64] for pairs of words.
func horner128(alpha F127, words []uint64) F127 {
	var acc [lanes]F127
	full := len(words) &^ (2*lanes - 1)
	for k := 0; full+2*k < len(words); k++ {
		acc[k] = signed128(words[full+2*k], words[full+2*k+1])
	}
	beta := alpha.Pow(lanes)
	for i := full - 2*lanes; i >= 0; i -= 2 * lanes {
		x := words[i : i+2*lanes : i+2*lanes]
		acc[0] = acc[0].Mul(beta).Add(signed128(x[0], x[1]))
		acc[1] = acc[1].Mul(beta).Add(signed128(x[2], x[3]))
		acc[2] = acc[2].Mul(beta).Add(signed128(x[4], x[5]))
		acc[3] = acc[3].Mul(beta).Add(signed128(x[6], x[7]))
	}
	return join(alpha, acc)
}

// join returns Σ_k alpha^(k+1) · acc_k.
func join(alpha F127, acc [lanes]F127) F127 {
	var sum F127
	for k := lanes - 1; k >= 0; k-- {
		sum = sum.Add(acc[k]).Mul(alpha)
	}
	return sum
}

// signed64 maps a two's complement word to F_p by extending its sign.
func signed64(w uint64) F127 { return signed128(w, uint64(int64(w)>>63)) }

// signed128 maps a two's complement pair with |x| < 2^126 to F_p. A negative
// pattern is x + 2^128; taking 1 off and dropping bit 127 gives x + 2^127 − 1.
func signed128(lo, hi uint64) F127 {
	sign := hi >> 63
	lo, borrow := bits.Sub64(lo, sign, 0)
	hi, _ = bits.Sub64(hi, 0, borrow)
	return F127{lo: lo, hi: hi & pHi}
}

// tagRange reports whether all elements are in (−2^126, 2^126), in a time that
// depends on their number only.
func tagRange(words []uint64) bool {
	var bad uint64
	for i := 0; i+1 < len(words); i += 2 {
		lo, hi := words[i], words[i+1]
		bad |= (hi ^ hi<<1) >> 63 // the two top bits differ: outside [−2^126, 2^126)
		least := lo | (hi ^ 3<<62)
		bad |= ^(least | -least) >> 63 // exactly −2^126
	}
	return bad == 0
}
