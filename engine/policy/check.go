package policy

import (
	"bytes"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// MaxSkew is how far the clock of an analyst may be ahead of a worker's.
const MaxSkew = 5 * time.Minute

// Member is a party as a manifest names it.
type Member struct {
	ID  string
	Key string // fingerprint of its identity
}

// Request is what a worker is asked to take part in: the signed manifest, and the
// job in its context.
type Request struct {
	Job     plan.Job
	Analyst Member
	Roster  []Member // in the order of the manifest

	MinContributors int    // n_min: owners that must stay to the end
	Threshold       int    // t: owners that open secrets
	Corruptions     int    // T: owners that may be corrupt
	Length          int    // elements of the vector
	Width           int    // bits of an element
	Guard           []byte // shape of the guarded release, empty for a masked sum
	Expiry          int64  // unix seconds
}

// Check decides whether member self takes part in a job, under its pinned charter,
// its own rules and the time now. It returns nil, or the first rule that the job
// breaks, as a fault with its code.
func Check(ch *charter.Charter, self string, r *Request, own config.Accept, now time.Time) error {
	table := OfCharter + "tables." + r.Job.Plan.Table
	rules := []struct {
		rule  string
		check func() error
	}{
		{OfCharter + "version", func() error { return checkCharter(ch, r) }},
		{OfCharter + "members", func() error { return checkAnalyst(ch, r) }},
		{OfCharter + "rules.job_lifetime", func() error { return checkTimes(ch, r, now) }},
		{table, func() error { return plan.Check(&r.Job.Plan, ch) }},
		{table + ".model_rounds", func() error { return checkStudy(ch, r) }},
		{table, func() error { return checkAccess(ch, r) }},
		{OfCharter + "rules.questions", func() error { return checkTemplate(ch, r) }},
		{table + ".owners", func() error { return checkRoster(ch, self, r) }},
		{OfCharter + "rules.min_contributors", func() error { return checkParameters(ch, r) }},
		{table, func() error { return checkShape(ch, r) }},
		{OfCharter + "rules.privacy", func() error { return checkPrivacy(ch, r, own) }},
		{OfCharter + "rules.purposes", func() error { return checkPurpose(ch, r) }},
		{table, func() error { return checkStatement(ch, r) }},
		{OfOwner + "accept", func() error { return checkOwn(ch, r, own) }},
	}
	for _, c := range rules {
		if err := c.check(); err != nil {
			return ByRule(c.rule, err)
		}
	}
	return nil
}

func checkCharter(ch *charter.Charter, r *Request) error {
	if r.Job.Charter != ch.Hash() {
		return OtherCharter.New("the job names charter %x…, this worker has pinned version %d, %.12s…",
			r.Job.Charter[:6], ch.Version, ch.HashText())
	}
	if r.Job.Space != ch.Space {
		return OtherCharter.New("the job names another space than %q", ch.Space)
	}
	return nil
}

func checkAnalyst(ch *charter.Charter, r *Request) error {
	if r.Job.Analyst != r.Analyst.ID {
		return NotAnAnalyst.New("the question and the manifest around it name different analysts")
	}
	m := ch.Member(r.Analyst.ID)
	if m == nil || !m.HasRole(charter.Analyst) {
		return NotAnAnalyst.New("who asks is no member with the role analyst")
	}
	if m.Key != r.Analyst.Key {
		return WrongKey.New("the key of analyst %q is not the one in the charter", m.ID)
	}
	return nil
}

// checkTimes compares whole seconds; sums stay far from overflow, as both ends of
// each difference are not negative.
func checkTimes(ch *charter.Charter, r *Request, now time.Time) error {
	j, t := &r.Job, now.Unix()
	lifetime, skew := int64(ch.Rules.Lifetime()/time.Second), int64(MaxSkew/time.Second)
	switch {
	case r.Expiry != j.Expiry:
		return WrongShape.New("the question and the manifest around it expire at different times")
	case j.Created < 0 || j.Expiry <= j.Created:
		return WrongShape.New("the job expires before it was made")
	case j.Expiry-j.Created > lifetime:
		return TooLong.New("the job lives longer than the %s that the charter allows", charter.Duration(ch.Rules.Lifetime()))
	case j.Created > t+skew:
		return ClockSkew.New("the job was made %s in the future of this clock", time.Duration(min(j.Created-t, lifetime))*time.Second)
	case j.Expiry <= t:
		return Expired.New("the job has expired")
	}
	return nil
}

func checkRoster(ch *charter.Charter, self string, r *Request) error {
	owners := ch.OwnersOf(r.Job.Plan.Table)
	if !slices.ContainsFunc(owners, func(m charter.Member) bool { return m.ID == self }) {
		return NotMine.New("member %q is no owner of table %q", self, r.Job.Plan.Table)
	}
	if len(r.Roster) != len(owners) {
		return WrongRoster.New("%d owners in the manifest, %d in the charter", len(r.Roster), len(owners))
	}
	for i, m := range owners {
		if r.Roster[i].ID != m.ID {
			return WrongRoster.New("owner %d in the manifest is not %q, as in the charter", i+1, m.ID)
		}
		if r.Roster[i].Key != m.Key {
			return WrongKey.New("the key of owner %q is not the one in the charter", m.ID)
		}
	}
	return nil
}

// checkParameters: 2t > n + T with the smallest t, n_min >= max(t, T+2), and none
// laxer than the charter.
func checkParameters(ch *charter.Charter, r *Request) error {
	n := len(r.Roster)
	rules := &ch.Rules
	if r.Corruptions < rules.ToleratedCorruption {
		return TooFewCorruptions.New("the job tolerates %d corrupt owners, the charter wants %d", r.Corruptions, rules.ToleratedCorruption)
	}
	if r.Corruptions > n || r.Threshold != charter.Threshold(n, r.Corruptions) || r.Threshold > n {
		return WrongThreshold.New("threshold %d does not fit %d owners and %d tolerated corruptions", r.Threshold, n, r.Corruptions)
	}
	least := max(rules.MinContributors, r.Threshold, r.Corruptions+2)
	if r.MinContributors < least || r.MinContributors > n {
		return TooFewContributors.New("the job wants %d contributors, allowed are %d to %d", r.MinContributors, least, n)
	}
	return nil
}

func checkShape(ch *charter.Charter, r *Request) error {
	p := &r.Job.Plan
	want, err := plan.GuardShape(p, ch)
	if err != nil {
		return err
	}
	if !bytes.Equal(r.Guard, want) {
		return WrongShape.New("the guarded release in the manifest is not the one that follows from plan and charter")
	}
	if r.Length != p.Length() || r.Width != int(p.Width) {
		return WrongShape.New("the manifest has %d elements of %d bits, the plan %d of %d", r.Length, r.Width, p.Length(), p.Width)
	}
	return nil
}

func checkPurpose(ch *charter.Charter, r *Request) error {
	if len(ch.Rules.Purposes) > 0 && !slices.Contains(ch.Rules.Purposes, r.Job.Purpose) {
		return WrongPurpose.New("the stated purpose is none of the %d in the charter", len(ch.Rules.Purposes))
	}
	return nil
}

func checkStatement(ch *charter.Charter, r *Request) error {
	if plan.Explain(&r.Job.Plan, ch).As(r.Job.Template, r.Job.Arguments).Hash() != r.Job.Leakage {
		return WrongStatement.New("the signed leakage statement is not the one that follows from the plan")
	}
	return nil
}

// checkOwn applies the owner's own rules. They can only narrow: each is checked
// besides the charter's, never instead.
func checkOwn(ch *charter.Charter, r *Request, own config.Accept) error {
	p := &r.Job.Plan
	refuse := func(key, format string, args ...any) error {
		return ByRule(OfOwner+"accept."+key, OwnRule.New(format, args...))
	}
	switch {
	case r.MinContributors < own.MinContributors:
		return refuse("min_contributors", "the job wants %d owners, this owner %d", r.MinContributors, own.MinContributors)
	case r.Corruptions < own.Corruptions:
		return refuse("tolerated_corruption", "the job tolerates %d corrupt owners, this owner wants %d", r.Corruptions, own.Corruptions)
	case plan.LeastCohort(p, ch) < own.MinCohort:
		return refuse("min_cohort", "a number of the result needs %d privacy units behind it, this owner wants %d", plan.LeastCohort(p, ch), own.MinCohort)
	case own.MaxCells > 0 && p.Cells() > own.MaxCells:
		return refuse("max_cells", "the result has %d cells, this owner allows %d", p.Cells(), own.MaxCells)
	case own.Purposes != nil && !slices.Contains(own.Purposes, r.Job.Purpose):
		return refuse("purposes", "the stated purpose is not served by this owner")
	case own.Analysts != nil && !slices.Contains(own.Analysts, r.Analyst.ID):
		return refuse("analysts", "analyst %q is not served by this owner", r.Analyst.ID)
	case own.Tables != nil && !slices.Contains(own.Tables, p.Table):
		return refuse("tables", "table %q is not served by this owner", p.Table)
	case slices.Contains(own.Deny.Analysts, r.Analyst.ID):
		return refuse("deny.analysts", "analyst %q is not served by this owner", r.Analyst.ID)
	case slices.Contains(own.Deny.Organisations, ch.Member(r.Analyst.ID).Organisation):
		return refuse("deny.organisations", "analysts of this organisation are not served by this owner")
	case slices.Contains(own.Deny.Purposes, r.Job.Purpose):
		return refuse("deny.purposes", "the stated purpose is not served by this owner")
	}
	return checkColumns(ch, p, own.Columns)
}
