package query_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// hostile are values that members listed; each ends a text or begins a comment where text is pasted.
var hostile = []string{`a') OR ('1'='1`, `a' --`, `a'/*`, `*/`, `$1`, `:age`, `\'`, `"`, `;`, `a‘b`, `''`, `E'\x41'`}

// vetted is the charter of the hospitals with templates.
func vetted(t testing.TB, templates string) *charter.Charter {
	t.Helper()
	text, err := os.ReadFile("../charter/testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list := "female, male"
	for _, h := range hostile {
		list += ", " + quote(h)
	}
	ch, err := charter.Parse([]byte(strings.Replace(string(text), "female, male", list, 1) + "templates:\n" + strings.ReplaceAll(templates, "HOSTILE", list)))
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

const bySex = `
  - name: by_sex
    sql: "SELECT COUNT(*) FROM patients WHERE age >= :age AND sex = :sex -- :age ':sex'"
    parameters:
      - {name: age, type: integer, range: [-5, 90], default: 40}
      - {name: sex, type: text, values: [HOSTILE]}
`

// TestArgumentsStayConstants: values are constants of the tree, whatever they look like. That
// pasting them into the text would change the question is shown beside it.
func TestArgumentsStayConstants(t *testing.T) {
	ch := vetted(t, bySex)
	if err := query.CheckTemplates(ch, instantiate); err != nil {
		t.Fatal(err)
	}
	broken := 0
	for _, h := range hostile {
		args, err := query.Arguments(ch, "by_sex", map[string]string{"sex": h})
		if err != nil {
			t.Fatalf("%s: %v", h, err)
		}
		q, err := query.Instantiate(ch, "by_sex", args)
		if err != nil {
			t.Fatalf("%s: %v", h, err)
		}
		want := plan.AllOf(
			plan.Compare(plan.Ge, "age", plan.Value{Kind: plan.Integer, Text: "40"}),
			plan.Compare(plan.Eq, "sex", plan.Value{Kind: plan.Text, Text: h}))
		if d := cmp.Diff(want, q.Plan.Where); d != "" {
			t.Errorf("%s: %s", h, d)
		}
		pasted := strings.NewReplacer(":age", "40", ":sex", "'"+h+"'").Replace(ch.Template("by_sex").SQL)
		if p, err := query.Compile(pasted, ch); err != nil || !cmp.Equal(want, p.Plan.Where) {
			broken++
		}
	}
	if broken == 0 {
		t.Error("no value would break out of a text: the test shows nothing")
	}
}

// TestInstantiatedIsCompiled: a template with arguments is the plan of the SQL with the constants written out.
func TestInstantiatedIsCompiled(t *testing.T) {
	ch := vetted(t, `
  - name: all
    sql: |
      SELECT sex, COUNT(*), SUM(cost) FILTER (WHERE smoker = :smoker)
      FROM patients
      WHERE age BETWEEN :low AND :high AND cost < :cost AND admitted >= :from AND seen < :until
      GROUP BY sex
    parameters:
      - {name: low, type: integer, range: [-9, 90]}
      - {name: high, type: integer, range: [0, 120]}
      - {name: cost, type: decimal, range: [0, 99999.99]}
      - {name: smoker, type: boolean}
      - {name: from, type: date, range: [2020-01-01, 2024-12-01]}
      - {name: until, type: timestamp, values: ["2021-01-01 00:00:00", "2022-01-01 00:00:00"]}
`)
	args, err := query.Arguments(ch, "all", map[string]string{
		"low": "-1", "high": "0100", "cost": "0012.50", "smoker": "false", "from": "2021-02-01", "until": "2022-01-01 00:00:00",
	})
	if err != nil {
		t.Fatal(err)
	}
	q, err := query.Instantiate(ch, "all", args)
	if err != nil {
		t.Fatal(err)
	}
	want, err := query.Compile(`SELECT sex, COUNT(*), SUM(cost) FILTER (WHERE smoker = FALSE) FROM patients
		WHERE age BETWEEN -1 AND 100 AND cost < 12.5 AND admitted >= DATE '2021-02-01' AND seen < TIMESTAMP '2022-01-01 00:00:00' GROUP BY sex`, ch)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.Plan, q.Plan); d != "" {
		t.Error(d)
	}
}

// TestArgumentsRefused: what people write for parameters, and what they are told.
func TestArgumentsRefused(t *testing.T) {
	ch := vetted(t, bySex)
	for _, c := range []struct {
		name  string
		given map[string]string
		want  *fault.Kind
		hint  string
	}{
		{"by_sxe", nil, query.UnknownTemplate, "by_sex"},
		{"by_sex", map[string]string{"sxe": "male"}, query.UnknownArgument, "sex"},
		{"by_sex", nil, query.MissingArgument, "sex"},
		{"by_sex", map[string]string{"sex": ""}, query.BadArgument, "sex"},
		{"by_sex", map[string]string{"sex": "male", "age": ""}, query.BadArgument, "age"},
		{"by_sex", map[string]string{"sex": "male", "age": "91"}, query.BadArgument, "outside -5 to 90"},
		{"by_sex", map[string]string{"sex": "male", "age": "40+1"}, query.BadArgument, "age"},
		{"by_sex", map[string]string{"sex": "male", "age": "1e999999999"}, query.BadArgument, "age"},
		{"by_sex", map[string]string{"sex": "' OR 1=1 --"}, query.BadArgument, "none of the"},
	} {
		_, err := query.Arguments(ch, c.name, c.given)
		if !c.want.Is(err) || !strings.Contains(err.Error()+fault.From(err).Remedy, c.hint) {
			t.Errorf("%s %v: got %v", c.name, c.given, err)
		}
	}
}

// TestTemplatesRefused: a template that cannot be asked is found, with the place, before anybody signs.
func TestTemplatesRefused(t *testing.T) {
	for _, c := range []struct{ template, want string }{
		{`{name: x, sql: "SELECT COUNT(*)\nFROM people"}`, "templates[x].sql: line 2, column 6: "},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients WHERE age > :agee", parameters: [{name: age, type: integer, range: [0, 9]}]}`, `line 1, column 43: no parameter "agee" is declared`},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients", parameters: [{name: age, type: integer, range: [0, 9]}]}`, `the parameter "age" is not used`},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients -- :age", parameters: [{name: age, type: integer, range: [0, 9]}]}`, `the parameter "age" is not used`},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients WHERE age > : age"}`, "a colon that no name of a parameter follows"},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients WHERE age > $1"}`, "parameters are not supported"},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients WHERE note = 'x'"}`, "note"},
		{`{name: x, sql: "SELECT COUNT(*) FROM patients WHERE sex = :s", parameters: [{name: s, type: text, values: [female, none]}]}`, "line 1, column "},
		{`{name: x, sql: "SELECT :c, COUNT(*) FROM patients GROUP BY 1", parameters: [{name: c, type: text, values: [sex, note]}]}`, "line 1"},
		{`{name: x, sql: "SELECT COUNT(*) FROM :t", parameters: [{name: t, type: text, values: [patients]}]}`, "line 1, column 22"},
	} {
		err := query.CheckTemplates(vetted(t, "  - "+c.template+"\n"), instantiate)
		if !query.BadTemplate.Is(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.template, err, c.want)
		}
	}
}

// TestTemplateWithNoise: WITH PRIVACY is part of a template, and of its plan.
func TestTemplateWithNoise(t *testing.T) {
	text, err := os.ReadFile("../charter/testdata/hospitals.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const sql = "SELECT sex, COUNT(*) FROM patients WHERE age >= :age GROUP BY sex WITH PRIVACY (epsilon 0.5, delta 1e-7)"
	ch, err := charter.Parse([]byte(strings.Replace(string(text), "members:",
		"  privacy: {max_epsilon: 1, max_delta: 1e-6, budget: {epsilon: 5, delta: 1e-6, period: 720h}}\nmembers:", 1) +
		"templates:\n  - {name: x, sql: \"" + sql + "\", parameters: [{name: age, type: integer, range: [1, 99]}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := query.CheckTemplates(ch, instantiate); err != nil {
		t.Fatal(err)
	}
	q, err := query.Instantiate(ch, "x", []plan.Argument{{Name: "age", Value: plan.Value{Kind: plan.Integer, Text: "18"}}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := query.Compile(strings.Replace(sql, ":age", "18", 1), ch)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := want.Plan.Marshal()
	b, err2 := q.Plan.Marshal()
	if err1 != nil || err2 != nil || string(a) != string(b) || q.Plan.Privacy == nil {
		t.Errorf("%v, %v, privacy %v: another plan", err1, err2, q.Plan.Privacy)
	}
}

func instantiate(ch *charter.Charter, name string, args []plan.Argument) error {
	_, err := query.Instantiate(ch, name, args)
	return err
}
