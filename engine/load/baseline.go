package load

import (
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/fault"
)

// NoBaseline is too few days to compare with.
var NoBaseline = fault.Declare("TACIT-T085", "no baseline",
	"There are fewer days of the same kind before the event, with readings in all of its hours, than the baseline is made of; or the event day itself has gaps.",
	"Ask about an earlier time too, exclude fewer days, or use fewer days.")

// Event is a demand response: hours From to To−1 of a day in UTC, and how its baseline is made.
type Event struct {
	Day      time.Time // midnight
	From, To int
	// The baseline is the mean over the X days with the most energy in the hours of the event, of the Y last days of the same kind before
	// it (a weekday, or not) with readings.
	X, Y int
	// Adjust is over how many hours, which end one hour before the event, the baseline is moved to what was used; 0: not.
	Adjust  int
	Exclude []time.Time // days of other events and holidays
}

// Hour is one hour of an event.
type Hour struct {
	At                          time.Time
	Baseline, Actual, Reduction *big.Rat
}

// Curtailment is what an event did.
type Curtailment struct {
	Hours      []Hour
	Days       []time.Time // of the baseline, the latest first
	Adjustment *big.Rat    // that was added to each hour
}

// Curtail compares the hours of an event with its baseline, by X of Y days with a symmetric additive adjustment (North American
// Energy Standards Board, WEQ-015; as of PJM: 4 of 5, 3 hours). The series is hourly.
func Curtail(s *Series, e *Event) (*Curtailment, *fault.Fault) {
	if e.From < 0 || e.To > 24 || e.From >= e.To || e.X < 1 || e.X > e.Y || e.Adjust < 0 || e.Adjust > 0 && e.From-1-e.Adjust < 0 {
		return nil, BadFigure.New("hours %d to %d, %d of %d days, %d hours of adjustment", e.From, e.To, e.X, e.Y, e.Adjust)
	}
	at := map[time.Time]*big.Rat{}
	for i, t := range s.At {
		at[t.UTC()] = s.Values[i]
	}
	hours := func(day time.Time, from, to int) []*big.Rat {
		var out []*big.Rat
		for h := from; h < to; h++ {
			v := at[day.Add(time.Duration(h)*time.Hour)]
			if v == nil {
				return nil
			}
			out = append(out, v)
		}
		return out
	}
	first := e.From
	if e.Adjust > 0 {
		first = e.From - 1 - e.Adjust
	}
	if s.Len() == 0 || hours(e.Day, first, e.To) == nil {
		return nil, NoBaseline.New("the event day %s has no readings in some of its hours", e.Day.Format(time.DateOnly))
	}
	var days []time.Time
	for day := e.Day.AddDate(0, 0, -1); len(days) < e.Y && !day.Before(s.At[0].UTC().Truncate(24*time.Hour)); day = day.AddDate(0, 0, -1) {
		if (DayTypeOf(day) == Weekday) == (DayTypeOf(e.Day) == Weekday) && !slices.ContainsFunc(e.Exclude, day.Equal) && hours(day, first, e.To) != nil {
			days = append(days, day)
		}
	}
	if len(days) < e.Y {
		return nil, NoBaseline.New("%d days like %s before it have readings, %d are needed", len(days), e.Day.Format(time.DateOnly), e.Y)
	}
	slices.SortStableFunc(days, func(a, b time.Time) int { return total(hours(b, e.From, e.To)).Cmp(total(hours(a, e.From, e.To))) })
	days = days[:e.X]
	mean := func(from, to int) []*big.Rat {
		out := make([]*big.Rat, to-from)
		for i := range out {
			out[i] = new(big.Rat)
			for _, day := range days {
				out[i].Add(out[i], hours(day, from, to)[i])
			}
			out[i].Quo(out[i], big.NewRat(int64(len(days)), 1))
		}
		return out
	}
	c := &Curtailment{Adjustment: new(big.Rat)}
	if e.Adjust > 0 {
		c.Adjustment.Sub(total(hours(e.Day, first, e.From-1)), total(mean(first, e.From-1)))
		c.Adjustment.Quo(c.Adjustment, big.NewRat(int64(e.Adjust), 1))
	}
	actual := hours(e.Day, e.From, e.To)
	for i, b := range mean(e.From, e.To) {
		b.Add(b, c.Adjustment)
		c.Hours = append(c.Hours, Hour{e.Day.Add(time.Duration(e.From+i) * time.Hour), b, actual[i], new(big.Rat).Sub(b, actual[i])})
	}
	slices.SortFunc(days, func(a, b time.Time) int { return b.Compare(a) })
	c.Days = days
	return c, nil
}

func total(values []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, v)
	}
	return sum
}
