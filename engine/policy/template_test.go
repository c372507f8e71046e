package policy

import (
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/config"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
	"github.com/tacit-space/tacit/engine/statistic"
)

// templated is the charter of the tests with two templates, and with the rule that only
// templates may be asked.
func templated(t testing.TB, change ...string) *charter.Charter {
	t.Helper()
	text := hospitalsText(t)
	text = strings.Replace(text, "members:", "  questions: templates\nmembers:", 1) + `templates:
  - name: cost_by_sex
    sql: |
      SELECT sex, COUNT(*), AVG(cost)
      FROM patients WHERE age >= :age AND sex IN (:sex) GROUP BY sex
    parameters:
      - {name: age, type: integer, range: [18, 90], default: 40}
      - {name: sex, type: text, values: [female, male]}
    analysts: [institute]
    purposes: [research]
  - {name: number, sql: SELECT COUNT(*) FROM patients}
`
	ch, err := charter.Parse([]byte(strings.NewReplacer(change...).Replace(text)))
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func integer(text string) plan.Value { return plan.Value{Kind: plan.Integer, Text: text} }
func word(text string) plan.Value    { return plan.Value{Kind: plan.Text, Text: text} }

// byTemplate is the request of analyst institute for cost_by_sex.
func byTemplate(t testing.TB, ch *charter.Charter) *Request {
	t.Helper()
	args := []plan.Argument{{Name: "age", Value: integer("40")}, {Name: "sex", Value: word("male")}}
	q, err := query.Instantiate(ch, "cost_by_sex", args)
	if err != nil {
		t.Fatal(err)
	}
	r := count(t, ch)
	r.Job.Plan, r.Job.Template, r.Job.Arguments = q.Plan, "cost_by_sex", args
	resign(t, ch, r)
	return r
}

// resign derives everything from the plan, as a dishonest analyst's client can.
func resign(t testing.TB, ch *charter.Charter, r *Request) {
	t.Helper()
	p := &r.Job.Plan
	shape, err := plan.GuardShape(p, ch)
	if err != nil {
		t.Fatal(err)
	}
	r.Guard, r.Width, r.Length = shape, int(p.Width), p.Length()
	r.Job.Leakage = plan.Explain(p, ch).As(r.Job.Template, r.Job.Arguments).Hash()
}

// TestTemplateAttacks: whatever an analyst signs, an owner that takes part takes part in the
// charter's template with arguments within their bounds, and in nothing else.
func TestTemplateAttacks(t *testing.T) {
	ch := templated(t)
	other := func(sql string) func(*Request) {
		return func(r *Request) {
			q, err := query.Compile(sql, ch)
			if err != nil {
				t.Fatal(err)
			}
			r.Job.Plan = q.Plan
		}
	}
	cases := []struct {
		name  string
		want  *fault.Kind // nil: accepted
		spoil func(*Request)
	}{
		{"the template", nil, func(*Request) {}},
		{"in own words", TemplatesOnly, func(r *Request) { r.Job.Template, r.Job.Arguments = "", nil }},
		{"the template's plan without its name", TemplatesOnly, func(r *Request) { r.Job.Template, r.Job.Arguments = "", nil }},
		{"another question under the template's name", OtherPlan, other("SELECT smoker, COUNT(*), AVG(cost) FROM patients GROUP BY smoker")},
		{"the template without a condition", OtherPlan, other("SELECT sex, COUNT(*), AVG(cost) FROM patients WHERE age >= 40 GROUP BY sex")},
		{"a plan of arguments other than the signed", OtherPlan, other("SELECT sex, COUNT(*), AVG(cost) FROM patients WHERE age >= 41 AND sex IN ('male') GROUP BY sex")},
		{"a plan of arguments out of bounds, signed within", OtherPlan, other("SELECT sex, COUNT(*), AVG(cost) FROM patients WHERE age >= 99 AND sex IN ('male') GROUP BY sex")},
		{"another template's name", query.UnknownArgument, func(r *Request) { r.Job.Template = "number" }},
		{"another template's name, without arguments", OtherPlan, func(r *Request) { r.Job.Template, r.Job.Arguments = "number", nil }},
		{"no such template", query.UnknownTemplate, func(r *Request) { r.Job.Template = "cost_by_sex; number" }},
		{"signed out of bounds, with its plan", query.BadArgument, func(r *Request) {
			other("SELECT sex, COUNT(*), AVG(cost) FROM patients WHERE age >= 99 AND sex IN ('male') GROUP BY sex")(r)
			r.Job.Arguments[0].Value = integer("99")
		}},
		{"not listed", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("divers") }},
		{"a text for a number", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = word("40") }},
		{"a number for a text", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = integer("1") }},
		{"a decimal for an integer", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = plan.Value{Kind: plan.Decimal, Text: "40"} }},
		{"NULL", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = plan.Value{} }},
		{"an expression", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = integer("40 OR TRUE") }},
		{"a column", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = integer("age") }},
		{"a number in another form", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = integer("040") }},
		{"a huge number", query.BadArgument, func(r *Request) { r.Job.Arguments[0].Value = integer(strings.Repeat("9", 4000)) }},
		{"a quote", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("male') OR ('1'='1") }},
		{"a comment", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("male') --") }},
		{"a NUL", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("male\x00") }},
		{"what looks the same", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("m\u0430le") }},
		{"an invisible character", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("male\u200b") }},
		{"no UTF-8", query.BadArgument, func(r *Request) { r.Job.Arguments[1].Value = word("male\xff") }},
		{"an argument is missing", query.MissingArgument, func(r *Request) { r.Job.Arguments = r.Job.Arguments[:1] }},
		{"no arguments", query.MissingArgument, func(r *Request) { r.Job.Arguments = nil }},
		{"an argument more", query.UnknownArgument, func(r *Request) {
			r.Job.Arguments = append(r.Job.Arguments, plan.Argument{Name: "where", Value: word("1=1")})
		}},
		{"an argument twice", query.BadArgument, func(r *Request) {
			r.Job.Arguments = append(r.Job.Arguments[:1:1], r.Job.Arguments...)
		}},
		{"another order", query.BadArgument, func(r *Request) {
			r.Job.Arguments[0], r.Job.Arguments[1] = r.Job.Arguments[1], r.Job.Arguments[0]
		}},
		{"another analyst", NotForThis, func(r *Request) { r.Job.Analyst, r.Analyst = "south", Member{"south", ch.Member("south").Key} }},
		{"another purpose", NotForThis, func(r *Request) { r.Job.Purpose = "quality assurance" }},
	}
	for _, c := range cases {
		r := byTemplate(t, ch)
		c.spoil(r)
		resign(t, ch, r)
		err := Check(ch, "west", r, config.Accept{}, now)
		if c.want == nil && err != nil || c.want != nil && !c.want.Is(err) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if err != nil {
			for _, secret := range []string{"99", "divers", "male", "OR"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%s: the refusal tells a value: %v", c.name, err)
				}
			}
		}
	}
}

// TestStatementNamesTheTemplate: a statement without the template, or with other arguments, is not the one
// that people read.
func TestStatementNamesTheTemplate(t *testing.T) {
	ch := templated(t)
	r := byTemplate(t, ch)
	r.Job.Leakage = plan.Explain(&r.Job.Plan, ch).Hash()
	if err := Check(ch, "west", r, config.Accept{}, now); !WrongStatement.Is(err) {
		t.Errorf("got %v", err)
	}
}

// TestQuestionsOfATable: the word of a table goes before that of the space.
func TestQuestionsOfATable(t *testing.T) {
	for _, c := range []struct {
		change []string
		only   bool
	}{
		{nil, true},
		{[]string{"max_rows:", "questions: any\n    max_rows:"}, false},
		{[]string{"  questions: templates\n", ""}, false},
		{[]string{"  questions: templates\n", "", "max_rows:", "questions: templates\n    max_rows:"}, true},
	} {
		ch := templated(t, c.change...)
		err := Check(ch, "west", count(t, ch), config.Accept{}, now)
		if TemplatesOnly.Is(err) != c.only || !c.only && err != nil {
			t.Errorf("%q: got %v", c.change, err)
		}
		if err := Check(ch, "west", byTemplate(t, ch), config.Accept{}, now); err != nil {
			t.Errorf("%q: the template: %v", c.change, err)
		}
	}
}

// TestTemplateThatDoesNotCompile: members may sign what their tools would have refused; a worker refuses to take
// part, and goes on.
func TestTemplateThatDoesNotCompile(t *testing.T) {
	for _, sql := range []string{
		"SELECT note FROM patients", "SELECT COUNT(*) FROM people", "SELEC", "SELECT :x", ":", "'", "SELECT COUNT(*) FROM patients; DROP TABLE patients",
		"/* " + strings.Repeat("(", 5000), "SELECT " + strings.Repeat("(", 5000) + "1", "SELECT COUNT(*) FROM patients WHERE age > :age",
	} {
		ch := templated(t, "sql: SELECT COUNT(*) FROM patients", `sql: "`+sql+`"`)
		if err := statistic.CheckTemplates(ch); !query.BadTemplate.Is(err) {
			t.Errorf("%.40s: got %v", sql, err)
		}
		r := count(t, ch)
		r.Job.Template = "number"
		resign(t, ch, r)
		if err := Check(ch, "west", r, config.Accept{}, now); err == nil {
			t.Errorf("%.40s: accepted", sql)
		}
	}
}

// BenchmarkCheck is the policy check of one job that is asked by a template, which the
// worker compiles.
func BenchmarkCheck(b *testing.B) {
	ch := templated(b)
	r := byTemplate(b, ch)
	for b.Loop() {
		if err := Check(ch, "west", r, config.Accept{}, now); err != nil {
			b.Fatal(err)
		}
	}
}
