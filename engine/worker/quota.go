package worker

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/policy"
	"github.com/tacit-space/tacit/engine/store"
)

// QuotaSpent is the refusal of a question for which a quota has no room.
var QuotaSpent = fault.Declare("TACIT-W145", "quota used up",
	"This owner has accepted as many questions of the analyst, or of all analysts of its organisation, within the period as the charter or the owner allows. The message names the quota.",
	"Ask again at the time that the message names, or have the charter amended.")

// counting is what quotas count the question by.
func (j *job) counting() *store.Counting {
	if j.request.Job.Later() {
		return nil // a study counts once
	}
	return countingOf(j.w.space, j.w.Accept.Quotas, j.manifest.Analyst.ID, j.request.Job.Plan.Table)
}

// countingOf lists the quotas of the charter and the owner's own that bound a question.
func countingOf(ch *charter.Charter, own []charter.Quota, analyst, table string) *store.Counting {
	c := &store.Counting{Table: table, Analyst: analyst}
	if m := ch.Member(analyst); m != nil {
		c.Organisation = m.Organisation
	}
	add := func(origin string, quotas []charter.Quota) {
		for i := range quotas {
			if quotas[i].Applies(analyst, c.Organisation, table) {
				q := quotaOf(ch, &quotas[i], c)
				q.Rule = fmt.Sprintf("%s.quotas[%d]", origin, i)
				c.Quotas = append(c.Quotas, q)
			}
		}
	}
	add(policy.OfCharter+"rules", ch.Rules.Quotas)
	add(policy.OfOwner+"accept", own)
	return c
}

// quotaOf says whose questions count for a quota. Those of an organisation are its analysts' of now, and
// those that were asked in its name, so that a new name renews nothing.
func quotaOf(ch *charter.Charter, q *charter.Quota, c *store.Counting) store.Quota {
	out := store.Quota{Analysts: []string{c.Analyst}, Tables: q.Tables, Questions: q.Questions, Period: q.Period.Std()}
	if q.Per != charter.PerOrganisation {
		return out
	}
	for _, m := range ch.WithRole(charter.Analyst) {
		named := len(q.Analysts) == 0 || slices.Contains(q.Analysts, m.ID)
		if m.Organisation == c.Organisation && named && m.ID != c.Analyst {
			out.Analysts = append(out.Analysts, m.ID)
		}
	}
	if len(q.Analysts) == 0 {
		out.Organisation = c.Organisation
	}
	return out
}

// quotaFault is what everybody is told of a quota without room: when there is some again, to the minute,
// or for long periods to the hour.
func quotaFault(err error) error {
	var spent *store.Spent
	if !errors.As(err, &spent) {
		return err
	}
	return policy.ByRule(spent.Rule, QuotaSpent.New("%d questions within %s are accepted; there is room again after %s",
		spent.Questions, charter.Duration(spent.Period), coarse(spent.Again, spent.Period).Format("2006-01-02 15:04 MST")))
}

// coarse rounds up.
func coarse(at time.Time, period time.Duration) time.Time {
	unit := time.Minute
	if period >= 24*time.Hour {
		unit = time.Hour
	}
	return at.Add(unit - 1).Truncate(unit).UTC()
}

// acceptedBy is the rule that lets a question in.
func (j *job) acceptedBy() string {
	verdict := policy.Approve(j.w.Approval, j.request)
	switch {
	case j.request.Job.Later():
		return "the study's first round"
	case j.consent != nil:
		return "approved by " + strings.Join(j.consent.names, ", ")
	case !verdict.Default():
		return policy.OfOwner + verdict.Rule
	case j.request.Job.Template != "":
		return policy.OfCharter + "templates." + j.request.Job.Template
	}
	return policy.OfCharter + "rules"
}

// publicRefusal is what everybody is told of an error, with the rule if it names one.
func publicRefusal(err error) error {
	if rule := policy.RuleOf(err); rule != "" {
		return &policy.Refusal{Fault: publicFault(err), Rule: rule}
	}
	return publicFault(err)
}
