package charter

import (
	"strings"
	"testing"
)

// withPrivacy is the hospitals' charter with rules for noise.
func withPrivacy(t *testing.T) string {
	t.Helper()
	return strings.NewReplacer(
		"purposes:", "privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\n  purposes:",
		"max_rows:", "contribution: {groups: 4, rows: 2}\n    max_rows:",
		"range: [0, 120]}", "range: [0, 120], privacy: required}",
	).Replace(string(hospitals(t)))
}

// TestPrivacy: what the keys about noise mean, and that they survive being printed.
func TestPrivacy(t *testing.T) {
	c, err := Parse([]byte(withPrivacy(t)))
	if err != nil {
		t.Fatal(err)
	}
	p, table := &c.Rules.Privacy, &c.Tables[0]
	if !p.Allowed() || p.Epsilon() != 1e9 || p.Delta().String() != "1e-6" || p.Budget.Account() != PerOrganisation {
		t.Errorf("rules %+v", p)
	}
	if rho := p.Budget.Rho().String(); !strings.HasPrefix(rho, "0.4") {
		t.Errorf("epsilon 5 and delta 1e-6 are rho %s", rho)
	}
	if table.GroupBound() != 4 || table.RowBound() != 2 || table.Column("age").Privacy != Required {
		t.Errorf("table %+v", table.Contribution)
	}
	again, err := Parse(c.YAML())
	if err != nil || again.Hash() != c.Hash() {
		t.Errorf("read back: %v\n%s", err, c.YAML())
	}
}

// TestPrivacyIsOptional: a charter without these keys has no questions with noise, and one row in
// one group of each unit would count.
func TestPrivacyIsOptional(t *testing.T) {
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Rules.Privacy.Allowed() || c.Rules.Privacy.Epsilon() != 0 || c.Rules.Privacy.Budget.Rho() != 0 {
		t.Error("noise without rules for it")
	}
	if table := &c.Tables[0]; table.GroupBound() != 1 || table.RowBound() != 1 {
		t.Error("default bounds")
	}
	// A table without unit protects rows, which are in one group.
	free := Table{Contribution: Contribution{Groups: 3, Rows: 3}}
	if free.GroupBound() != 1 || free.RowBound() != 1 {
		t.Error("bounds of rows")
	}
}

func TestPrivacyRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no budget":          {", budget: {epsilon: 5, delta: 1e-6, period: 720h}", "", "rules.privacy.budget.epsilon"},
		"epsilon zero":       {"max_epsilon: 1,", "max_epsilon: 0,", "rules.privacy.max_epsilon: wants more than 0"},
		"epsilon huge":       {"max_epsilon: 1,", "max_epsilon: 101,", "at most 100"},
		"epsilon text":       {"max_epsilon: 1,", "max_epsilon: one,", "rules.privacy.max_epsilon"},
		"delta large":        {"max_delta: 1e-6", "max_delta: 0.1", "above 1e-2"},
		"delta text":         {"max_delta: 1e-6", "max_delta: none", "rules.privacy.max_delta"},
		"no delta":           {"max_delta: 1e-6, ", "", "rules.privacy.max_delta"},
		"period":             {"period: 720h", "period: 1m", "rules.privacy.budget.period"},
		"per":                {"period: 720h", "period: 720h, per: person", "rules.privacy.budget.per"},
		"groups":             {"groups: 4", "groups: 100_000", "contribution.groups"},
		"rows":               {"rows: 2", "rows: -1", "contribution"},
		"unit":               {"unit: patient", "title: P", "has no meaning without a unit"},
		"required":           {"privacy: required}", "privacy: yes}", "privacy"},
		"required, no rules": {"privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\n  ", "", "rules.privacy: missing"},
		"hidden":             {"role: hidden}", "role: hidden, privacy: required}", "has no meaning for the role hidden"},
		"unknown key":        {"max_epsilon: 1,", "max_epsilon: 1, epsilons: 2,", "epsilon"},
	} {
		text := strings.Replace(withPrivacy(t), c.old, c.new, 1)
		if name == "unit" {
			text = strings.Replace(text, "    title: Patients with lung cancer\n", "", 1)
		}
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
