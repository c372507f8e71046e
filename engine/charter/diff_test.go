package charter

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestDiff: each change has its words, and what is laxer is called so.
func TestDiff(t *testing.T) {
	text := string(hospitals(t))
	west := lineOf(t, text, "id: west")
	age := lineOf(t, text, "name: age")
	for name, c := range map[string]struct {
		old, with string
		want      string // "PATH EFFECT" of every change
		say       string // in the text of one
	}{
		"a lower cohort":    {"min_cohort: 1\n", "min_cohort: 3\n", "tables.patients.min_cohort stricter", "units behind every number: 1 → 3"},
		"a higher cohort":   {"min_cohort: 5", "min_cohort: 2", "tables.patients.columns.cost.min_cohort laxer", "5 → 2; smaller groups are shown"},
		"cohort left out":   {", min_cohort: 5", "", "tables.patients.columns.cost.min_cohort laxer", "5 → none"},
		"a purpose more":    {"[research,", "[research, marketing,", "rules.purposes laxer", "marketing"},
		"a purpose less":    {"[research, quality assurance]", "[research]", "rules.purposes stricter", ""},
		"any purpose":       {"  purposes: [research, quality assurance]\n", "", "rules.purposes laxer", ""},
		"quorum":            {"{rule: unanimous}", "{rule: quorum, quorum: 3}", "amend.quorum changed|amend.rule laxer", "unanimous → quorum; some members can change"},
		"more cells":        {"  purposes:", "  max_cells: 200000\n  purposes:", "rules.max_cells laxer", "100000 → 200000"},
		"compare nothing":   {"  purposes:", "  differencing: {mode: off}\n  purposes:", "rules.differencing.mode laxer", "note → off"},
		"refuse":            {"  purposes:", "  differencing: {mode: refuse, window: 2h}\n  purposes:", "rules.differencing.mode stricter|rules.differencing.window laxer", "720h → 2h"},
		"trust":             {"  purposes:", "  verification: none\n  purposes:", "rules.verification laxer", "all → none"},
		"lifetime":          {"  purposes:", "  job_lifetime: 2h\n  purposes:", "rules.job_lifetime changed", "24h → 2h"},
		"an analyst":        {west, west + strings.NewReplacer("west", "east", "[owner]", "[analyst]", "tk1d", "tk1f").Replace(west), "members.east laxer", "east (West Hospital), analyst joins, and may ask; key tk1f"},
		"an owner":          {west, west + strings.NewReplacer("west", "east", "tk1d", "tk1f").Replace(west), "members.east changed|tables.patients.owners changed", "[north, south, west] → [north, south, west, east]"},
		"no analyst":        {"[owner, analyst]", "[owner]", "members.south.roles stricter", ""},
		"a key":             {"tk1d", "tk1f", "members.west.key changed", "key replaced: tk1d"},
		"organisation":      {"West Hospital", "Hospital of the West", "members.west.organisation changed", ""},
		"another institute": {"organisation: Institute", "organisation: Academy", "members.institute laxer|members.institute.organisation changed", "those of institute begin anew"},
		"a column less":     {age, "", "tables.patients.columns.age stricter", "earlier questions that used it"},
		"a column more":     {age, age + strings.Replace(age, "age", "height", 1), "tables.patients.columns.height laxer", "column height can be used: measure, integer"},
		"a hidden column":   {age, age + "      - {name: key, type: text, role: hidden}\n", "tables.patients.columns.key changed", "hidden"},
		"hidden no more":    {"name: note, type: text, role: hidden", "name: note, type: text, role: category, domain: [a]", "tables.patients.columns.note.domain changed|tables.patients.columns.note.role laxer", "hidden → category"},
		"hidden now":        {"{name: smoker, type: boolean, role: category}", "{name: smoker, type: boolean, role: hidden}", "tables.patients.columns.smoker.domain changed|tables.patients.columns.smoker.role stricter", ""},
		"aggregates":        {"aggregates: [sum, count]", "aggregates: [sum, count, variance]", "tables.patients.columns.dose.aggregates laxer", ""},
		"finer time":        {"grain: month", "grain: day", "tables.patients.columns.admitted.grain laxer", "month → day; finer times"},
		"a curve":           {"range: [0, 120]}", "range: [0, 120], curve: 5}", "tables.patients.columns.age.curve laxer", "curves along it, whose points may show single persons: none → 5"},
		"finer values":      {"resolution: 0.01", "resolution: 0.001", "tables.patients.columns.dose.resolution laxer", ""},
		"coarser values":    {"resolution: 0.01", "resolution: 0.1", "tables.patients.columns.dose.resolution stricter", ""},
		"noise":             {"  purposes:", "  privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\n  purposes:", "rules.privacy.budget.delta laxer|rules.privacy.budget.epsilon laxer|rules.privacy.budget.per changed|rules.privacy.budget.period changed|rules.privacy.max_delta laxer|rules.privacy.max_epsilon laxer", ""},
		"contribution":      {"    unit: patient\n", "    unit: patient\n    contribution: {groups: 3}\n", "tables.patients.contribution.groups changed", "1 → 3"},
		"rows are units":    {"    unit: patient\n", "", "tables.patients.unit laxer", "patient → none; rows are counted"},
		"a table renamed":   {"- name: patients", "- name: people", "tables.patients stricter|tables.people laxer|tables.people laxer", "what was asked about patients before does not count"},
		"a quota":           {"  purposes:", "  quotas: [{per: analyst, questions: 5, period: 24h}]\n  purposes:", "rules.quotas stricter", "questions of each analyst: no such bound → no more than 5 in any 24h"},
		"for some only":     {"    unit: patient\n", "    unit: patient\n    analysts: [south]\n    purposes: [research]\n", "tables.patients.analysts stricter|tables.patients.purposes stricter", ""},
		"a title":           {"title: Patients with lung cancer", "title: Patients", "tables.patients.title changed", "Patients with lung cancer → Patients"},
		"layout":            {"version: 1", "version:   1 # said", "", ""},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s: %q is not in the text", name, c.old)
		}
		from, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		to, err := Parse([]byte(strings.Replace(text, c.old, c.with, 1)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got, said []string
		for _, change := range Diff(from, to) {
			got = append(got, change.Path+" "+string(change.Effect))
			said = append(said, change.Text)
		}
		slices.Sort(got)
		if g := strings.Join(got, "|"); g != c.want {
			t.Errorf("%s: %s, want %s", name, g, c.want)
		}
		if !strings.Contains(strings.Join(said, "\n"), c.say) {
			t.Errorf("%s: %q says not %q", name, said, c.say)
		}
	}
}

// TestDiffOfQuotas: of quotas it says which one changed, and how.
func TestDiffOfQuotas(t *testing.T) {
	text := string(hospitals(t))
	charterWith := func(quotas ...string) *Charter {
		c, err := Parse([]byte(strings.Replace(text, "  purposes:", "  quotas: ["+strings.Join(quotas, ", ")+"]\n  purposes:", 1)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const (
		five    = "{per: analyst, questions: 5, period: 24h}"
		six     = "{per: analyst, questions: 6, period: 24h}"
		often   = "{per: analyst, questions: 5, period: 12h}"
		seldom  = "{per: analyst, questions: 4, period: 720h}"
		mixed   = "{per: analyst, questions: 9, period: 720h}"
		group   = "{per: organisation, questions: 20, period: 720h}"
		one     = "{per: analyst, analysts: [institute], organisations: [Institute], tables: [patients], questions: 3, period: 1h}"
		oneMore = "{per: analyst, analysts: [institute], organisations: [Institute], tables: [patients], questions: 4, period: 1h}"
	)
	list := func(quotas ...string) []string { return quotas }
	for name, c := range map[string]struct {
		from, to []string
		want     string
	}{
		"more":            {list(five), list(six), "laxer questions of each analyst: 5 in any 24h → 6 in any 24h; more questions"},
		"fewer":           {list(six), list(five), "stricter questions of each analyst: 6 in any 24h → 5 in any 24h"},
		"more often":      {list(five), list(often), "laxer questions of each analyst: 5 in any 24h → 5 in any 12h; more questions"},
		"less often":      {list(five), list(seldom), "stricter questions of each analyst: 5 in any 24h → 4 in any 720h"},
		"more and longer": {list(five), list(mixed), "changed questions of each analyst: 5 in any 24h → 9 in any 720h"},
		"one of several":  {list(group, one, five), list(five, group, oneMore), "laxer questions of each analyst among institute of Institute about patients: 3 in any 1h → 4 in any 1h; more questions"},
		"same period":     {list(five, seldom), list(mixed, five), "laxer questions of each analyst: 4 in any 720h → 9 in any 720h; more questions"},
		"another scope":   {list(five), list(group), "laxer questions of each analyst: no more than 5 in any 24h → no such bound|stricter questions of each organisation: no such bound → no more than 20 in any 720h"},
		"one gone":        {list(five, group), list(group), "laxer questions of each analyst: no more than 5 in any 24h → no such bound"},
		"one of two":      {list(five, five), list(five), "laxer questions of each analyst: no more than 5 in any 24h → no such bound"},
		"order":           {list(five, group), list(group, five), "changed quotas in another order"},
		"the same":        {list(five, group), list(five, group), ""},
	} {
		var said []string
		for _, change := range Diff(charterWith(c.from...), charterWith(c.to...)) {
			if change.Path != "rules.quotas" {
				t.Errorf("%s: path %s", name, change.Path)
			}
			said = append(said, string(change.Effect)+" "+change.Text)
		}
		if got := strings.Join(said, "|"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestDiffMissesNothing changes one field at a time, so that a key which is added to the
// charter cannot be changed unseen.
func TestDiffMissesNothing(t *testing.T) {
	parse := func() *Charter {
		c, err := Parse([]byte(bounded(t)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fields := leavesOf(reflect.ValueOf(parse()))
	for i, path := range fields {
		if path == ".Version" || path == ".Previous" || strings.HasSuffix(path, ".MinCohort") {
			continue // the last is less than the table's, and means nothing
		}
		c := parse()
		alter(leafAt(reflect.ValueOf(c), i))
		if len(Diff(parse(), c)) == 0 {
			t.Errorf("a change of %s is not seen", path)
		}
	}
	if len(fields) < 100 {
		t.Errorf("only %d fields", len(fields))
	}
}

// visitLeaves calls f with every value that is no struct or list, and its path.
func visitLeaves(v reflect.Value, path string, f func(string, reflect.Value)) {
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			visitLeaves(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			visitLeaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		visitLeaves(v.Elem(), path, f)
	default:
		f(path, v)
	}
}

func leavesOf(v reflect.Value) (paths []string) {
	visitLeaves(v, "", func(path string, _ reflect.Value) { paths = append(paths, path) })
	return paths
}

func leafAt(v reflect.Value, n int) (leaf reflect.Value) {
	i := 0
	visitLeaves(v, "", func(_ string, v reflect.Value) {
		if i == n {
			leaf = v
		}
		i++
	})
	return leaf
}
