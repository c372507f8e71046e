package ledger

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Finding is something that ledgers say differently.
type Finding struct {
	Job   string `json:"job,omitempty"` // 32 hexadecimal digits
	Grave bool   `json:"grave"`         // a disagreement; else something to know
	Text  string `json:"text"`
}

// Compare compares ledgers of members of one space, and other checkpoints of theirs that
// somebody kept. It returns what it finds, disagreements first.
//
// Exports need not be of the same time: that a job is missing is a disagreement only if the
// ledger has a job that came after it, and what an owner did last only once the job is
// over there. Parts have to hold all entries of a job, or none.
//
// Of one ledger: two histories, or entries cut off. Of one member and role: two
// ledgers. Of a job: different hashes or subjects; an owner that released
// what another owner of the table was never asked, or was released in another attempt or
// over other participants; what the coordinator noted of an owner, and the owner did not
// do; what an analyst is said to have asked, and did not; debits of privacy budgets that
// differ, are missing at an owner that released, or belong to no job.
func Compare(ledgers []*Verified, kept []Checkpoint, in *Space) []Finding {
	c := &comparison{in: in, jobs: map[[16]byte][]*view{}, has: map[*Verified]map[[16]byte]bool{}}
	for i, v := range ledgers {
		for _, other := range ledgers[:i] {
			c.pair(v, other)
		}
		for _, k := range kept {
			if k.Origin == v.Origin {
				c.history(v, v.Extends(k))
			}
		}
	}
	ledgers = merge(ledgers)
	for _, v := range ledgers {
		c.collect(v)
	}
	for id, views := range c.jobs {
		c.job(id, views, ledgers)
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		if a.Grave != b.Grave {
			if a.Grave {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(a.Job, b.Job), strings.Compare(a.Text, b.Text))
	})
	return c.found
}

// merge puts the exports of one ledger together.
func merge(ledgers []*Verified) []*Verified {
	var merged []*Verified
	for _, v := range ledgers {
		i := slices.IndexFunc(merged, func(m *Verified) bool { return m.Origin == v.Origin })
		if i < 0 {
			merged = append(merged, v)
			continue
		}
		merged[i] = union(merged[i], v)
	}
	return merged
}

// union has the entries of both. Where they differ the histories were compared before.
func union(a, b *Verified) *Verified {
	if a.Size < b.Size {
		a, b = b, a
	}
	out := &Verified{Checkpoint: a.Checkpoint, Complete: a.Complete || b.Complete}
	out.Entries = slices.Concat(a.Entries, b.Entries)
	slices.SortStableFunc(out.Entries, func(x, y Entry) int { return cmp.Compare(x.Seq, y.Seq) })
	out.Entries = slices.CompactFunc(out.Entries, func(x, y Entry) bool { return x.Seq == y.Seq })
	return out
}

type comparison struct {
	in    *Space
	jobs  map[[16]byte][]*view
	has   map[*Verified]map[[16]byte]bool // jobs
	found []Finding
}

func (c *comparison) grave(job, format string, args ...any) {
	c.found = append(c.found, Finding{job, true, fmt.Sprintf(format, args...)})
}

func (c *comparison) note(job, format string, args ...any) {
	c.found = append(c.found, Finding{job, false, fmt.Sprintf(format, args...)})
}

// pair compares two views of one member.
func (c *comparison) pair(a, b *Verified) {
	switch {
	case a.Origin == b.Origin:
		c.history(a, Consistent(a, b))
	case a.Origin.Member != b.Origin.Member || a.Origin.Role != b.Origin.Role:
	case a.Origin.Role == Analyst:
		c.note("", "%s keeps two ledgers as analyst: it asks from two stores", a.Origin.Member)
	default:
		c.grave("", "%s keeps two ledgers as %s: it began anew, and what the older one has after that is missing", a.Origin.Member, a.Origin.Role)
	}
}

func (c *comparison) history(v *Verified, err error) {
	switch {
	case err == nil:
	case NotProved.Is(err):
		c.note("", "%s: %v", v.Origin.Member, err)
	default:
		c.grave("", "%s: %v", v.Origin.Member, err)
	}
}

// view is what one ledger says of one job.
type view struct {
	of        *Verified
	manifests map[[32]byte]bool
	asked     *Entry
	verdicts  map[string]Kind // of owners: the last one
	begun     map[uint32]bool // attempts
	released  *Entry
	ended     *Entry
	payment   payment
}

func (v *view) String() string { return string(v.of.Origin.Role) + " " + v.of.Origin.Member }

func (c *comparison) collect(l *Verified) {
	views := map[[16]byte]*view{}
	for i := range l.Entries {
		e := &l.Entries[i]
		if kinds[e.Kind].has&ofJob == 0 {
			continue
		}
		v := views[e.Job]
		if v == nil {
			v = &view{of: l, manifests: map[[32]byte]bool{}, verdicts: map[string]Kind{}, begun: map[uint32]bool{}}
			views[e.Job] = v
			c.jobs[e.Job] = append(c.jobs[e.Job], v)
		}
		v.add(e)
	}
	c.has[l] = map[[16]byte]bool{}
	for job := range views {
		c.has[l][job] = true
	}
}

// reaches reports whether a ledger without the job of a view has one that came after it: then
// it is not only older.
func (c *comparison) reaches(l *Verified, v *view) bool {
	if v.asked == nil {
		return false
	}
	return slices.ContainsFunc(v.of.Entries, func(e Entry) bool {
		return e.Kind == Asked && e.Seq > v.asked.Seq && c.has[l][e.Job]
	})
}

func (v *view) add(e *Entry) {
	v.manifests[e.Manifest] = true
	v.payment.add(e)
	switch e.Kind {
	case Asked:
		v.asked = e
	case Accepted, Refused, Withdrawn:
		v.verdicts[e.Member] = e.Kind
	case Begun:
		v.begun[e.Attempt] = true
	case Released:
		v.released = e
	case Ended:
		v.ended = e
	}
}

// job compares what the ledgers say of one job.
func (c *comparison) job(id [16]byte, views []*view, ledgers []*Verified) {
	j := &jobComparison{comparison: c, name: hex.EncodeToString(id[:]), views: views, ledgers: ledgers}
	if !j.sameHash() {
		return // the rest would compare two jobs
	}
	j.sameSubject()
	j.sameRelease()
	j.presence()
	j.verdicts()
	j.endings()
	j.debits()
}

type jobComparison struct {
	*comparison
	name    string
	views   []*view
	ledgers []*Verified
}

// of returns the view of a member in a role; nil if it has none.
func (j *jobComparison) of(member string, role Role) *view {
	for _, v := range j.views {
		if v.of.Origin.Member == member && v.of.Origin.Role == role {
			return v
		}
	}
	return nil
}

// missing says that a member's whole ledger, if it is here, does not have the job, by the
// view of another member.
func (j *jobComparison) missing(member string, role Role, by *view, format string, args ...any) {
	for _, l := range j.ledgers {
		switch {
		case !l.Complete || l.Origin.Member != member || l.Origin.Role != role:
		case j.reaches(l, by):
			j.grave(j.name, format, args...)
		default:
			j.note(j.name, format+"; the ledger of %s may be from before it", append(args, member)...)
		}
	}
}

func (j *jobComparison) with(role Role) []*view {
	return slices.DeleteFunc(slices.Clone(j.views), func(v *view) bool { return v.of.Origin.Role != role })
}

func (j *jobComparison) sameHash() bool {
	first, same := j.views[0], true
	for _, v := range j.views {
		for h := range v.manifests {
			if !first.manifests[h] || len(v.manifests) > 1 {
				j.grave(j.name, "%s and %s have different questions under this job", first, v)
				same = false
				break
			}
		}
	}
	return same
}

func (j *jobComparison) sameSubject() {
	var first *view
	for _, v := range j.views {
		switch {
		case v.asked == nil:
		case first == nil:
			first = v
		case v.asked.About != first.asked.About && !j.otherCharter(v, first):
			j.grave(j.name, "%s and %s describe the question differently", first, v)
		}
	}
}

// otherCharter: table and k are shown as the member's charter has them, so two charters
// may describe one question differently.
func (j *jobComparison) otherCharter(a, b *view) bool {
	x, y := a.asked.About, b.asked.About
	x.Table, x.Cohort, y.Table, y.Cohort = "", 0, "", 0
	return x == y && a.of.charterAt(a.asked.Seq) != b.of.charterAt(b.asked.Seq)
}

// charterAt returns the hash of the charter in force at an entry, as far as it is there.
func (v *Verified) charterAt(seq uint64) [32]byte {
	var hash [32]byte
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Seq < seq && e.Kind == Charter {
			hash = e.Digest
		}
	}
	return hash
}

// sameRelease: workers that released agreed on the attempt and on who takes part.
func (j *jobComparison) sameRelease() {
	var first *view
	for _, v := range j.with(Worker) {
		switch {
		case v.released == nil:
		case first == nil:
			first = v
		case v.released.Attempt != first.released.Attempt:
			j.grave(j.name, "%s released attempt %d, %s attempt %d", first, first.released.Attempt, v, v.released.Attempt)
		case v.released.Digest != first.released.Digest:
			j.grave(j.name, "%s and %s released different things in attempt %d", first, v, v.released.Attempt)
		}
	}
}

// presence: whoever should have seen the job has seen it.
func (j *jobComparison) presence() {
	for _, v := range j.views {
		if v.asked != nil && j.of(v.asked.About.Analyst, Analyst) == nil {
			analyst := v.asked.About.Analyst
			j.missing(analyst, Analyst, v, "%s is said to have asked it, and its ledger has no such question", analyst)
			break
		}
	}
	workers := j.with(Worker)
	i := slices.IndexFunc(workers, func(v *view) bool { return v.released != nil && v.asked != nil })
	if i < 0 {
		return
	}
	by := workers[i]
	for _, owner := range j.in.Owners(by.asked.About.Table) {
		switch {
		case j.of(owner, Worker) != nil:
		case j.neverAnswered(owner):
			j.note(j.name, "%s released it; %s was never asked, and the coordinator has no answer of it", by, owner)
		default:
			j.missing(owner, Worker, by, "%s released it; %s was not asked", by, owner)
		}
	}
	for _, l := range j.ledgers {
		if l.Origin.Role == Coordinator && j.of(l.Origin.Member, Coordinator) == nil {
			j.missing(l.Origin.Member, Coordinator, by, "%s released it; the coordinator %s has no such job", by, l.Origin.Member)
		}
	}
}

// neverAnswered: the owner's ledger is here, and by the coordinator's, which is here too, it
// said nothing.
func (j *jobComparison) neverAnswered(owner string) bool {
	hubs := j.with(Coordinator)
	silent := len(hubs) > 0 && !slices.ContainsFunc(hubs, func(v *view) bool { return v.verdicts[owner] != 0 })
	return silent && slices.ContainsFunc(j.ledgers, func(l *Verified) bool {
		return l.Complete && l.Origin.Member == owner && l.Origin.Role == Worker
	})
}

// verdicts: what the coordinator noted of an owner is what the owner said.
func (j *jobComparison) verdicts() {
	for _, hub := range j.with(Coordinator) {
		for owner, noted := range hub.verdicts {
			j.verdict(hub, owner, noted)
		}
		for _, v := range j.with(Worker) {
			owner := v.of.Origin.Member
			if v.released != nil && hub.verdicts[owner] == 0 && hub.asked != nil && hub.ended != nil {
				j.grave(j.name, "%s released it, and %s has no answer of it", owner, hub)
			}
		}
	}
}

func (j *jobComparison) verdict(hub *view, owner string, noted Kind) {
	v := j.of(owner, Worker)
	if v == nil {
		j.missing(owner, Worker, hub, "%s notes that %s %s it, and the ledger of %s has no such job", hub, owner, noted, owner)
		return
	}
	own := v.verdicts[owner]
	switch {
	case own == 0 || own == noted:
	case noted == Accepted && own == Withdrawn:
		j.note(j.name, "%s withdrew, and %s did not hear of it", owner, hub)
	case noted == Withdrawn && own == Accepted && v.ended == nil:
		j.note(j.name, "%s notes that %s withdrew; the ledger of %s may be from before that", hub, owner, owner)
	default:
		j.grave(j.name, "%s notes that %s %s it; %s itself: %s", hub, owner, noted, owner, own)
	}
}

// endings: an answered question was released.
func (j *jobComparison) endings() {
	for _, a := range j.with(Analyst) {
		for _, hub := range j.with(Coordinator) {
			if a.ended != nil && a.ended.State == "answered" && hub.asked != nil && hub.released == nil && hub.ended != nil {
				j.grave(j.name, "%s has the answer, and %s released none", a, hub)
			}
		}
	}
}
