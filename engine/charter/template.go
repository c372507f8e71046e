package charter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// What analysts may ask about a table.
const (
	QuestionsAny       = "any"       // any SELECT that the rules allow
	QuestionsTemplates = "templates" // the charter's templates only
)

// Template is a question that members have read before they signed the charter. An
// analyst chooses values for its parameters, and nothing else.
type Template struct {
	Name       string      `yaml:"name" required:"true" help:"Name that analysts use: lower-case letters, digits and _."`
	Title      string      `yaml:"title,omitempty" help:"What the question is about, for people."`
	SQL        string      `yaml:"sql" required:"true" help:"One SELECT; a parameter is written with a colon, such as :sex."`
	Parameters []Parameter `yaml:"parameters,omitempty" help:"What the analyst may choose. Each has a type and bounds."`
	Analysts   []string    `yaml:"analysts,omitempty" help:"Ids of those who may use it; left out: every analyst."`
	Purposes   []string    `yaml:"purposes,omitempty" help:"Purposes that it may be used for; left out: all that the space allows."`
}

// Parameter of a template. It has either values or a range; a boolean needs neither.
type Parameter struct {
	Name    string   `yaml:"name" required:"true" help:"Name, as in the SQL after the colon."`
	Title   string   `yaml:"title,omitempty" help:"What it means, for people."`
	Type    string   `yaml:"type" required:"true" oneof:"integer,decimal,text,date,timestamp,boolean" help:"Type of its values."`
	Values  []string `yaml:"values,omitempty" form:"value" help:"Every value that may be chosen."`
	Range   []string `yaml:"range,omitempty" form:"value" help:"[lowest, highest], both inclusive; not for text and boolean."`
	Default string   `yaml:"default,omitempty" form:"value" help:"Value of a parameter that is left out; without one it must be given."`
}

// ParameterTypes are the types that a parameter can have.
var ParameterTypes = []string{"integer", "decimal", "text", "date", "timestamp", "boolean"}

// Kind returns the type of the parameter; its zero value if it is none of
// [ParameterTypes].
func (p *Parameter) Kind() Kind {
	switch {
	case p.Type == "decimal":
		return KindDecimal
	case slices.Contains(ParameterTypes, p.Type):
		return kindNames[p.Type]
	}
	return 0
}

// Template returns the template with this name, or nil.
func (c *Charter) Template(name string) *Template {
	for i := range c.Templates {
		if c.Templates[i].Name == name {
			return &c.Templates[i]
		}
	}
	return nil
}

// Parameter returns the parameter with this name, or nil.
func (t *Template) Parameter(name string) *Parameter {
	for i := range t.Parameters {
		if t.Parameters[i].Name == name {
			return &t.Parameters[i]
		}
	}
	return nil
}

// TemplatesOnly reports whether only templates may be asked about a table: its own
// word counts, or else that of the space.
func (c *Charter) TemplatesOnly(table string) bool {
	rule := c.Rules.Questions
	if t := c.Table(table); t != nil && t.Questions != "" {
		rule = t.Questions
	}
	return rule == QuestionsTemplates
}

// CheckValue returns why a text is not the canonical text of a value that may be
// chosen, "" if it is. The reason does not repeat the text.
func (p *Parameter) CheckValue(text string) string {
	if reason := p.wrong(text); reason != "" {
		return reason
	}
	switch {
	case len(p.Values) > 0 && !slices.Contains(p.Values, text):
		return fmt.Sprintf("none of the %d values that may be chosen", len(p.Values))
	case len(p.Range) == 2 && (p.order(text, p.Range[0]) < 0 || p.order(text, p.Range[1]) > 0):
		return fmt.Sprintf("outside %s to %s", p.Range[0], p.Range[1])
	}
	return ""
}

// wrong says why a text is no value of the type.
func (p *Parameter) wrong(text string) string {
	switch kind := p.Kind(); kind {
	case 0:
		return "the parameter has no known type"
	case KindDecimal:
		return Type{Kind: KindDouble}.wrong(text) // any number in canonical form
	default:
		return Type{Kind: kind}.wrong(text)
	}
}

// order compares two values of the type, which are canonical.
func (p *Parameter) order(a, b string) int {
	switch kind := p.Kind(); kind {
	case KindInteger, KindDecimal:
		x, err1 := decimal.Parse(a)
		y, err2 := decimal.Parse(b)
		if err1 == nil && err2 == nil {
			return x.Cmp(y)
		}
	case KindDate, KindTimestamp:
		x, err1 := ParseInstant(kind, a)
		y, err2 := ParseInstant(kind, b)
		if err1 == nil && err2 == nil {
			return x.Compare(y)
		}
	}
	return cmp.Compare(a, b)
}

func (c *Charter) checkTemplates(k check) {
	var names []string
	for i := range c.Templates {
		t, k := &c.Templates[i], k.at("[%d]", i)
		names = append(names, t.Name)
		k.at("name").name(t.Name)
		k.at("title").title(t.Title)
		t.checkSQL(k.at("sql"))
		var parameters []string
		for j := range t.Parameters {
			parameters = append(parameters, t.Parameters[j].Name)
			t.Parameters[j].check(k.at("parameters[%d]", j))
		}
		k.at("parameters").unique(parameters, ".name")
		c.checkAnalysts(k.at("analysts"), t.Analysts)
		c.checkPurposes(k.at("purposes"), t.Purposes)
	}
	k.unique(names, ".name")
}

// checkSQL checks the text as a text; engine/query compiles it.
func (t *Template) checkSQL(k check) {
	shown := strings.NewReplacer("\n", " ", "\t", " ", "\r\n", " ").Replace(t.SQL)
	switch {
	case strings.TrimSpace(t.SQL) == "":
		k.fail("missing: the SELECT that is asked")
	case len(t.SQL) > MaxTemplateText:
		k.fail("%d bytes long, at most %d", len(t.SQL), MaxTemplateText)
	case unprintable(strings.TrimSpace(shown)) != "":
		k.fail("%s", unprintable(strings.TrimSpace(shown)))
	}
}

func (p *Parameter) check(k check) {
	k.at("name").name(p.Name)
	k.at("title").title(p.Title)
	kind := p.Kind()
	if kind == 0 {
		k.at("type").oneOf(p.Type, ParameterTypes...)
		return
	}
	k.at("values").unique(p.Values, "")
	for i, v := range p.Values {
		if reason := p.wrong(v); reason != "" {
			k.at("values[%d]", i).fail("%s", reason)
		}
	}
	p.checkBounds(k, kind)
	if reason := p.CheckValue(p.Default); p.Default != "" && reason != "" {
		k.at("default").fail("%s", reason)
	}
}

func (p *Parameter) checkBounds(k check, kind Kind) {
	ordered := kind != KindText && kind != KindBoolean
	switch {
	case p.Range != nil && !ordered:
		k.at("range").fail("has no meaning for the type %s: list the values", p.Type)
	case p.Values != nil && p.Range != nil:
		k.at("range").fail("beside values: wants one of the two")
	case p.Range != nil:
		p.checkRange(k.at("range"))
	case len(p.Values) == 0 && kind == KindText:
		k.fail("wants values: a text without bounds could be anything")
	case len(p.Values) == 0 && kind != KindBoolean:
		k.fail("wants values, or a range")
	}
}

func (p *Parameter) checkRange(k check) {
	if len(p.Range) != 2 {
		k.fail("wants [lowest, highest], both inclusive")
		return
	}
	for i, text := range p.Range {
		if reason := p.wrong(text); reason != "" {
			k.at("[%d]", i).fail("%s", reason)
			return
		}
	}
	if p.order(p.Range[0], p.Range[1]) > 0 {
		k.fail("the lowest value is above the highest")
	}
}

// checkAnalysts checks a list of those who may do something.
func (c *Charter) checkAnalysts(k check, ids []string) {
	k.unique(ids, "")
	var known []string
	for _, m := range c.WithRole(Analyst) {
		known = append(known, m.ID)
	}
	for i, id := range ids {
		if !slices.Contains(known, id) {
			k.at("[%d]", i).fail("%q is no member with the role analyst%s", clip(id), strictyaml.Suggest(id, known))
		}
	}
}

// checkPurposes checks a list of purposes against that of the space.
func (c *Charter) checkPurposes(k check, purposes []string) {
	k.unique(purposes, "")
	for i, text := range purposes {
		k, all := k.at("[%d]", i), c.Rules.Purposes
		if text == "" {
			k.fail("empty")
		} else if len(all) > 0 && !slices.Contains(all, text) {
			k.fail("not among rules.purposes%s", strictyaml.Suggest(text, all))
		}
		k.title(text)
	}
}

// normalise puts numbers and sets in order; the order of values is that in which they are
// shown, and has no other meaning.
func (t *Template) normalise() {
	t.Analysts, t.Purposes = sorted(t.Analysts), sorted(t.Purposes)
	t.Parameters = slices.Clone(t.Parameters)
	for i := range t.Parameters {
		if p := &t.Parameters[i]; p.Kind() == KindBoolean && len(p.Values) == 0 {
			p.Values = []string{"false", "true"}
		}
	}
}

// oversize checks the lengths of lists; see [Charter.oversize].
func (t *Template) oversize(k check) {
	k.at("analysts").most(len(t.Analysts), MaxMembers)
	k.at("purposes").most(len(t.Purposes), MaxPurposes)
	k.at("parameters").most(len(t.Parameters), MaxParameters)
	for i := range t.Parameters {
		p, k := &t.Parameters[i], k.at("parameters[%d]", i)
		k.at("values").most(len(p.Values), MaxChoices)
		k.at("range").most(len(p.Range), 2)
	}
}
