// Package decimal reads and writes exact decimal text: the form in which charter,
// plan and result carry numbers that are not whole.
//
// A number is digits, optionally signed, optionally with a fraction: "-12.50". There
// is no exponent, no separator and no infinity. Each value has one canonical text:
// no plus sign, no superfluous zeros, "0.5" with its zero, and no "-0".
//
// Start at [Parse].
package decimal

import (
	"errors"
	"math/big"
	"strings"
)

// MaxLength is the longest text that [Parse] reads, in bytes. decimal(38,38) needs 41.
const MaxLength = 96

var errSyntax = errors.New(`not a plain decimal number such as "12", "-0.5"`)

// Parse returns the value of a decimal text. The text need not be canonical:
// "+1.50" and "007" are read. The error does not repeat the text.
func Parse(text string) (*big.Rat, error) {
	if !valid(text) {
		return nil, errSyntax
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, errSyntax
	}
	return r, nil
}

// Canonical returns the one text of the value that text stands for.
func Canonical(text string) (string, error) {
	r, err := Parse(text)
	if err != nil {
		return "", err
	}
	out, _ := Format(r)
	return out, nil
}

// Format returns the canonical text of r. It reports false if r has no finite
// decimal expansion of at most MaxLength digits after the point.
func Format(r *big.Rat) (string, bool) {
	digits, exact := r.FloatPrec()
	if !exact || digits > MaxLength {
		return "", false
	}
	return r.FloatString(digits), true
}

// IsInteger reports whether text is a canonical whole number.
func IsInteger(text string) bool {
	return !strings.Contains(text, ".") && IsCanonical(text)
}

// IsCanonical reports whether text is a number in its canonical form.
func IsCanonical(text string) bool {
	c, err := Canonical(text)
	return err == nil && c == text
}

// Pow10 returns 10^n, for n of either sign.
func Pow10(n int) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	r := new(big.Rat).SetInt(p)
	if n < 0 {
		r.Inv(r)
	}
	return r
}

func valid(text string) bool {
	if len(text) > MaxLength {
		return false
	}
	if text != "" && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	whole, fraction, point := strings.Cut(text, ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	if s == "" {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
