package query_test

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// private is the test charter with rules for noise.
func private(t testing.TB) *charter.Charter {
	t.Helper()
	ch := loadCharter(t)
	ch.Rules.Privacy = charter.Privacy{
		MaxEpsilon: "2", MaxDelta: "1e-6",
		Budget: charter.Budget{Epsilon: "20", Delta: "1e-6", Period: charter.Duration(charter.MinPeriod)},
	}
	return ch
}

// TestClause: where the clause may stand, and what it may say.
func TestClause(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5, delta 1e-7)":                              "epsilon 0.5, delta 1e-7",
		"SELECT COUNT(*) FROM visits with privacy(DELTA 2.5E-7,EPSILON 1)":                                "epsilon 1, delta 2.5e-7",
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 2)":                                            "epsilon 2, delta 1e-6",
		"SELECT COUNT(*) FROM visits WHERE age > 5 /* WITH */ WITH /* x */ PRIVACY (epsilon 1);":          "epsilon 1, delta 1e-6",
		"SELECT COUNT(*) FROM visits\nWITH PRIVACY (epsilon 1) ; -- WITH PRIVACY (epsilon 9)":             "epsilon 1, delta 1e-6",
		"SELECT COUNT(*) AS \"with privacy (\" FROM visits WITH PRIVACY (epsilon 1)":                      "epsilon 1, delta 1e-6",
		"SELECT ward, COUNT(*) FROM visits GROUP BY ward ORDER BY 2 LIMIT 3 WITH PRIVACY (epsilon 0.001)": "epsilon 0.001, delta 1e-6",
		"SELECT COUNT(*) FROM visits -- WITH PRIVACY (epsilon 1)":                                         "",
		"SELECT COUNT(*) FROM visits WHERE ward = 'surgery' AND 'WITH PRIVACY (epsilon 1)' <> 'x'":        "",
	} {
		q, err := query.Compile(sql, private(t))
		if strings.Contains(sql, "'x'") {
			continue // refused for comparing constants, and not for the clause
		}
		switch {
		case err != nil:
			t.Errorf("%s: %v", sql, err)
		case want == "" && q.Plan.Privacy != nil:
			t.Errorf("%s: a clause", sql)
		case want != "" && (q.Plan.Privacy == nil || q.Plan.Privacy.SQL() != "WITH PRIVACY ("+want+")"):
			t.Errorf("%s: %+v", sql, q.Plan.Privacy)
		case want != "":
			// What people read compiles to the same plan.
			again, err := query.Compile(q.Plan.SQL(), private(t))
			if err != nil || *again.Plan.Privacy != *q.Plan.Privacy {
				t.Errorf("%s: %v", q.Plan.SQL(), err)
			}
		}
	}
}

// TestClauseRefused: the code, and the place in the text.
func TestClauseRefused(t *testing.T) {
	for sql, want := range map[string]*fault.Kind{
		"SELECT COUNT(*) FROM visits |WITH PRIVACY (epsilon 2.1)":                              plan.TooMuchLoss,
		"SELECT COUNT(*) FROM visits |WITH PRIVACY (epsilon 1, delta 1e-3)":                    plan.TooMuchLoss,
		"SELECT COUNT(*) FROM visits |WITH PRIVACY (epsilon 1, only required)":                 plan.NothingToNoise,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon |0)":                                query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon |-1)":                               query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon |'1')":                              query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon |1.0000000001)":                     query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1, |epsilon 2)":                     query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (delta 1e-6)|":                               query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1, delta |2)":                       query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1, only |some)":                     query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1 |delta 1e-6)":                     query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1|":                                 query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY |epsilon 1":                                  query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY |":                                           query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (|)":                                         query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1) |LIMIT 3":                        query.BadPrivacy,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1) |WITH PRIVACY (epsilon 1)":       query.BadPrivacy,
		"|WITH privacy (a) AS (SELECT 1) SELECT COUNT(*) FROM visits":                          query.WithQuery,
		"SELECT COUNT(*) FROM visits WHERE |nothing = 1 WITH PRIVACY (epsilon 1)":              plan.UnknownColumn,
		"SELECT COUNT(*) FROM visits WHERE ward = 'é漢' AND |nope = 1 WITH PRIVACY (epsilon 1)": plan.UnknownColumn,
		"SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1); |SELECT 1":                      query.BadPrivacy,
		"SELECT |SUM(large) FROM visits WITH PRIVACY (epsilon 1)":                              nil,
	} {
		at := strings.IndexByte(sql, '|')
		text := sql[:at] + sql[at+1:]
		_, err := query.Compile(text, private(t))
		f := fault.From(err)
		if want == nil {
			if !plan.CannotNoise.Is(err) {
				t.Errorf("%s: %v", sql, err)
			}
			continue
		}
		if err == nil || !want.Is(err) {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if p := fault.At(text, at); f.Position == nil || f.Position.Line != p.Line || f.Position.Column != p.Column {
			t.Errorf("%s: at %+v, wants %+v", sql, f.Position, p)
		}
	}
}

// TestNoRules: a charter that does not know noise refuses the clause, and one that requires it a
// query without.
func TestNoRules(t *testing.T) {
	if _, err := query.Compile("SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 1)", loadCharter(t)); !plan.NoPrivacy.Is(err) {
		t.Error(err)
	}
	ch := private(t)
	ch.Table("visits").Column("age").Privacy = charter.Required
	for sql, want := range map[string]*fault.Kind{
		"SELECT SUM(age) FROM visits":                                                    plan.NeedsPrivacy,
		"SELECT COUNT(*) FROM visits WHERE age > 5":                                      plan.NeedsPrivacy,
		"SELECT COUNT(*) FROM visits":                                                    nil,
		"SELECT SUM(age) FROM visits WITH PRIVACY (epsilon 1)":                           nil,
		"SELECT SUM(age), SUM(cost) FROM visits WITH PRIVACY (epsilon 1, only required)": nil,
	} {
		if _, err := query.Compile(sql, ch); want == nil && err != nil || want != nil && !want.Is(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestAddPrivacy: what the flags add is at the end of the query, whatever follows it.
func TestAddPrivacy(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT COUNT(*) FROM visits":              "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5, delta 1e-7)",
		"SELECT COUNT(*) FROM visits ; -- ask;":    "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5, delta 1e-7) ; -- ask;",
		"SELECT COUNT(*) FROM visits -- no\n/*;*/": "SELECT COUNT(*) FROM visits WITH PRIVACY (epsilon 0.5, delta 1e-7) -- no\n/*;*/",
	} {
		got, err := query.AddPrivacy(sql, "0.5", "1e-7", false)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", sql, got, err)
			continue
		}
		if q, err := query.Compile(got, private(t)); err != nil || q.Plan.Privacy == nil {
			t.Errorf("%q: %v", got, err)
		}
		if _, err := query.AddPrivacy(got, "1", "", false); !query.BadPrivacy.Is(err) {
			t.Errorf("a second clause: %v", err)
		}
	}
	for _, bad := range [][2]string{{"0.5)", ""}, {"1", "1e-6) --"}, {"", ""}} {
		if got, err := query.AddPrivacy("SELECT COUNT(*) FROM visits", bad[0], bad[1], false); err == nil {
			t.Errorf("%q", got)
		}
	}
}
