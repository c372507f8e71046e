package main

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// TestCondition: whoever approves reads what stands before each number: units, or noise and its price.
func TestCondition(t *testing.T) {
	ch, err := charter.Parse([]byte(`
tacit: charter/v1
space: people
version: 1
amend: {rule: unanimous}
rules:
  min_contributors: 3
  tolerated_corruption: 1
  privacy: {max_epsilon: 2, max_delta: 1e-6, budget: {epsilon: 50, delta: 1e-6, period: 720h}}
members:
  - {id: hub, organisation: Hub, key: tk1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [coordinator]}
  - {id: a, organisation: A, key: tk1baaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner]}
  - {id: b, organisation: B, key: tk1caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner]}
  - {id: c, organisation: C, key: tk1daaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [owner, analyst]}
tables:
  - name: people
    min_cohort: 6
    max_rows: 1000
    columns:
      - {name: sex, type: text, role: category, nullable: false, domain: [f, m]}
      - {name: cost, type: integer, role: measure, nullable: false, range: [0, 100], privacy: required}
`))
	if err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		"SELECT COUNT(*) FROM people":                                                    "at least 6 units are behind a number, over all owners",
		"SELECT COUNT(*) FROM people WITH PRIVACY (epsilon 1)":                           "noise of epsilon 1, delta 1e-6 (rho 0.024355969), on every number, whatever stands behind it",
		"SELECT COUNT(*), SUM(cost) FROM people WITH PRIVACY (epsilon 1, only required)": "at least 6 units are behind a number, over all owners, or it has noise: noise of epsilon 1, delta 1e-6 (rho 0.02435597)",
	} {
		compiled, err := query.Compile(sql, ch)
		if err != nil {
			t.Fatal(err)
		}
		q := &question{space: ch, job: &plan.Job{Plan: compiled.Plan}}
		if got := q.condition(); got != want {
			t.Errorf("%s: %s", sql, got)
		}
	}
}
