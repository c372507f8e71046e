package draft

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
)

// choose makes the column of the charter.
func (s *Source) choose(ctx context.Context, c *SourceColumn, wanted charter.ColumnRole) (*Choice, error) {
	p, err := s.profile(ctx, c)
	if err != nil {
		return nil, err
	}
	role, reason, err := p.propose(wanted)
	if err != nil {
		return nil, err
	}
	if c.Comma {
		reason += ", written with a comma"
	}
	if c.Engine == "TIMESTAMP WITH TIME ZONE" {
		reason += ", in UTC"
	}
	nullable := p.known < p.rows
	ch := &Choice{Source: c, Reason: reason, value: p.value, Column: charter.Column{
		Name: c.Name, Type: p.charterType(), Role: role, Nullable: &nullable,
	}}
	if p.shape == opaque {
		ch.value = ""
	}
	switch role {
	case charter.Category:
		err = s.category(ctx, ch, p)
	case charter.Measure:
		err = ch.measure(p)
	case charter.Time:
		ch.time(p)
	}
	if p.endless > 0 {
		ch.value = "CASE WHEN isfinite(" + p.value + ") THEN " + p.value + " END"
		nullable = true
		ch.Reason += fmt.Sprintf("; %d NaN or infinite, taken as missing", p.endless)
	}
	return ch, err
}

func (p *profile) charterType() string {
	switch p.shape {
	case integer:
		return "integer"
	case exact:
		return fmt.Sprintf("decimal(%d,%d)", p.whole+p.digits, p.digits)
	case double:
		return "double"
	case truth:
		return "boolean"
	case day:
		return "date"
	case moment:
		return "timestamp"
	}
	return "text"
}

func (s *Source) category(ctx context.Context, ch *Choice, p *profile) error {
	if p.shape == truth {
		return nil
	}
	values, err := s.values(ctx, p, mostInCases+1)
	if err != nil {
		return err
	}
	if len(values) > mostInCases {
		return ErrOption.New("column %q has more than %d different values, too many for a category", p.Original, mostInCases)
	}
	t, err := charter.ParseType(ch.Column.Type)
	if err != nil {
		return err
	}
	for i, v := range values {
		if p.shape == exact {
			v, _ = decimal.Canonical(v)
			values[i] = v
		}
		if reason := t.CheckValue(v); reason != "" {
			ch.Column.Role = charter.Hidden
			ch.Reason = "one of its values: " + reason
			return nil
		}
	}
	ch.Column.Domain = values
	return nil
}

// measure sets range and resolution so that they cover the data.
func (ch *Choice) measure(p *profile) error {
	if p.shape == truth {
		return nil
	}
	lo, hi := new(big.Rat), big.NewRat(1, 1)
	if p.known > p.endless {
		for _, end := range []struct {
			text string
			to   *big.Rat
		}{{p.lo, lo}, {p.hi, hi}} {
			if _, ok := end.to.SetString(end.text); !ok {
				return ErrInput.New("column %q: the engine calls its end %d characters long", p.Original, len(end.text))
			}
		}
	}
	if p.shape == double && (far(lo) || far(hi)) {
		ch.Column.Role, ch.Reason = charter.Hidden, "numbers too large for a declared range"
		return nil
	}
	step := new(big.Rat)
	if p.shape == double {
		step = resolution(lo, hi, p.digits)
		ch.Column.Resolution = plain(step)
	}
	low, high := widen(lo, hi, step)
	if p.shape == integer {
		low, high = clampInt64(low), clampInt64(high)
	}
	if p.shape == exact {
		ch.fitDecimal(p, low, high)
	}
	ch.Column.Range = []string{plain(low), plain(high)}
	return nil
}

// fitDecimal gives the type enough digits for the ends of the range.
func (ch *Choice) fitDecimal(p *profile, ends ...*big.Rat) {
	for _, end := range ends {
		digits := len(new(big.Int).Quo(new(big.Int).Abs(end.Num()), end.Denom()).String())
		p.whole = max(p.whole, digits)
	}
	ch.Column.Type = p.charterType()
}

// far reports whether a number is beyond what 128-bit sums could hold anyway.
func far(r *big.Rat) bool {
	return new(big.Rat).Abs(r).Cmp(decimal.Pow10(38)) > 0
}

func plain(r *big.Rat) string {
	text, _ := decimal.Format(r)
	return text
}

// resolution is 10^-digits if so many decimals tell every value and a double can
// tell so many steps; otherwise the power of ten that leaves ten digits of the
// largest value.
func resolution(lo, hi *big.Rat, digits int) *big.Rat {
	const most, enough = 14, 9 // powers of ten between the largest value and the resolution
	largest := new(big.Rat).Abs(lo)
	if h := new(big.Rat).Abs(hi); h.Cmp(largest) > 0 {
		largest = h
	}
	if digits >= 0 && magnitude(largest)+digits <= most {
		return decimal.Pow10(-digits)
	}
	return decimal.Pow10(magnitude(largest) - enough)
}

// magnitude is the largest n with 10^n <= r; 0 for 0.
func magnitude(r *big.Rat) int {
	if r.Sign() == 0 {
		return 0
	}
	n := 0
	for ; decimal.Pow10(n+1).Cmp(r) <= 0; n++ {
	}
	for ; decimal.Pow10(n).Cmp(r) > 0; n-- {
	}
	return n
}

// widen moves both ends outwards to round numbers: multiples of the power of ten
// just below their distance, so 39…82 becomes 30…90. They stay multiples of least.
func widen(lo, hi, least *big.Rat) (*big.Rat, *big.Rat) {
	span := new(big.Rat).Sub(hi, lo)
	if span.Sign() == 0 {
		span.Abs(hi)
	}
	step := decimal.Pow10(magnitude(span))
	if step.Cmp(least) < 0 {
		step = least
	}
	return toMultiple(lo, step, false), toMultiple(hi, step, true)
}

func toMultiple(r, step *big.Rat, up bool) *big.Rat {
	q := new(big.Rat).Quo(r, step)
	whole := new(big.Int).Div(q.Num(), q.Denom()) // floor, as the denominator is positive
	if up && !q.IsInt() {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(whole), step)
}

// clampInt64 keeps the end of a range within what an integer column can hold.
func clampInt64(r *big.Rat) *big.Rat {
	for _, end := range []*big.Int{
		new(big.Int).Lsh(big.NewInt(-1), 63),
		new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 63), big.NewInt(1)),
	} {
		if e := new(big.Rat).SetInt(end); e.Sign()*r.Cmp(e) > 0 {
			return e
		}
	}
	return r
}

// time sets grain and a range of whole days, months or years around the data.
func (ch *Choice) time(p *profile) {
	ch.Column.Grain = "hour"
	if p.shape == day || p.midnight {
		ch.Column.Grain = "day"
	}
	if p.known == 0 {
		return
	}
	kind := charter.KindDate
	if p.shape == moment {
		kind = charter.KindTimestamp
	}
	from, err1 := time.Parse(time.DateOnly, firstTen(p.lo))
	to, err2 := time.Parse(time.DateOnly, firstTen(p.hi))
	if err1 != nil || err2 != nil {
		return // outside the years that charters have: filters only
	}
	from, to = wholeMonths(from, to)
	if p.shape == moment {
		to = to.Add(24*time.Hour - time.Second)
		if strings.HasSuffix(p.hi, ":59") || strings.Contains(p.hi, ".") {
			to = to.Add(time.Second - time.Microsecond)
		}
	}
	ch.Column.Range = []string{charter.FormatInstant(kind, from), charter.FormatInstant(kind, to)}
}

func firstTen(s string) string { return s[:min(10, len(s))] }

// wholeMonths widens to the first and last day of the months at the ends.
func wholeMonths(from, to time.Time) (time.Time, time.Time) {
	from = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	to = time.Date(to.Year(), to.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	return from, to
}
