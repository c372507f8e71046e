package policy

import (
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// ask is the request of an analyst for a plan, with what follows from plan and charter, as a client makes it.
func ask(t testing.TB, ch *charter.Charter, r *Request, p plan.Plan) *Request {
	t.Helper()
	r.Job.Plan = p
	shape, err := plan.GuardShape(&p, ch)
	if err != nil {
		t.Fatal(err)
	}
	r.Guard, r.Length, r.Width = shape, p.Length(), int(p.Width)
	r.Job.Leakage = plan.Explain(&p, ch).Hash()
	return r
}

func compiled(t testing.TB, ch *charter.Charter, sql string) plan.Plan {
	t.Helper()
	q, err := query.Compile(sql, ch)
	if err != nil {
		t.Fatal(err)
	}
	return q.Plan
}

// TestTablesOfSome: a table may be for some analysts and purposes only.
func TestTablesOfSome(t *testing.T) {
	for keys, rule := range map[string]string{
		"analysts: [south, institute]":  "",
		"analysts: [south]":             "charter: tables.patients.analysts",
		"purposes: [research]":          "",
		"purposes: [quality assurance]": "charter: tables.patients.purposes",
	} {
		ch := hospitals(t, "    unit: patient\n", "    unit: patient\n    "+keys+"\n")
		err := Check(ch, "west", count(t, ch), config.Accept{}, now)
		if RuleOf(err) != rule || TableNotForThis.Is(err) != (rule != "") || rule == "" && err != nil {
			t.Errorf("%s: %v", keys, err)
		}
	}
}
