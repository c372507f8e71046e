package dp

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// nano is what one is, in the integers that rho and epsilon are counted in.
const nano = 1_000_000_000

// The largest values: rho 10^6 and epsilon 10^7.
const (
	MaxRho     Rho     = 1_000_000 * nano
	MaxEpsilon Epsilon = 10_000_000 * nano
)

// Rho is the parameter of zero-concentrated differential privacy, an integer number of
// 10^−9, in [0, [MaxRho]]. It adds up over releases ([Rho.Add]).
type Rho uint64

// Epsilon is a privacy loss, an integer number of 10^−9, in [0, [MaxEpsilon]]. It goes
// with a [Delta].
type Epsilon uint64

// ParseRho reads a decimal number with at most nine digits after the point, "0.0244".
// Errors: [ErrSyntax], [ErrRange].
func ParseRho(text string) (Rho, error) {
	x, err := parseNano("rho", text, uint64(MaxRho))
	return Rho(x), err
}

// ParseEpsilon reads a decimal number with at most nine digits after the point, "0.5".
// Errors: [ErrSyntax], [ErrRange].
func ParseEpsilon(text string) (Epsilon, error) {
	x, err := parseNano("epsilon", text, uint64(MaxEpsilon))
	return Epsilon(x), err
}

// String returns the exact decimal number.
func (r Rho) String() string { return formatNano(uint64(r)) }

// String returns the exact decimal number.
func (e Epsilon) String() string { return formatNano(uint64(e)) }

// Add composes two releases: together they cost the sum, even if the second was chosen
// after the first was seen (Bun and Steinke, TCC 2016-B). The error is [ErrRange].
func (r Rho) Add(other Rho) (Rho, error) {
	if r > MaxRho || other > MaxRho-r {
		return 0, fmt.Errorf("%w: rho above %v", ErrRange, MaxRho)
	}
	return r + other, nil
}

// ceilRho rounds up to whole nanounits; what is above MaxRho becomes MaxRho + 1.
func ceilRho(r *big.Rat) Rho {
	n := ceil(new(big.Rat).Mul(r, new(big.Rat).SetInt64(nano)))
	if !n.IsUint64() || n.Uint64() > uint64(MaxRho) {
		return MaxRho + 1
	}
	return Rho(n.Uint64())
}

func parseNano(what, text string, most uint64) (uint64, error) {
	whole, part, hasPoint := strings.Cut(text, ".")
	if !isDigits(whole) || hasPoint && !isDigit09(part) || len(whole) > 9 || len(part) > 9 {
		return 0, fmt.Errorf("%w: %s, a decimal number such as 0.25", ErrSyntax, what)
	}
	x, err := strconv.ParseUint(whole+part+strings.Repeat("0", 9-len(part)), 10, 64)
	if err != nil || x > most {
		return 0, fmt.Errorf("%w: %s above %s", ErrRange, what, formatNano(most))
	}
	return x, nil
}

func formatNano(x uint64) string {
	s := fmt.Sprintf("%d.%09d", x/nano, x%nano)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// isDigits reports whether text is a decimal integer without leading zeros.
func isDigits(text string) bool {
	return isDigit09(text) && (text == "0" || text[0] != '0')
}

// isDigit09 reports whether text is one decimal digit or more.
func isDigit09(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// Delta is the probability that goes with an [Epsilon]: digits·10^−exponent, in
// [10^−30, 1/2]. Equal deltas are ==. The zero value is not valid.
type Delta struct {
	digits   uint32 // in [1, 10^9), not divisible by 10
	exponent uint8
}

const (
	maxDeltaDigits   = 9
	maxDeltaExponent = 30
)

// ParseDelta reads a decimal number, "0.000001", or one with a negative exponent, "1e-6".
// Errors: [ErrSyntax], [ErrRange].
func ParseDelta(text string) (Delta, error) {
	mantissa, power, hasPower := strings.Cut(text, "e-")
	if !hasPower {
		power = "0"
	}
	whole, part, hasPoint := strings.Cut(mantissa, ".")
	if !isDigits(whole) || hasPoint && !isDigit09(part) || !isDigits(power) ||
		len(power) > 2 || len(whole)+len(part) > 2*maxDeltaExponent {
		return Delta{}, fmt.Errorf("%w: delta, such as 1e-6", ErrSyntax)
	}
	exponent, _ := strconv.Atoi(power)
	exponent += len(part)
	digits := strings.TrimLeft(whole+part, "0")
	for strings.HasSuffix(digits, "0") {
		digits, exponent = digits[:len(digits)-1], exponent-1
	}
	if digits == "" || len(digits) > maxDeltaDigits || exponent < 1 || exponent > maxDeltaExponent+maxDeltaDigits {
		return Delta{}, fmt.Errorf("%w: delta, wants 1e-%d to 0.5 with at most %d digits", ErrRange, maxDeltaExponent, maxDeltaDigits)
	}
	x, _ := strconv.ParseUint(digits, 10, 32)
	d := Delta{digits: uint32(x), exponent: uint8(exponent)}
	if r := d.Rat(); r.Cmp(big.NewRat(1, 2)) > 0 || r.Cmp(new(big.Rat).SetFrac(big.NewInt(1), tenTo(maxDeltaExponent))) < 0 {
		return Delta{}, fmt.Errorf("%w: delta, wants 1e-%d to 0.5", ErrRange, maxDeltaExponent)
	}
	return d, nil
}

// Rat returns the number, 0 for the zero value.
func (d Delta) Rat() *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(uint64(d.digits)), tenTo(d.exponent))
}

// String returns the number with one digit before the point: "1e-6", "2.5e-7".
func (d Delta) String() string {
	s := strconv.FormatUint(uint64(d.digits), 10)
	exponent := int(d.exponent) - len(s) + 1
	if len(s) > 1 {
		s = s[:1] + "." + s[1:]
	}
	return s + "e-" + strconv.Itoa(exponent)
}

func tenTo(n uint8) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
