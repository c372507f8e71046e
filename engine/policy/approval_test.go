package policy

import (
	"testing"

	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestApprove: the first rule that fits counts, every condition of it has to hold, and the
// verdict names it.
func TestApprove(t *testing.T) {
	ch := hospitals(t)
	r := count(t, ch) // institute, research, patients, one cell
	r.Job.Plan.Keys = []plan.Key{{Slots: make([]plan.Value, 3)}, {Slots: make([]plan.Value, 4)}}
	cells := r.Job.Plan.Cells()
	rule := func(change func(*config.ApprovalRule)) config.ApprovalRule {
		x := config.ApprovalRule{
			Name: "mine", Analysts: []string{"south", "institute"}, Purposes: []string{"research"}, Tables: []string{"patients"},
			MaxCells: cells, Then: config.ThenAsk,
		}
		change(&x)
		return x
	}
	none := func(*config.ApprovalRule) {}
	for name, c := range map[string]struct {
		rules config.Approval
		want  Approval
	}{
		"nothing said":      {config.Approval{}, Approval{"accept", "approval.default"}},
		"default":           {config.Approval{Default: "refuse"}, Approval{"refuse", "approval.default"}},
		"the default's own": {config.DefaultApproval(), Approval{"accept", "approval.default"}},
		"fits":              {config.Approval{Rules: []config.ApprovalRule{rule(none)}}, Approval{"ask", "mine"}},
		"other analyst": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.Analysts = []string{"south"} })}},
			Approval{"accept", "approval.default"},
		},
		"other purpose": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.Purposes = []string{"quality"} })}},
			Approval{"accept", "approval.default"},
		},
		"other table": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.Tables = []string{"visits"} })}},
			Approval{"accept", "approval.default"},
		},
		"in own words, where templates are listed": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.Templates = []string{"number"} })}},
			Approval{"accept", "approval.default"},
		},
		"more cells": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.MaxCells = cells - 1 })}},
			Approval{"accept", "approval.default"},
		},
		"an empty list": {
			config.Approval{Rules: []config.ApprovalRule{rule(func(r *config.ApprovalRule) { r.Tables = []string{} })}},
			Approval{"accept", "approval.default"},
		},
		"no conditions": {config.Approval{Default: "accept", Rules: []config.ApprovalRule{{Then: "refuse"}}}, Approval{"refuse", "rule 1"}},
		"first counts": {config.Approval{Default: "refuse", Rules: []config.ApprovalRule{
			rule(func(r *config.ApprovalRule) { r.MaxCells = 1; r.Then = "refuse" }), {Then: "accept"}, rule(none),
		}}, Approval{"accept", "rule 2"}},
	} {
		if got := Approve(c.rules, r); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestApproveTemplates: a rule may list templates.
func TestApproveTemplates(t *testing.T) {
	r := byTemplate(t, templated(t))
	rules := config.Approval{Default: "ask", Rules: []config.ApprovalRule{{Name: "known", Templates: []string{"number", "cost_by_sex"}, Then: "accept"}}}
	if got := Approve(rules, r); got != (Approval{"accept", "known"}) {
		t.Errorf("%+v", got)
	}
	rules.Rules[0].Templates = []string{"number"}
	if got := Approve(rules, r); got.Then != "ask" {
		t.Errorf("%+v", got)
	}
}
