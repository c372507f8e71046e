package policy

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
)

// TestNarrowedColumns: what an owner narrows is refused wherever the plan uses it, the refusal names the key, and
// what does not use it passes.
func TestNarrowedColumns(t *testing.T) {
	ch := hospitals(t)
	const all = "SELECT sex, COUNT(*), SUM(age), SUM(age * age), COUNT(cost) FROM patients WHERE smoker GROUP BY sex"
	for _, c := range []struct {
		column string
		own    config.Column
		sql    string
		key    string // "": accepted
	}{
		{"age", config.Column{Use: "none"}, "SELECT SUM(age) FROM patients", "use"},
		{"age", config.Column{Use: "none"}, "SELECT COUNT(*) FROM patients WHERE age > 40", "use"},
		{"age", config.Column{Use: "none"}, "SELECT COUNT(*) FILTER (WHERE age IS NULL) FROM patients", "use"},
		{"age", config.Column{Use: "none"}, "SELECT width_bucket(age, 0, 100, 10), COUNT(*) FROM patients GROUP BY 1", "use"},
		{"age", config.Column{Use: "none"}, "SELECT CASE WHEN age > 40 THEN 'old' END, COUNT(*) FROM patients GROUP BY 1", "use"},
		{"sex", config.Column{Use: "none"}, "SELECT sex, COUNT(*) FROM patients GROUP BY sex", "use"},
		{"age", config.Column{Use: "none"}, "SELECT COUNT(*), SUM(cost) FROM patients", ""},
		{"age", config.Column{Use: "charter"}, all, ""},
		{"age", config.Column{Aggregates: []string{"count", "sum"}}, all, "aggregates"},
		{"age", config.Column{Aggregates: []string{"count"}}, "SELECT SUM(age) FROM patients", "aggregates"},
		{"age", config.Column{Aggregates: []string{"sum"}}, "SELECT SUM(age), COUNT(*) FROM patients", ""},
		{"age", config.Column{Aggregates: []string{"variance"}}, "SELECT SUM(age * cost) FROM patients", "aggregates"},
		{"admitted", config.Column{Grain: "quarter"}, "SELECT date_trunc('month', admitted), COUNT(*) FROM patients GROUP BY 1", "grain"},
		{"admitted", config.Column{Grain: "year"}, "SELECT COUNT(*) FROM patients WHERE admitted >= DATE '2021-04-01'", "grain"},
		{"admitted", config.Column{Grain: "quarter"}, "SELECT date_trunc('year', admitted), COUNT(*) FROM patients WHERE admitted >= DATE '2021-04-01' GROUP BY 1", ""},
		{"age", config.Column{MinCohort: 4}, "SELECT SUM(age) FROM patients", "min_cohort"},
		{"age", config.Column{MinCohort: 4}, "SELECT SUM(age), SUM(cost) FROM patients", "min_cohort"},
		{"age", config.Column{MinCohort: 4}, "SELECT COUNT(*) FROM patients WHERE age > 40", "min_cohort"},
		{"cost", config.Column{MinCohort: 5}, "SELECT SUM(cost) FROM patients", ""},
		{"age", config.Column{MinCohort: 4}, "SELECT COUNT(*) FROM patients", ""},
		{"gone", config.Column{Use: "none"}, all, ""},
	} {
		own := config.Accept{Columns: map[string]map[string]config.Column{"patients": {c.column: c.own}}}
		r := ask(t, ch, count(t, ch), compiled(t, ch, c.sql))
		err := Check(ch, "west", r, own, now)
		rule := "own: accept.columns.patients." + c.column + "." + c.key
		if c.key == "" {
			if err != nil {
				t.Errorf("%+v, %s: %v", c.own, c.sql, err)
			}
		} else if !OwnRule.Is(err) || RuleOf(err) != rule || !strings.Contains(err.Error(), rule) {
			t.Errorf("%+v, %s: %v", c.own, c.sql, err)
		}
	}
}

// TestNarrowedCohort: a number that has as many units behind it as the owner wants may be made with the column.
func TestNarrowedCohort(t *testing.T) {
	ch := hospitals(t, "    min_cohort: 1\n", "    min_cohort: 8\n")
	for own, refused := range map[int]bool{8: false, 9: true} {
		accept := config.Accept{Columns: map[string]map[string]config.Column{"patients": {"age": {MinCohort: own}}}}
		err := Check(ch, "west", ask(t, ch, count(t, ch), compiled(t, ch, "SELECT SUM(age) FROM patients")), accept, now)
		if OwnRule.Is(err) != refused || !refused && err != nil {
			t.Errorf("%d: %v", own, err)
		}
	}
}

func TestDeny(t *testing.T) {
	ch := hospitals(t)
	for _, c := range []struct {
		deny config.Deny
		rule string
	}{
		{config.Deny{Analysts: []string{"institute"}}, "own: accept.deny.analysts"},
		{config.Deny{Organisations: []string{"Institute"}}, "own: accept.deny.organisations"},
		{config.Deny{Purposes: []string{"research"}}, "own: accept.deny.purposes"},
		{config.Deny{Analysts: []string{"south"}, Organisations: []string{"South Hospital"}, Purposes: []string{"quality assurance"}}, ""},
	} {
		if err := Check(ch, "west", count(t, ch), config.Accept{Deny: c.deny}, now); RuleOf(err) != c.rule || (err == nil) != (c.rule == "") {
			t.Errorf("%+v: %v", c.deny, err)
		}
	}
}

// TestCheckAccept: names that the charter does not have and laxer values are found at their paths.
func TestCheckAccept(t *testing.T) {
	b, _ := amended(t)
	columns := func(name string, c config.Column) config.Accept {
		return config.Accept{Columns: map[string]map[string]config.Column{"patients": {name: c}}}
	}
	for _, c := range []struct {
		own  config.Accept
		want string
	}{
		{columns("age", config.Column{Use: "none", Aggregates: []string{"sum"}, MinCohort: 1}), ""},
		{columns("admitted", config.Column{Grain: "month"}), ""},
		{config.Accept{Deny: config.Deny{Analysts: []string{"south"}, Purposes: []string{"research"}}}, ""},
		{columns("agee", config.Column{}), `worker.accept.columns.patients.agee: the charter has no column "agee" (did you mean "age"?)`},
		{config.Accept{Columns: map[string]map[string]config.Column{"patient": {}}}, `worker.accept.columns.patient: the charter has no table "patient" (did you mean "patients"?)`},
		{columns("age", config.Column{Use: "nothing"}), "worker.accept.columns.patients.age.use"},
		{columns("dose", config.Column{Aggregates: []string{"sum", "variance"}}), "worker.accept.columns.patients.dose.aggregates: variance is more than the charter allows"},
		{columns("age", config.Column{Aggregates: []string{"median"}}), "worker.accept.columns.patients.age.aggregates"},
		{columns("age", config.Column{Aggregates: []string{}}), "empty: name some"},
		{columns("sex", config.Column{Aggregates: []string{"count"}}), "has no meaning for the role category"},
		{columns("admitted", config.Column{Grain: "day"}), "day is finer than the charter's month"},
		{columns("age", config.Column{Grain: "day"}), "has no meaning for the role measure"},
		{columns("cost", config.Column{MinCohort: 4}), "worker.accept.columns.patients.cost.min_cohort: 4 outside 5"},
		{columns("cost", config.Column{MinCohort: 21}), "21 outside"},
		{config.Accept{Deny: config.Deny{Analysts: []string{"institut"}}}, `the charter has no analyst "institut" (did you mean "institute"?)`},
		{config.Accept{Deny: config.Deny{Organisations: []string{"North Hospital"}}}, "worker.accept.deny.organisations"},
		{config.Accept{Deny: config.Deny{Purposes: []string{"marketing"}}}, "worker.accept.deny.purposes"},
		{config.Accept{Quotas: []config.Quota{{Per: charter.PerAnalyst}}}, "worker.accept.quotas[0].questions"},
	} {
		gone, err := CheckAccept(b, &c.own)
		if len(gone) > 0 {
			t.Errorf("%+v: %q", c.own, gone)
		}
		if c.want == "" && err != nil || c.want != "" && (!config.ErrInvalid.Is(err) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %s", c.own, err, c.want)
		}
	}
}

// TestRulesAreNamed: every refusal of Check names its rule, once.
func TestRulesAreNamed(t *testing.T) {
	ch := hospitals(t)
	for want, spoil := range map[string]func(r *Request, own *config.Accept){
		"charter: version":                 func(r *Request, _ *config.Accept) { r.Job.Charter[0] ^= 1 },
		"charter: members":                 func(r *Request, _ *config.Accept) { r.Analyst.ID = "eve" },
		"charter: rules.job_lifetime":      func(r *Request, _ *config.Accept) { expire(r, now.Unix()) },
		"charter: tables.patients.owners":  func(r *Request, _ *config.Accept) { r.Roster = nil },
		"charter: rules.min_contributors":  func(r *Request, _ *config.Accept) { r.MinContributors = 2 },
		"charter: rules.purposes":          func(r *Request, _ *config.Accept) { r.Job.Purpose = "" },
		"charter: templates":               func(r *Request, _ *config.Accept) { r.Job.Template = "x" },
		"own: accept.tolerated_corruption": func(_ *Request, own *config.Accept) { own.Corruptions = 2 },
	} {
		r, own := count(t, ch), config.Accept{}
		spoil(r, &own)
		err := Check(ch, "west", r, own, now)
		if RuleOf(err) != want || strings.Count(err.Error(), want) != 1 {
			t.Errorf("%s: %v", want, err)
		}
	}
}
