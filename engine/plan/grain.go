package plan

import (
	"errors"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
)

// ParseGrain returns the grain with a name of [charter.Grains].
func ParseGrain(text string) (Grain, bool) {
	i := slices.Index(charter.Grains, text)
	return Grain(i + 1), i >= 0
}

// String returns the name of the grain as date_trunc takes it.
func (g Grain) String() string {
	if g < Minute || g > Year {
		return "unknown"
	}
	return charter.Grains[g-1]
}

// Trunc returns the start of the minute, hour, … year in which t lies, in UTC.
func (g Grain) Trunc(t time.Time) time.Time {
	t = t.UTC()
	y, m, d := t.Date()
	switch g {
	case Minute, Hour:
		h, minute, _ := t.Clock()
		if g == Hour {
			minute = 0
		}
		return time.Date(y, m, d, h, minute, 0, 0, time.UTC)
	case Week:
		d -= (int(t.Weekday()) + 6) % 7
	case Month:
		d = 1
	case Quarter:
		m, d = m-(m-1)%3, 1
	case Year:
		m, d = 1, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Next returns the start of the period after the one that starts at t.
func (g Grain) Next(t time.Time) time.Time {
	switch g {
	case Minute:
		return t.Add(time.Minute)
	case Hour:
		return t.Add(time.Hour)
	case Day:
		return t.AddDate(0, 0, 1)
	case Week:
		return t.AddDate(0, 0, 7)
	case Month:
		return t.AddDate(0, 1, 0)
	case Quarter:
		return t.AddDate(0, 3, 0)
	default:
		return t.AddDate(1, 0, 0)
	}
}

var errFirst = errors.New("the first instant is not the start of a period")

// TruncSlots returns n consecutive periods from the one that starts at first.
// It fails if first is not the start of a period, or a slot is after the year 9999.
func TruncSlots(g Grain, first Value, n int) ([]Value, error) {
	t, ok := first.Time()
	if !ok || g < Minute || g > Year || first.Kind != Timestamp || !g.Trunc(t).Equal(t) {
		return nil, errFirst
	}
	slots := make([]Value, n)
	for i := range slots {
		if t.Year() > 9999 {
			return nil, errors.New("instants after the year 9999")
		}
		slots[i] = InstantValue(Timestamp, t)
		t = g.Next(t)
	}
	return slots, nil
}
