package config

import (
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// TestHours: days are those of the zone, hours may end on the next day, and summer time is the zone's.
func TestHours(t *testing.T) {
	work := Hours{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "18:00", Zone: "Europe/Zurich"}
	night := Hours{Days: []string{"fri"}, From: "22:00", To: "04:00"}
	for _, c := range []struct {
		h    Hours
		now  string
		open bool
		next string
	}{
		{Hours{}, "2026-03-01T00:00:00Z", true, ""},
		{work, "2026-03-02T07:00:00Z", true, ""}, // Monday, 08:00
		{work, "2026-03-02T06:59:59Z", false, "2026-03-02T07:00:00Z"},
		{work, "2026-03-02T17:00:00Z", false, "2026-03-03T07:00:00Z"},
		{work, "2026-03-27T17:00:00Z", false, "2026-03-30T06:00:00Z"}, // over the weekend on which summer time begins
		{work, "2026-03-30T16:00:00Z", false, "2026-03-31T06:00:00Z"},
		{night, "2026-03-06T22:00:00Z", true, ""},
		{night, "2026-03-07T03:59:59Z", true, ""},
		{night, "2026-03-07T04:00:00Z", false, "2026-03-13T22:00:00Z"},
		{night, "2026-03-06T03:00:00Z", false, "2026-03-06T22:00:00Z"}, // Thursday's night is not listed
		{Hours{Days: []string{"sun"}}, "2026-03-01T12:00:00Z", true, ""},
		{Hours{To: "12:00"}, "2026-03-01T12:00:00Z", false, "2026-03-02T00:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		open, next := c.h.Open(now)
		if open != c.open || !open && next.UTC().Format(time.RFC3339) != c.next {
			t.Errorf("%+v at %s: %v, %s", c.h, c.now, open, next.UTC().Format(time.RFC3339))
		}
	}
}

// TestWrongHours: they are refused, and if used all the same never open.
func TestWrongHours(t *testing.T) {
	for _, h := range []Hours{
		{From: "8:00"},
		{From: "24:00"},
		{To: "25:00"},
		{From: "08:00", Zone: "Europe/Zurch"},
		{From: "08:00", Zone: "Local"},
	} {
		var ps strictyaml.Problems
		h.check("worker.accept.hours", &ps)
		if len(ps) != 1 {
			t.Errorf("%+v: %v", h, ps)
		}
		if open, _ := h.Open(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)); open {
			t.Errorf("%+v is open", h)
		}
	}
	var ps strictyaml.Problems
	(&Hours{Days: []string{"tues"}}).check("worker.accept.hours", &ps)
	(&Hours{Zone: "UTC"}).check("worker.accept.hours", &ps)
	if len(ps) != 2 || ps[0].Message != `"tues" is none of mon, tue, wed, thu, fri, sat, sun (did you mean "tue"?)` {
		t.Errorf("%v", ps)
	}
}
