package load

import (
	"math/big"
	"sort"
	"time"
)

// Season is a meteorological one, of the northern hemisphere.
type Season int

// Seasons, of three months each.
const (
	Winter Season = iota // December to February
	Spring
	Summer
	Autumn
)

// String returns the name.
func (s Season) String() string { return [...]string{"winter", "spring", "summer", "autumn"}[s] }

// SeasonOf returns the season of a time.
func SeasonOf(t time.Time) Season { return Season(int(t.Month()) % 12 / 3) }

// DayType is a kind of day by the week. Holidays are not known.
type DayType int

// Kinds of days.
const (
	Weekday DayType = iota
	Saturday
	Sunday
)

// String returns the name.
func (d DayType) String() string { return [...]string{"weekday", "saturday", "sunday"}[d] }

// DayTypeOf returns the kind of a time's day.
func DayTypeOf(t time.Time) DayType {
	switch t.Weekday() {
	case time.Saturday:
		return Saturday
	case time.Sunday:
		return Sunday
	default:
		return Weekday
	}
}

// Slot is an hour of a kind of day in a season.
type Slot struct {
	Season Season
	Day    DayType
	Hour   int
}

// SlotOf returns the slot of a time.
func SlotOf(t time.Time) Slot { return Slot{SeasonOf(t), DayTypeOf(t), t.Hour()} }

// Mean is a slot with the mean over its intervals.
type Mean struct {
	Slot
	Intervals int
	Value     *big.Rat
}

// Profile is the mean load profile: of each slot with intervals the mean over these, by season, day and hour.
func (s *Series) Profile() []Mean {
	at := map[Slot]*Mean{}
	var out []Mean
	for i, v := range s.Values {
		slot := SlotOf(s.At[i])
		m := at[slot]
		if m == nil {
			m = &Mean{Slot: slot, Value: new(big.Rat)}
			at[slot] = m
		}
		m.Intervals++
		m.Value.Add(m.Value, v)
	}
	for _, m := range at {
		m.Value.Quo(m.Value, big.NewRat(int64(m.Intervals), 1))
		out = append(out, *m)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i].Slot, out[j].Slot
		switch {
		case a.Season != b.Season:
			return a.Season < b.Season
		case a.Day != b.Day:
			return a.Day < b.Day
		}
		return a.Hour < b.Hour
	})
	return out
}
