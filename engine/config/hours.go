package config

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // hours mean the same on every machine

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Hours in which questions are accepted. The zero value means always.
type Hours struct {
	Days    []string `yaml:"days" help:"mon, tue, wed, thu, fri, sat, sun: days on which the hours begin; left out: all."`
	From    string   `yaml:"from" help:"When questions begin to be accepted, as 08:00; left out: 00:00."`
	To      string   `yaml:"to" help:"When they no longer are, as 18:00; left out: 24:00. Before from, it is on the next day."`
	Zone    string   `yaml:"zone" help:"Time zone as the IANA names it, such as Europe/Zurich; left out: UTC."`
	Outside string   `yaml:"outside" oneof:"refuse,ask" help:"What is done with a question at other times: refuse it, or ask a person."`
}

var days = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // in the order of time.Weekday

// Limited reports whether there are hours at all.
func (h *Hours) Limited() bool { return len(h.Days) > 0 || h.From != "" || h.To != "" }

// Open reports whether questions are accepted at a time, and otherwise when they are next. Hours
// that are not valid are never open.
func (h *Hours) Open(now time.Time) (open bool, next time.Time) {
	if !h.Limited() {
		return true, now
	}
	zone, from, to, ok := h.parsed()
	if !ok {
		return false, now
	}
	local := now.In(zone)
	for i := -1; i <= 8; i++ { // hours may have begun yesterday
		begin := clock(local, i, from)
		end := clock(local, i, to)
		if to <= from {
			end = clock(local, i+1, to)
		}
		if len(h.Days) > 0 && !slices.Contains(h.Days, days[begin.Weekday()]) || !now.Before(end) {
			continue
		}
		return !now.Before(begin), begin
	}
	return false, now
}

// clock is the time of day, in minutes, on the day that is so many days after another.
func clock(day time.Time, after, minutes int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+after, 0, minutes, 0, 0, day.Location())
}

// parsed returns zone and minutes of the day.
func (h *Hours) parsed() (zone *time.Location, from, to int, ok bool) {
	zone, err := time.LoadLocation(h.Zone)
	from, ok1 := minutes(h.From, 0)
	to, ok2 := minutes(h.To, 24*60)
	return zone, from, to, err == nil && h.Zone != "Local" && ok1 && ok2 && from < 24*60
}

// minutes of the day that a text such as 08:30 means.
func minutes(text string, otherwise int) (int, bool) {
	switch text {
	case "":
		return otherwise, true
	case "24:00":
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == len("15:04")
}

func (h *Hours) check(path string, ps *strictyaml.Problems) {
	week := append(slices.Clone(days[1:]), days[0])
	for _, d := range h.Days {
		if !slices.Contains(week, d) {
			ps.Add(path+".days", "%q is none of %s%s", d, strings.Join(week, ", "), strictyaml.Suggest(d, week))
		}
	}
	for key, text := range map[string]string{"from": h.From, "to": h.To} {
		if _, ok := minutes(text, 0); !ok || key == "from" && text == "24:00" {
			ps.Add(path+"."+key, "not a time of day such as 08:00")
		}
	}
	if _, err := time.LoadLocation(h.Zone); err != nil || h.Zone == "Local" {
		ps.Add(path+".zone", "not a time zone such as Europe/Zurich or UTC")
	}
	if !h.Limited() && h.Zone != "" {
		ps.Add(path+".zone", "has no meaning without days, from or to")
	}
}
