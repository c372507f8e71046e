package charter

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func hospitals(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParse(t *testing.T) {
	c, err := Parse(hospitals(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("a normalised charter is no longer valid: %v", err)
	}
	tab := c.Table("patients")
	if got := len(c.OwnersOf("patients")); got != 3 {
		t.Errorf("%d owners, want 3", got)
	}
	if c.TheCoordinator().ID != "hub" || c.OwnersOf("nothing") != nil || c.Member("nobody") != nil {
		t.Error("wrong member")
	}
	if tab.K() != 1 || tab.MaxRows != 1_000_000 || tab.Clamps() {
		t.Errorf("k = %d, max_rows = %d", tab.K(), tab.MaxRows)
	}
	cost := tab.Column("cost")
	if cost.Kind() != KindDecimal || cost.Precision() != 10 || cost.Scale() != 2 || cost.Type != "decimal(10,2)" {
		t.Errorf("cost is %v", cost.Parsed())
	}
	if r := cost.ResolutionRat(); r.RatString() != "1/100" {
		t.Errorf("resolution of cost is %s", r)
	}
	lo, hi, ok := tab.Column("dose").RangeRat()
	if !ok || lo.RatString() != "-1/2" || hi.RatString() != "250" {
		t.Errorf("range of dose is %v %v", lo, hi)
	}
	from, to, ok := tab.Column("seen").RangeTime()
	if !ok || from.Year() != 2020 || to.Second() != 59 {
		t.Errorf("range of seen is %v %v", from, to)
	}
	if k := []int{cost.K(), tab.Column("dose").K(), tab.Column("patient").K()}; !slices.Equal(k, []int{5, 1, 1}) {
		t.Errorf("own cohorts %v", k)
	}
	if !tab.Column("dose").Allows("sum") || tab.Column("dose").Allows("avg") || tab.Column("sex").Allows("count") {
		t.Error("wrong aggregates")
	}
}

func TestParseReportsEverythingAtOnce(t *testing.T) {
	text := string(hospitals(t))
	for old, bad := range map[string]string{
		"space: lung-study":           "space: Lung Study",
		"purposes:":                   "purpose:",
		"range: [0, 120]":             "range: [120, 0]",
		"roles: [coordinator]":        "roles: [coordinater]",
		"resolution: 0.01":            "resolution: 0.03",
		"min_cohort: 1":               "min_cohort: 0",
		"title: Patients with":        "titel: Patients with",
		"domain: [female, male]":      "domain: [female, female]",
		"grain: month":                "grain: hour",
		"2024-12-31 23:59:59":         "2024-12-31",
		"tolerated_corruption: 1":     "tolerated_corruption: 2",
		"nullable: false":             "nullable: no",
		"min_cohort: 5":               "min_cohort: 21",
		"grain: month,":               "grain: month, min_cohort: 5,",
		"role: identifier":            "role: identifier, min_cohort: 5",
		"[female, male]":              "[female, male], min_cohort: 0",
		"99999.99], min_cohort":       "99999.99], min_cohorts",
		"unit: patient\n":             "unit: person\n",
		"version: 1":                  "version: one",
		`role: hidden`:                `role: hidden, range: [1, 2]`,
		`type: "decimal(10, 2)"`:      `type: "decimal(39, 2)"`,
		"id: west":                    "id: north",
		"key: tk1c":                   "key: tk1b",
		"amend: {rule: unanimous}":    "amend: {rule: unanimous, quorum: 2}",
		"organisation: Institute":     `organisation: "Insti\ttute"`,
		"max_rows: 1_000_000":         "max_rows: 1e6",
		"name: smoker, type: boolean": "name: smoker, type: double",
	} {
		broken := strings.Replace(text, old, bad, 1)
		if broken == text {
			t.Fatalf("%q is not in the text", old)
		}
		if _, err := Parse([]byte(broken)); !ErrInvalid.Is(err) {
			t.Errorf("%q: got %v", bad, err)
		} else {
			t.Logf("%q: %v", bad, err)
		}
	}
}

// TestLongListsEndSoon: lists that are too long are refused before they are
// compared with each other, whatever is in them.
func TestLongListsEndSoon(t *testing.T) {
	text := string(hospitals(t))
	many := strings.Repeat("{}, ", 60_000)
	words := strings.Repeat("a, ", 120_000)
	for name, broken := range map[string]string{
		"members": strings.Replace(text, "members:\n", "members: ["+many+"]\nrest:\n", 1),
		"columns": strings.Replace(text, "    columns:\n", "    columns: ["+many+"]\n    rest:\n", 1),
		"owners":  strings.Replace(text, "    max_rows:", "    owners: ["+words+"]\n    max_rows:", 1),
		"domain":  strings.Replace(text, "domain: [", "domain: ["+words, 1),
		"roles":   strings.Replace(text, "roles: [", "roles: ["+words, 1),
	} {
		begin := time.Now()
		if _, err := Parse([]byte(broken)); !ErrInvalid.Is(err) || len(err.Error()) > 10_000 {
			t.Errorf("%s: %.300v", name, err)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}
