package policy

import (
	"bytes"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/statistic"
)

// Refusals about what may be asked, by whom and for what.
var (
	TemplatesOnly = fault.Declare("TACIT-W140", "only templates may be asked",
		"The charter allows only its templates for this table, and the question is not asked by one.",
		"Ask with --template; \"tacit template list\" shows those of the charter.")
	OtherPlan = fault.Declare("TACIT-W141", "plan is not that of the template",
		"The plan in the job is not what the charter's template gives with the arguments in the job.",
		"Make the job again with this version. If that happened, somebody passes another question off as the template.")
	NotForThis = fault.Declare("TACIT-W142", "not for this analyst or purpose",
		"The charter gives the template to other analysts or for other purposes.",
		"Ask for one of its purposes, or as one of its analysts; \"tacit template show\" lists them.")
)

// checkTemplate checks that the question may be asked as it is: in the analyst's own words,
// or by a template. The template is compiled here, from the pinned charter; the plan must be
// the same bytes.
func checkTemplate(ch *charter.Charter, r *Request) error {
	table := ch.Table(r.Job.Plan.Table)
	if r.Job.Template == "" {
		if ch.TemplatesOnly(table.Name) {
			return ByRule(questionsRule(ch, table), TemplatesOnly.New("table %q may be asked about by templates only", table.Name))
		}
		return nil
	}
	q, _, err := statistic.Instantiate(ch, r.Job.Template, r.Job.Arguments)
	t := ch.Template(r.Job.Template)
	if t == nil {
		return ByRule(OfCharter+"templates", err)
	}
	rule := OfCharter + "templates." + t.Name
	if err != nil {
		return ByRule(rule, err)
	}
	if err := allowed(r, t); err != nil {
		return ByRule(rule, err)
	}
	want, err := q.Plan.Fixed().Marshal() // of a study the coefficients are the analyst's
	if err != nil {
		return err
	}
	have, err := r.Job.Plan.Fixed().Marshal()
	if err != nil {
		return err
	}
	if !bytes.Equal(want, have) {
		return ByRule(rule, OtherPlan.New("the plan is not the one that template %q gives with these arguments", t.Name))
	}
	return nil
}

// allowed checks who asks and for what against the lists of a template; an empty list
// allows all.
func allowed(r *Request, t *charter.Template) error {
	switch {
	case len(t.Analysts) > 0 && !slices.Contains(t.Analysts, r.Analyst.ID):
		return NotForThis.New("template %q is not for analyst %q", t.Name, r.Analyst.ID)
	case len(t.Purposes) > 0 && !slices.Contains(t.Purposes, r.Job.Purpose):
		return NotForThis.New("template %q is not for the stated purpose", t.Name)
	}
	return nil
}

// questionsRule names the rule that says what may be asked about a table.
func questionsRule(ch *charter.Charter, t *charter.Table) string {
	if t.Questions != "" && t.Questions != ch.Rules.Questions {
		return OfCharter + "tables." + t.Name + ".questions"
	}
	return OfCharter + "rules.questions"
}
