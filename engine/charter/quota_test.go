package charter

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/strictyaml"
)

// bounded is the charter of the tests with templates, quotas, and rules about who may ask about its table.
func bounded(t *testing.T, change ...string) string {
	t.Helper()
	text := strings.Replace(questions(t), "members:", `  quotas:
    - {per: organisation, questions: 100, period: 24h}
    - {per: analyst, analysts: [institute], organisations: [Institute], tables: [patients], questions: 5, period: 60m}
members:`, 1)
	text = strings.Replace(text, "max_rows:", "analysts: [south, institute]\n    purposes: [research]\n    max_rows:", 1)
	return strings.NewReplacer(change...).Replace(text)
}

func TestQuotas(t *testing.T) {
	c, err := Parse([]byte(bounded(t)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(c.YAML())
	if err != nil || again.Hash() != c.Hash() {
		t.Errorf("%v; written and read again it is another charter:\n%s", err, c.YAML())
	}
	q := c.Rules.Quotas[1]
	for _, x := range []struct {
		analyst, organisation, table string
		want                         bool
	}{
		{"institute", "Institute", "patients", true},
		{"south", "Institute", "patients", false},
		{"institute", "South Hospital", "patients", false},
		{"institute", "Institute", "visits", false},
	} {
		if q.Applies(x.analyst, x.organisation, x.table) != x.want {
			t.Errorf("%+v", x)
		}
	}
}

// TestQuotasAreChecked: each wrong key is found at its path.
func TestQuotasAreChecked(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"per: analyst", "per: person", "rules.quotas[1].per"},
		{"period: 24h", "period: 59s", "rules.quotas[0].period: 59s outside 1m to 8760h"},
		{"questions: 100", "questions: 0", "rules.quotas[0].questions"},
		{"analysts: [institute], org", "analysts: [institut], org", `rules.quotas[1].analysts[0]: "institut" is no member with the role analyst (did you mean "institute"?)`},
		{"organisations: [Institute]", "organisations: [North Hospital]", "rules.quotas[1].organisations[0]"},
		{"tables: [patients]", "tables: [patient]", `(did you mean "patients"?)`},
		{"analysts: [south, institute]", "analysts: [south, north]", "tables[0].analysts[1]"},
		{"    purposes: [research]\n    max_rows", "    purposes: [reserch]\n    max_rows", `tables[0].purposes[0]: not among rules.purposes (did you mean "research"?)`},
	} {
		text := bounded(t, c.from, c.to)
		if text == bounded(t) {
			t.Fatalf("%s: nothing changed", c.from)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.to, err, c.want)
		}
	}
}

func TestCheckQuotasUnderAPath(t *testing.T) {
	c, err := Parse([]byte(bounded(t)))
	if err != nil {
		t.Fatal(err)
	}
	var ps strictyaml.Problems
	c.CheckQuotas([]Quota{{Per: PerAnalyst, Questions: 1, Period: Duration(MinQuotaPeriod)}, {Per: "x"}}, "worker.accept.quotas", &ps)
	if len(ps) != 3 || ps[0].Path != "worker.accept.quotas[1].per" {
		t.Errorf("%v", ps)
	}
}
