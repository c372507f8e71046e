package policy

import (
	"time"

	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
)

// OutOfHours is the refusal of a question at another time than the owner's.
var OutOfHours = fault.Declare("TACIT-W146", "outside of the owner's hours",
	"This owner accepts questions at certain hours only.",
	"Ask again at the time that the message names.")

const hoursRule = OfOwner + "accept.hours"

// CheckHours says whether the owner accepts questions now. It is about the acceptance: a job that was
// accepted goes on at any time.
func CheckHours(own config.Accept, now time.Time) error {
	open, next := own.Hours.Open(now)
	if open || own.Hours.Outside == config.ThenAsk {
		return nil
	}
	return ByRule(hoursRule, OutOfHours.New("this owner accepts questions again from %s", next.Format("Mon 2006-01-02 15:04 MST")))
}

// AsksNow reports whether the owner wants a person asked because of the time.
func AsksNow(own config.Accept, now time.Time) (rule string, asks bool) {
	open, _ := own.Hours.Open(now)
	return hoursRule, !open && own.Hours.Outside == config.ThenAsk
}
