package budget

import (
	"slices"
	"time"

	"github.com/tacit-space/tacit/crypto/dp"
)

// Line is what one question costs.
type Line struct {
	Job          [16]byte
	Table        string
	Analyst      string    // member id
	Organisation string    // of the analyst, when the question was accepted
	Rho          dp.Rho    // above 0
	Until        time.Time // last time at which the answer may have become known; fixed once it is debited
	Debited      bool      // the input has left; else it is reserved
}

// Account selects lines and bounds their sum.
type Account struct {
	Table        string
	Organisation string        // questions of those who belonged to it when they asked; "": of none
	Analysts     []string      // and of these members, wherever they belonged; sorted
	Period       time.Duration // for how long a line counts after [Line.Until]
	Limit        dp.Rho
	Rule         string // which set the limit
}

// Has reports whether a line is one of the account's, whether or not it still counts.
func (a *Account) Has(l *Line) bool {
	return l.Table == a.Table && (a.Organisation != "" && l.Organisation == a.Organisation || slices.Contains(a.Analysts, l.Analyst))
}

// Since returns the time such that a debited line counts if its Until is not before it.
func (a *Account) Since(now time.Time) time.Time { return now.Add(-a.Period) }

// State is an account at a moment.
type State struct {
	Account
	Spent    dp.Rho // debited
	Reserved dp.Rho // for questions that run
}

// Left returns what may still be reserved.
func (s *State) Left() dp.Rho {
	used, err := s.Spent.Add(s.Reserved)
	if err != nil || used > s.Limit {
		return 0
	}
	return s.Limit - used
}

// At adds up the lines that count.
func (a *Account) At(now time.Time, lines []Line) State {
	s := State{Account: *a}
	for i := range lines {
		switch l := &lines[i]; {
		case !a.counts(l, now):
		case l.Debited:
			s.Spent = add(s.Spent, l.Rho)
		default:
			s.Reserved = add(s.Reserved, l.Rho)
		}
	}
	return s
}

// add saturates: a sum that cannot be written down is above every limit.
func add(a, b dp.Rho) dp.Rho {
	sum, err := a.Add(b)
	if err != nil {
		return dp.MaxRho
	}
	return sum
}

// Fits returns the first time, not before now, at which a price fits if nothing else is asked until then. Reservations
// are taken to become debits. It never does if the price is above the limit.
func (a *Account) Fits(price dp.Rho, now time.Time, lines []Line) (at time.Time, ever bool) {
	if price > a.Limit {
		return time.Time{}, false
	}
	counted := slices.Clone(lines)
	counted = slices.DeleteFunc(counted, func(l Line) bool { return !a.counts(&l, now) })
	slices.SortFunc(counted, func(x, y Line) int { return y.Until.Compare(x.Until) })
	at = now
	sum := price
	for i := range counted { // the latest first: those that fit with the price may stay
		if sum = add(sum, counted[i].Rho); sum > a.Limit {
			if end := a.end(&counted[i]); end.After(now) {
				at = end
			}
			break
		}
	}
	return at, true
}

// Renews returns when the next line stops to count; zero if none counts.
func (a *Account) Renews(now time.Time, lines []Line) time.Time {
	var first time.Time
	for i := range lines {
		if !a.counts(&lines[i], now) {
			continue
		}
		if end := a.end(&lines[i]); first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}

func (a *Account) counts(l *Line, now time.Time) bool {
	return a.Has(l) && (!l.Debited || !l.Until.Before(a.Since(now)))
}

// end is when a line stops to count, in the milliseconds that the store has.
func (a *Account) end(l *Line) time.Time { return l.Until.Add(a.Period + time.Millisecond) }
