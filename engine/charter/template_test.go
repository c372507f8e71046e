package charter

import (
	"strings"
	"testing"
)

// questions is the charter of the tests with templates, and rules what may be
// asked about its table.
func questions(t *testing.T, change ...string) string {
	t.Helper()
	text := strings.Replace(string(hospitals(t)), "members:", `  questions: templates
members:`, 1)
	text = strings.Replace(text, "max_rows:", "questions: any\n    max_rows:", 1)
	text += `templates:
  - name: cost_by_sex
    title: Cost of treatment by sex
    sql: |
      SELECT sex, COUNT(*), AVG(cost)
      FROM patients WHERE age >= :age AND sex IN (:sex) GROUP BY sex
    parameters:
      - {name: age, title: Youngest, type: integer, range: [18, 90], default: 40}
      - {name: sex, type: text, values: [female, male]}
    analysts: [institute]
    purposes: [research]
  - {name: number, sql: SELECT COUNT(*) FROM patients}
`
	return strings.NewReplacer(change...).Replace(text)
}

func TestTemplates(t *testing.T) {
	c, err := Parse([]byte(questions(t)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(c.YAML())
	if err != nil || again.Hash() != c.Hash() {
		t.Errorf("%v; written and read again it is another charter:\n%s", err, c.YAML())
	}
	if c.Template("cost_by_sex").Parameter("age").Default != "40" || c.Template("x") != nil || c.Template("number").Parameter("age") != nil {
		t.Error("templates are not found by name")
	}
	if c.TemplatesOnly("patients") || !c.TemplatesOnly("visits") {
		t.Error("the word of the table does not go before that of the space")
	}
}

// TestQuestionRulesAreChecked: each wrong key is found at its path.
func TestQuestionRulesAreChecked(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"questions: templates", "questions: template", `rules.questions: "template" is none of any, templates (did you mean "templates"?)`},
		{"questions: any", "questions: none", "tables[0].questions"},
		{"name: cost_by_sex", "name: Cost", "templates[0].name"},
		{"name: number", "name: cost_by_sex", "templates[1].name: the same as"},
		{"sql: SELECT COUNT(*) FROM patients", `sql: " "`, "templates[1].sql: missing"},
		{"sql: SELECT COUNT(*) FROM patients", `sql: "SELECT \u202e"`, "templates[1].sql: holds a character"},
		{"type: integer, range: [18, 90]", "type: int, range: [18, 90]", `templates[0].parameters[0].type: "int" is none of`},
		{"range: [18, 90]", "range: [90, 18]", "templates[0].parameters[0].range: the lowest"},
		{"range: [18, 90]", "range: [18, 1e3]", "templates[0].parameters[0].range[1]"},
		{"range: [18, 90], default: 40", "default: 40", "templates[0].parameters[0]: wants values, or a range"},
		{"default: 40", "default: 17", "templates[0].parameters[0].default: outside 18 to 90"},
		{"type: text, values: [female, male]", "type: text", "templates[0].parameters[1]: wants values"},
		{"type: text, values: [female, male]", "type: text, range: [a, z]", "templates[0].parameters[1].range: has no meaning"},
		{"values: [female, male]", "values: [female, female]", "templates[0].parameters[1].values[1]"},
		{"values: [female, male]", "value: [female, male]", `(did you mean "values"?)`},
		{"{name: sex,", "{name: age,", "templates[0].parameters[1].name: the same as"},
		{"    analysts: [institute]\n", "    analysts: [hub]\n", "templates[0].analysts[0]"},
	} {
		text := questions(t, c.from, c.to)
		if text == questions(t) {
			t.Fatalf("%s: nothing changed", c.from)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.to, err, c.want)
		}
	}
}

// TestParameterValues: what may be chosen, in its one text; reasons do not repeat it.
func TestParameterValues(t *testing.T) {
	for _, c := range []struct {
		p    Parameter
		good []string
		bad  []string
	}{
		{Parameter{Type: "integer", Range: []string{"-5", "90"}}, []string{"-5", "0", "90"}, []string{"91", "-6", "1.5", "007", "+1", "1e1", "", "one", "99999999999999999999"}},
		{Parameter{Type: "integer", Values: []string{"1", "2"}}, []string{"1"}, []string{"3", "1.0"}},
		{Parameter{Type: "decimal", Range: []string{"0", "1.5"}}, []string{"0", "1", "1.5", "0.25"}, []string{"1.50", "1.51", "-0", "NaN", ".5"}},
		{Parameter{Type: "text", Values: []string{"a'b", "c"}}, []string{"a'b"}, []string{"a", "a''b", "c\x00", ""}},
		{Parameter{Type: "boolean"}, []string{"true", "false"}, []string{"True", "1", ""}},
		{Parameter{Type: "date", Range: []string{"2020-01-01", "2020-12-31"}}, []string{"2020-01-01", "2020-12-31"}, []string{"2019-12-31", "2021-01-01", "2020-1-1", "2020-02-30", "0000-01-01"}},
		{Parameter{Type: "timestamp", Range: []string{"2020-01-01 00:00:00", "2020-12-31 00:00:00"}}, []string{"2020-06-01 12:00:00"}, []string{"2020-06-01", "2020-12-31 00:00:01"}},
		{Parameter{Type: "float"}, nil, []string{"1"}},
	} {
		for _, v := range c.good {
			if why := c.p.CheckValue(v); why != "" {
				t.Errorf("%s %q: %s", c.p.Type, v, why)
			}
		}
		for _, v := range c.bad {
			why := c.p.CheckValue(v)
			if why == "" {
				t.Errorf("%s %q is accepted", c.p.Type, v)
			}
			if len(v) > 4 && strings.Contains(why, v) {
				t.Errorf("%s: the reason repeats the value: %s", c.p.Type, why)
			}
		}
	}
}

// TestDiffOfTemplates: what becomes laxer about templates is called so.
func TestDiffOfTemplates(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"  questions: templates\n", "", "rules.questions laxer"},
		{"questions: any", "questions: templates", "tables.patients.questions stricter"},
		{"  - {name: number, sql: SELECT COUNT(*) FROM patients}\n", "", "templates.number stricter"},
		{"name: number,", "name: total,", "templates.number stricter|templates.total laxer"},
		{"SELECT COUNT(*) FROM", "SELECT COUNT(age) FROM", "templates.number.sql changed"},
		{"values: [female, male]", "values: [female, male, divers]", "templates.cost_by_sex.parameters.sex.values laxer"},
		{"range: [18, 90]", "range: [0, 90]", "templates.cost_by_sex.parameters.age.range changed"},
		{"    analysts: [institute]\n", "", "templates.cost_by_sex.analysts laxer"},
		{"    purposes: [research]\n", "", "templates.cost_by_sex.purposes laxer"},
	} {
		from, err := Parse([]byte(questions(t)))
		if err != nil {
			t.Fatal(err)
		}
		to, err := Parse([]byte(questions(t, c.from, c.to)))
		if err != nil {
			t.Fatalf("%s: %v", c.to, err)
		}
		var got []string
		for _, change := range Diff(from, to) {
			got = append(got, change.Path+" "+string(change.Effect))
		}
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s: got %s, want %s", c.to, text, c.want)
		}
	}
}
