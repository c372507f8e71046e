package statistic_test

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/statistic"
	"github.com/tacit-space/tacit/engine/statistic/statistictest"
)

// A template may ask for a statistic; its parameters stand for whole arguments and are never part of a text
// that is parsed.
func TestTemplatesOfStatistics(t *testing.T) {
	ch := statistictest.Charter(t, 3, lungModels())
	ch.Templates = []charter.Template{
		{
			Name: "survival", SQL: "SELECT * FROM km(lung, time => 'time', event => 'status = 2', by => :group)",
			Parameters: []charter.Parameter{{Name: "group", Type: "text", Values: []string{"sex", "ph_ecog"}}},
		},
		{Name: "model", SQL: "SELECT * FROM cox(lung, 'Surv(time, status) ~ age + sex')"},
		{Name: "count", SQL: "SELECT COUNT(*) FROM lung"},
	}
	if err := statistic.CheckTemplates(ch); err != nil {
		t.Fatal(err)
	}
	group := func(text string) []plan.Argument {
		return []plan.Argument{{Name: "group", Value: plan.Value{Kind: plan.Text, Text: text}}}
	}
	q, c, err := statistic.Instantiate(ch, "survival", group("sex"))
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := statistic.Question("SELECT * FROM km(lung, time => 'time', event => 'status = 2', by => 'sex')", ch)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil || q.Plan.SQL() != own.Plan.SQL() {
		t.Errorf("the template asks\n%s\nwant\n%s", q.Plan.SQL(), own.Plan.SQL())
	}
	if _, _, err := statistic.Instantiate(ch, "survival", group("sex', where => 'age > 1")); fault.Code(err) != "TACIT-P141" {
		t.Errorf("a value outside the list: %v", err)
	}
	if _, c, err := statistic.Instantiate(ch, "count", nil); err != nil || c != nil {
		t.Errorf("an ordinary template: %v, %v", c, err)
	}
	ch.Templates[0].SQL = "SELECT * FROM km(lung, time => 'time', event => 'status = 3', by => :group)"
	if err := statistic.CheckTemplates(ch); fault.Code(err) != "TACIT-P144" {
		t.Errorf("a template that does not compile: %v", err)
	}
}
