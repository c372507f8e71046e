package ledger

import (
	"strings"
	"testing"
)

// whole returns the ledgers of all members after some jobs that went well, each job with
// what change makes of it.
func (w *world) whole(t *testing.T, change func(member string, job byte, e []Entry) []Entry) []*Verified {
	logs := []*log{
		w.log(t, "north", Worker), w.log(t, "south", Worker), w.log(t, "west", Worker),
		w.log(t, "hub", Coordinator), w.log(t, "ada", Analyst),
	}
	for job := byte(1); job <= 3; job++ {
		for _, l := range logs {
			var e []Entry
			switch l.role {
			case Worker:
				e = served(job, l.keeper.Member)
			case Coordinator:
				e = relayed(job, "north", "south", "west")
			case Analyst:
				e = answered(job)
			}
			if change != nil {
				e = change(l.keeper.Member, job, e)
			}
			if len(e) > 0 {
				l.add(e...)
			}
		}
	}
	var all []*Verified
	for _, l := range logs {
		all = append(all, l.verified(w.Space))
	}
	return all
}

func TestHonestLedgersAgree(t *testing.T) {
	w := newWorld()
	if findings := Compare(w.whole(t, nil), nil, w.Space); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
}

// at changes the entries of job 2 at one member.
func at(member string, f func([]Entry) []Entry) func(string, byte, []Entry) []Entry {
	return func(m string, job byte, e []Entry) []Entry {
		if m != member || job != 2 {
			return e
		}
		return f(e)
	}
}

func each(f func(*Entry)) func([]Entry) []Entry {
	return func(e []Entry) []Entry {
		for i := range e {
			f(&e[i])
		}
		return e
	}
}

func nothing([]Entry) []Entry { return nil }

func without(kind Kind, member string) func([]Entry) []Entry {
	return func(entries []Entry) []Entry {
		var out []Entry
		for _, e := range entries {
			if e.Kind != kind || member != "" && e.Member != member {
				out = append(out, e)
			}
		}
		return out
	}
}

func TestDisagreements(t *testing.T) {
	both := func(fs ...func(string, byte, []Entry) []Entry) func(string, byte, []Entry) []Entry {
		return func(m string, job byte, e []Entry) []Entry {
			for _, f := range fs {
				e = f(m, job, e)
			}
			return e
		}
	}
	for name, c := range map[string]struct {
		change func(string, byte, []Entry) []Entry
		want   string
		grave  bool
	}{
		"another hash":            {at("south", each(func(e *Entry) { e.Manifest[5]++ })), "different questions", true},
		"another subject":         {at("south", each(func(e *Entry) { e.About.Purpose = "other" })), "describe the question differently", true},
		"an owner left it out":    {at("south", nothing), "south was not asked", true},
		"it was never asked":      {both(at("south", nothing), at("hub", without(Accepted, "south"))), "never asked", false},
		"the coordinator hid it":  {at("hub", nothing), "the coordinator hub has no such job", true},
		"the analyst denies":      {at("ada", nothing), "ada is said to have asked it", true},
		"another attempt":         {at("south", each(func(e *Entry) { e.Attempt = min(e.Attempt*2, 2) })), "attempt", true},
		"another set of owners":   {at("south", each(func(e *Entry) { e.Digest[9] ^= 1 })), "released different things", true},
		"it says it refused":      {at("south", func([]Entry) []Entry { return refusal(2, "south") }), "south accepted it; south itself: refused", true},
		"its answer was dropped":  {at("hub", without(Accepted, "west")), "released it, and coordinator hub has no answer of it", true},
		"the result was withheld": {at("hub", without(Released, "")), "has the answer", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			findings := Compare(w.whole(t, c.change), nil, w.Space)
			found := false
			for _, f := range findings {
				found = found || strings.Contains(f.Text, c.want) && f.Grave == c.grave && strings.HasPrefix(f.Job, "02000000")
				if f.Grave && !c.grave {
					t.Errorf("a disagreement: %+v", f)
				}
			}
			if !found {
				t.Errorf("findings %+v, want %q", findings, c.want)
			}
		})
	}
}

func refusal(job byte, owner string) []Entry {
	j, m := [16]byte{job}, [32]byte{job, 1}
	return []Entry{
		{Kind: Asked, Job: j, Manifest: m, About: about},
		{Kind: Refused, Job: j, Manifest: m, Member: owner, Code: "TACIT-W110"},
	}
}

// Exports of different times: whoever is only behind does not disagree.
func TestOlderExportsDoNotDisagree(t *testing.T) {
	for _, behind := range []string{"north", "south", "hub", "ada"} {
		for entries := range 3 { // that are there of the last job
			w := newWorld()
			last := func(member string, job byte, e []Entry) []Entry {
				if member == behind && job == 3 {
					return e[:min(entries, len(e))]
				}
				return e
			}
			for _, f := range Compare(w.whole(t, last), nil, w.Space) {
				if f.Grave {
					t.Errorf("%s with %d entries: %+v", behind, entries, f)
				}
			}
		}
	}
}

// Parts of one ledger, each of one job, are compared as one.
func TestPartsAreMerged(t *testing.T) {
	w := newWorld()
	l, south := w.log(t, "north", Worker), w.log(t, "south", Worker)
	var parts []*Verified
	for job := byte(1); job <= 2; job++ {
		l.add(served(job, "north")...)
		south.add(each(func(e *Entry) { e.Digest[9] ^= 1 })(served(job, "south"))...)
		x, err := l.record().Select(func(e Entry) bool { return e.Job[0] == job }, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Verify(w.Space, Options{})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, v)
	}
	jobs := map[string]bool{}
	for _, f := range Compare(append(parts, south.verified(w.Space)), nil, w.Space) {
		if f.Grave {
			jobs[f.Job] = true
		}
	}
	if len(jobs) != 2 {
		t.Errorf("disagreements on jobs %v, want both", jobs)
	}
}

// A store that was thrown away: the second ledger of an owner is one too many.
func TestTwoLedgersOfOneOwner(t *testing.T) {
	w := newWorld()
	again := w.log(t, "north", Worker)
	fresh := &log{t: t, keeper: w.keeper("north"), role: Worker, now: start, id: [8]byte{42}}
	fresh.add(Entry{Kind: Opened, Digest: [32]byte{42}})
	findings := Compare([]*Verified{again.verified(w.Space), fresh.verified(w.Space)}, nil, w.Space)
	if len(findings) != 1 || !findings[0].Grave || !strings.Contains(findings[0].Text, "two ledgers") {
		t.Errorf("findings %+v", findings)
	}
}

// A table may be another one's by a later charter: that is no lie.
func TestSubjectUnderAnotherCharter(t *testing.T) {
	w := newWorld()
	change := at("south", func(e []Entry) []Entry {
		return append([]Entry{{Kind: Charter, Digest: [32]byte{8}, Version: 2}}, each(func(e *Entry) { e.About.Cohort = 5 })(e)...)
	})
	if findings := Compare(w.whole(t, change), nil, w.Space); len(findings) != 0 {
		t.Errorf("findings %+v", findings)
	}
}
