package plan

import (
	"cmp"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
)

// Rat returns the number that an Integer or Decimal stands for; nil for other kinds.
func (v Value) Rat() *big.Rat {
	if v.Kind != Integer && v.Kind != Decimal {
		return nil
	}
	r, err := decimal.Parse(v.Text)
	if err != nil {
		return nil
	}
	return r
}

// Time returns the instant that a Date or Timestamp stands for, in UTC.
func (v Value) Time() (time.Time, bool) {
	kind, ok := v.Kind.instant()
	if !ok {
		return time.Time{}, false
	}
	t, err := charter.ParseInstant(kind, v.Text)
	return t, err == nil
}

// InstantValue returns t as a Date or Timestamp.
func InstantValue(kind ValueKind, t time.Time) Value {
	k, _ := kind.instant()
	return Value{Kind: kind, Text: charter.FormatInstant(k, t)}
}

// RatValue returns r as a Decimal; it reports false if r has no finite decimal text.
func RatValue(r *big.Rat) (Value, bool) {
	text, ok := decimal.Format(r)
	return Value{Kind: Decimal, Text: text}, ok
}

// BoolValue returns b as a Boolean.
func BoolValue(b bool) Value {
	if b {
		return Value{Boolean, "true"}
	}
	return Value{Boolean, "false"}
}

func (k ValueKind) instant() (charter.Kind, bool) {
	switch k {
	case Date:
		return charter.KindDate, true
	case Timestamp:
		return charter.KindTimestamp, true
	default:
		return 0, false
	}
}

// canonical reports whether the text is the one text of its value.
func (v Value) canonical() bool {
	if len(v.Text) > MaxText {
		return false
	}
	switch v.Kind {
	case Null:
		return v.Text == ""
	case Integer:
		return decimal.IsInteger(v.Text)
	case Decimal:
		return decimal.IsCanonical(v.Text)
	case Text:
		return utf8.ValidString(v.Text) && strings.IndexFunc(v.Text, unprintable) < 0
	case Boolean:
		return v.Text == "true" || v.Text == "false"
	case Date, Timestamp:
		_, ok := v.Time()
		return ok
	default:
		return false
	}
}

// unprintable characters could make one line look like two, or read backwards.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func compareValues(a, b Value) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Text, b.Text))
}
