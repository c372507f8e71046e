package policy

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hospitals is the charter of the tests, with an optional change of its text.
func hospitals(t testing.TB, change ...string) *charter.Charter {
	t.Helper()
	ch, err := charter.Parse([]byte(strings.NewReplacer(change...).Replace(hospitalsText(t))))
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func hospitalsText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../charter/testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// count is the request of analyst institute for COUNT(*) over all patients.
func count(t testing.TB, ch *charter.Charter) *Request {
	t.Helper()
	p := plan.Plan{Table: "patients", Sums: []plan.Sum{{}}}
	width, _, f := plan.FitWidth(&p, ch)
	if f != nil {
		t.Fatal(f)
	}
	p.Width = width
	r := &Request{
		Job: plan.Job{
			Charter: ch.Hash(), Space: ch.Space, Analyst: "institute", Purpose: "research", Plan: p,
			Leakage: plan.Explain(&p, ch).Hash(), Created: now.Unix() - 60, Expiry: now.Unix() + 3600,
		},
		Analyst:         Member{"institute", ch.Member("institute").Key},
		MinContributors: ch.Rules.MinContributors,
		Corruptions:     ch.Rules.ToleratedCorruption,
		Length:          p.Length(),
		Width:           int(width),
		Expiry:          now.Unix() + 3600,
	}
	for _, m := range ch.OwnersOf("patients") {
		r.Roster = append(r.Roster, Member{m.ID, m.Key})
	}
	r.Threshold = charter.Threshold(len(r.Roster), r.Corruptions)
	shape, err := plan.GuardShape(&p, ch)
	if err != nil {
		t.Fatal(err)
	}
	r.Guard = shape
	return r
}

func TestAccept(t *testing.T) {
	ch := hospitals(t)
	own := config.Accept{
		MinContributors: 3, Corruptions: 1, MinCohort: 1, MaxCells: 1,
		Purposes: []string{"research"}, Analysts: []string{"institute"}, Tables: []string{"patients"},
	}
	for _, rules := range []config.Accept{{}, own} {
		if err := Check(ch, "west", count(t, ch), rules, now); err != nil {
			t.Error(err)
		}
	}
}

// TestAnOwnerMayBeTheAnalyst: south has data and may ask.
func TestAnOwnerMayBeTheAnalyst(t *testing.T) {
	ch := hospitals(t)
	r := count(t, ch)
	r.Job.Analyst, r.Analyst = "south", Member{"south", ch.Member("south").Key}
	if err := Check(ch, "south", r, config.Accept{}, now); err != nil {
		t.Error(err)
	}
}

// TestEachRule breaks one rule at a time.
func TestEachRule(t *testing.T) {
	ch := hospitals(t)
	stranger := "tk1" + strings.Repeat("z", 52)
	cases := []struct {
		name  string
		want  *fault.Kind
		spoil func(r *Request, own *config.Accept)
	}{
		{"another charter", OtherCharter, func(r *Request, _ *config.Accept) { r.Job.Charter[0] ^= 1 }},
		{"another space", OtherCharter, func(r *Request, _ *config.Accept) { r.Job.Space = "heart-study" }},
		{"unknown analyst", NotAnAnalyst, func(r *Request, _ *config.Accept) { r.Job.Analyst, r.Analyst.ID = "eve", "eve" }},
		{"an owner without the role asks", NotAnAnalyst, func(r *Request, _ *config.Accept) { r.Job.Analyst, r.Analyst.ID = "west", "west" }},
		{"the coordinator asks", NotAnAnalyst, func(r *Request, _ *config.Accept) { r.Job.Analyst, r.Analyst.ID = "hub", "hub" }},
		{"two analysts", NotAnAnalyst, func(r *Request, _ *config.Accept) { r.Job.Analyst = "south" }},
		{"analyst with a key of its own", WrongKey, func(r *Request, _ *config.Accept) { r.Analyst.Key = stranger }},
		{"owner with another key", WrongKey, func(r *Request, _ *config.Accept) { r.Roster[1].Key = stranger }},
		{"an owner is missing", WrongRoster, func(r *Request, _ *config.Accept) { r.Roster = r.Roster[:2] }},
		{"an owner twice", WrongRoster, func(r *Request, _ *config.Accept) { r.Roster[2] = r.Roster[1] }},
		{"a stranger joins", WrongRoster, func(r *Request, _ *config.Accept) { r.Roster = append(r.Roster, Member{"eve", stranger}) }},
		{"another order", WrongRoster, func(r *Request, _ *config.Accept) { r.Roster[0], r.Roster[1] = r.Roster[1], r.Roster[0] }},
		{"no roster", WrongRoster, func(r *Request, _ *config.Accept) { r.Roster = nil }},
		{"n_min below the charter", TooFewContributors, func(r *Request, _ *config.Accept) { r.MinContributors = 2 }},
		{"n_min above n", TooFewContributors, func(r *Request, _ *config.Accept) { r.MinContributors = 4 }},
		{"T below the charter", TooFewCorruptions, func(r *Request, _ *config.Accept) { r.Corruptions = 0 }},
		{"T that cannot be", WrongThreshold, func(r *Request, _ *config.Accept) { r.Corruptions, r.Threshold = 3, 4 }},
		{"T above n", WrongThreshold, func(r *Request, _ *config.Accept) { r.Corruptions = 1 << 40 }},
		{"threshold too low", WrongThreshold, func(r *Request, _ *config.Accept) { r.Threshold = 2 }},
		{"threshold too high", WrongThreshold, func(r *Request, _ *config.Accept) { r.Threshold = 4 }},
		{"purpose", WrongPurpose, func(r *Request, _ *config.Accept) { r.Job.Purpose = "advertising" }},
		{"no purpose", WrongPurpose, func(r *Request, _ *config.Accept) { r.Job.Purpose = "" }},
		{"expired", Expired, func(r *Request, _ *config.Accept) { expire(r, now.Unix()) }},
		{"lives too long", TooLong, func(r *Request, _ *config.Accept) { expire(r, now.Unix()+25*3600) }},
		{"lives for ever", TooLong, func(r *Request, _ *config.Accept) { expire(r, 1<<63-1) }},
		{"from the future", ClockSkew, func(r *Request, _ *config.Accept) { r.Job.Created = now.Unix() + 301 }},
		{"from before 1970", WrongShape, func(r *Request, _ *config.Accept) { r.Job.Created = -1 << 63 }},
		{"two expiries", WrongShape, func(r *Request, _ *config.Accept) { r.Expiry++ }},
		{"another length", WrongShape, func(r *Request, _ *config.Accept) { r.Length++ }},
		{"another width", WrongShape, func(r *Request, _ *config.Accept) { r.Width = 128 }},
		{"another statement", WrongStatement, func(r *Request, _ *config.Accept) { r.Job.Leakage[31] ^= 1 }},
		{"unknown table", plan.UnknownTable, func(r *Request, _ *config.Accept) { r.Job.Plan.Table = "visits" }},
		{"own n_min", OwnRule, func(_ *Request, own *config.Accept) { own.MinContributors = 4 }},
		{"own T", OwnRule, func(_ *Request, own *config.Accept) { own.Corruptions = 2 }},
		{"own k", OwnRule, func(_ *Request, own *config.Accept) { own.MinCohort = 2 }},
		{"own purposes", OwnRule, func(_ *Request, own *config.Accept) { own.Purposes = []string{"quality assurance"} }},
		{"own analysts", OwnRule, func(_ *Request, own *config.Accept) { own.Analysts = []string{"south"} }},
		{"nobody is served", OwnRule, func(_ *Request, own *config.Accept) { own.Analysts = []string{} }},
		{"own tables", OwnRule, func(_ *Request, own *config.Accept) { own.Tables = []string{"visits"} }},
	}
	for _, c := range cases {
		r, own := count(t, ch), config.Accept{}
		c.spoil(r, &own)
		err := Check(ch, "west", r, own, now)
		if !c.want.Is(err) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want.Code)
		}
		if err != nil && strings.Contains(err.Error(), "advertising") {
			t.Errorf("%s: the refusal repeats what the analyst wrote: %v", c.name, err)
		}
	}
}

// TestOwnCohort: every number of a result needs as many units as the owner wants, the
// one with the smallest k too.
func TestOwnCohort(t *testing.T) {
	for _, c := range []struct {
		table, column, own int
		refused            bool
	}{
		{5, 1, 0, false}, {5, 1, 5, false}, {5, 1, 6, true}, {5, 9, 6, true}, {6, 9, 6, false}, {1, 9, 2, true}, {20, 1, 20, false},
	} {
		ch := hospitals(t)
		table := ch.Table("patients")
		table.MinCohort, table.Column("age").MinCohort = &c.table, &c.column
		r := count(t, ch)
		r.Job.Plan.Sums = append(r.Job.Plan.Sums, plan.Sum{Factors: []string{"age"}})
		if err := checkOwn(ch, r, config.Accept{MinCohort: c.own}); OwnRule.Is(err) != c.refused || !c.refused && err != nil {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func expire(r *Request, at int64) { r.Expiry, r.Job.Expiry = at, at }

func TestTimesAtTheEdge(t *testing.T) {
	ch := hospitals(t)
	r := count(t, ch)
	r.Job.Created = now.Unix() + 300
	expire(r, r.Job.Created+24*3600)
	if err := Check(ch, "west", r, config.Accept{}, now); err != nil {
		t.Errorf("five minutes ahead, living a day: %v", err)
	}
	expire(r, now.Unix()+301)
	if err := Check(ch, "west", r, config.Accept{}, now.Add(300*time.Second)); err != nil {
		t.Errorf("a second before it expires: %v", err)
	}
}

func TestNotMine(t *testing.T) {
	ch := hospitals(t)
	for _, self := range []string{"hub", "institute", "eve", ""} {
		if err := Check(ch, self, count(t, ch), config.Accept{}, now); !NotMine.Is(err) {
			t.Errorf("%q: got %v", self, err)
		}
	}
}

// TestMinimumCohort: a table with a minimum cohort is served as a guarded release and not
// otherwise; the shape is the one that follows from plan and charter.
func TestMinimumCohort(t *testing.T) {
	ch := hospitals(t, "    min_cohort: 1\n", "") // left out: 10
	r := count(t, ch)
	if len(r.Guard) == 0 {
		t.Fatal("the request of a guarded table has no shape")
	}
	if err := Check(ch, "west", r, config.Accept{}, now); err != nil {
		t.Errorf("guarded: %v", err)
	}
	lax := hospitals(t, "    min_cohort: 1\n", "    min_cohort: 2\n")
	for name, shape := range map[string][]byte{"none": nil, "of another cohort": count(t, lax).Guard, "cut": r.Guard[:len(r.Guard)-1]} {
		bad := *r
		bad.Guard = shape
		if err := Check(ch, "west", &bad, config.Accept{}, now); !WrongShape.Is(err) {
			t.Errorf("shape %s: got %v", name, err)
		}
	}
	open := hospitals(t)
	bad := count(t, open)
	bad.Guard = r.Guard
	if err := Check(open, "west", bad, config.Accept{}, now); !WrongShape.Is(err) {
		t.Errorf("a shape for an open table: got %v", err)
	}
}
