package coordinator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/crashpoint"
	"github.com/tacit-space/tacit/engine/envelope"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/store"
	"github.com/tacit-space/tacit/engine/transport"
)

// decide takes what an owner says to the offer. The first word counts, but that a person has to
// decide first; a repetition changes nothing.
func (j *job) decide(id string, verdict store.Verdict, why store.Reason) {
	if j.over {
		return
	}
	d := store.Decision{Owner: id, Verdict: verdict, Reason: why}
	crashpoint.Here(crashpoint.CoordinatorDecisionBefore)
	err := j.c.store.Decide(j.ID, d)
	if errors.Is(err, store.ErrExists) {
		return
	}
	if err != nil {
		j.c.fail(err)
		return
	}
	crashpoint.Here(crashpoint.CoordinatorDecisionAfter)
	j.decisions[id] = d
	j.feed.decide(d)
	j.log.Info("owner decided", "member", id, "verdict", string(verdict), "code", why.Code)
	j.tell(func(p *transport.Progress) {
		p.Event, p.Member, p.Fault = eventOf(verdict), id, envelope.Reason(why).Fault()
	})
	j.advance()
}

func eventOf(v store.Verdict) string {
	if v == store.Accepted {
		return "joined"
	}
	return string(v)
}

// withdraw takes a worker out of the job for good.
func (j *job) withdraw(id string, why store.Reason) {
	if j.over {
		return
	}
	if j.attempt != nil {
		j.attempt.gone(j.parties[id])
	}
	j.decide(id, store.Withdrawn, why)
}

// admit looks whether the admission is decided. Owners are waited for until the time is up, people until
// the job expires.
func (j *job) admit() {
	possible := len(j.willing()) + len(j.waiting())
	silent := len(j.parties) - len(j.decisions)
	timeUp := silent == 0 || j.waited(j.c.Timing.Admission)
	if !timeUp {
		possible += silent
	}
	switch {
	case possible < j.manifest.MinContributors:
		j.end(store.Refused, j.tooFew())
	case timeUp && len(j.waiting()) > 0:
		// The next word of an owner, or the expiry, goes on.
	case timeUp:
		j.move(store.Admitted)
	default:
		j.wakeAfter(j.c.Timing.Admission)
	}
}

// willing returns the owners that are in the job, sorted by party.
func (j *job) willing() []string {
	var ids []string
	for _, m := range j.manifest.Roster {
		if j.decisions[m.ID].Verdict == store.Accepted && !j.excluded[m.ID] {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// waiting returns the owners at which a person has to decide, sorted by party.
func (j *job) waiting() []string {
	var ids []string
	for _, m := range j.manifest.Roster {
		if j.decisions[m.ID].Verdict == store.Waits {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// expired says that the job expired, and whom it was waiting for.
func (j *job) expired() *fault.Fault {
	text := "the job expired before it was finished"
	if waiting := j.waiting(); len(waiting) > 0 {
		text += "; it was waiting for a person at " + list(waiting)
	}
	return Expired.New("%s", text)
}

// tooFew says who does not take part, and why.
func (j *job) tooFew() *fault.Fault {
	var refused, silent []string
	codes := map[string]bool{}
	waiting := j.waiting()
	for _, m := range j.manifest.Roster {
		d, said := j.decisions[m.ID]
		switch {
		case !said:
			silent = append(silent, m.ID)
		case d.Verdict == store.Waits:
		case d.Verdict != store.Accepted:
			refused = append(refused, fmt.Sprintf("%s %s (%s)", m.ID, d.Verdict, titled(d.Reason.Code)))
			codes[d.Reason.Code] = true
		case j.excluded[m.ID]:
			refused = append(refused, m.ID+" excluded")
		}
	}
	text := fmt.Sprintf("%d of %d owners take part, %d are needed", len(j.willing()), len(j.parties), j.manifest.MinContributors)
	if len(refused) > 0 {
		text += ": " + list(refused)
	}
	if len(waiting) > 0 {
		text += "; a person has not decided: " + list(waiting)
	}
	if len(silent) > 0 {
		text += "; no answer: " + list(silent)
	}
	why := TooFew.New("%s", text)
	if remedy := common(codes); remedy != "" {
		return why.With("%s", remedy)
	}
	return why
}

// titled is a code with its title, if it is known here.
func titled(code string) string {
	if k := fault.Find(code); k != nil {
		return code + ": " + k.Title
	}
	return code
}

// common is the general remedy if all codes are the same one, else "".
func common(codes map[string]bool) string {
	for code := range codes {
		if k := fault.Find(code); k != nil && len(codes) == 1 {
			return k.Remedy
		}
	}
	return ""
}

// list joins items, but not too many.
func list(items []string) string {
	if more := len(items) - reasonsInMessage; more > 0 {
		items = append(slices.Clip(items[:reasonsInMessage]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(items, ", ")
}
