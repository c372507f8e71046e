package charter

import (
	"errors"
	"time"
)

// Layouts of dates and timestamps in charters, plans and results.
const (
	DateLayout      = "2006-01-02"
	TimestampLayout = "2006-01-02 15:04:05.999999" // the fraction only if it is not zero
)

var (
	errDate      = errors.New(`not a date such as "2024-01-31"`)
	errTimestamp = errors.New(`not a timestamp such as "2024-01-31 23:59:59"`)
	errYear      = errors.New("year outside 1 to 9999")
)

// ParseInstant reads the canonical text of a date or timestamp as UTC. The error
// does not repeat the text.
func ParseInstant(kind Kind, text string) (time.Time, error) {
	layout, wrong := DateLayout, errDate
	if kind == KindTimestamp {
		layout, wrong = TimestampLayout, errTimestamp
	} else if kind != KindDate {
		return time.Time{}, errors.New("not a date or timestamp column")
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Format(layout) != text {
		return time.Time{}, wrong
	}
	if t.Year() < 1 {
		return time.Time{}, errYear
	}
	return t, nil
}

// FormatInstant returns the canonical text of t, taken in UTC.
func FormatInstant(kind Kind, t time.Time) string {
	if kind == KindTimestamp {
		return t.UTC().Format(TimestampLayout)
	}
	return t.UTC().Format(DateLayout)
}
