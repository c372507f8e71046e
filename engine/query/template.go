package query

import (
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/result"
	"github.com/tacit-space/tacit/engine/strictyaml"
)

// Faults of questions that are asked by a template.
var (
	UnknownTemplate = fault.Declare("TACIT-P140", "unknown template",
		"The charter has no template of this name.",
		"Use one of the templates that \"tacit template list\" lists.")
	BadArgument = fault.Declare("TACIT-P141", "argument out of bounds",
		"The value that was given for a parameter of a template is not of its type, or outside the bounds that the charter sets.",
		"Choose a value that \"tacit template show\" allows.")
	MissingArgument = fault.Declare("TACIT-P142", "argument missing",
		"A parameter of the template has no value, and the charter sets no default for it.",
		"Give each parameter a value: --param NAME=VALUE.")
	UnknownArgument = fault.Declare("TACIT-P143", "unknown argument",
		"A value was given for a parameter that the template does not have.",
		"Use the parameters that \"tacit template show\" lists.")
	BadTemplate = fault.Declare("TACIT-P144", "template does not compile",
		"A template of the charter is not a question that could be asked under this charter, or its parameters and its SQL do not fit together.",
		"Correct the template at the position, and have the charter signed again.")
)

// Instantiate compiles a template of the charter with arguments: one for each parameter,
// in the order of names. They become constants of the syntax tree and are never part of a
// text that is parsed. The plan has passed [plan.Check]. Faults: those of [Compile], with
// the position in the template's text, and those of arguments, which do not repeat values.
func Instantiate(ch *charter.Charter, name string, args []plan.Argument) (*Query, error) {
	t, text, places, f := instance(ch, name, args)
	if f != nil {
		return nil, f
	}
	constants := map[int]*literal{}
	for at, name := range places {
		i := slices.IndexFunc(args, func(a plan.Argument) bool { return a.Name == name })
		constants[at] = constantOf(pos(at), args[i].Value)
	}
	return compile(t.SQL, text, constants, ch)
}

// instance returns a template whose parameters the arguments fit, its text with a marker for each parameter, and the
// names of parameters at the offsets of their markers.
func instance(ch *charter.Charter, name string, args []plan.Argument) (t *charter.Template, text string, places map[int]string, f *fault.Fault) {
	if t = ch.Template(name); t == nil {
		return nil, "", nil, UnknownTemplate.New("the charter has no template of this name")
	}
	if f = fit(t, args); f != nil {
		return nil, "", nil, f
	}
	text, places, f = markers(t)
	return t, text, places, f
}

// fit checks arguments against the declared parameters.
func fit(t *charter.Template, args []plan.Argument) *fault.Fault {
	for i, a := range args {
		p := t.Parameter(a.Name)
		if p == nil {
			return UnknownArgument.New("argument %d of template %q is for no parameter of it", i+1, t.Name)
		}
		if a.Value.Kind != kindOf(p) {
			return BadArgument.New("parameter %q is of type %s", p.Name, p.Type)
		}
		if why := p.CheckValue(a.Value.Text); why != "" {
			return BadArgument.New("parameter %q: %s", p.Name, why)
		}
		if i > 0 && args[i-1].Name >= a.Name {
			return BadArgument.New("the arguments are not in the order of their names")
		}
	}
	for _, p := range t.Parameters {
		if !slices.ContainsFunc(args, func(a plan.Argument) bool { return a.Name == p.Name }) {
			return MissingArgument.New("parameter %q has no value", p.Name)
		}
	}
	return nil
}

// kindOf is the kind of constant that a parameter takes.
func kindOf(p *charter.Parameter) plan.ValueKind {
	switch p.Kind() {
	case charter.KindInteger:
		return plan.Integer
	case charter.KindDecimal:
		return plan.Decimal
	case charter.KindText:
		return plan.Text
	case charter.KindBoolean:
		return plan.Boolean
	case charter.KindDate:
		return plan.Date
	case charter.KindTimestamp:
		return plan.Timestamp
	default:
		return plan.Null
	}
}

// Arguments reads what a person wrote for the parameters of a template, adds defaults, and
// returns the arguments for [Instantiate]. Numbers may have more zeros than they need.
func Arguments(ch *charter.Charter, name string, given map[string]string) ([]plan.Argument, error) {
	t, err := FindTemplate(ch, name)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if t.Parameter(key) == nil {
			return nil, suggest(UnknownArgument.New("template %q has no parameter %q", name, key), key, parameterNames(t))
		}
	}
	var args []plan.Argument
	for i := range t.Parameters {
		p := &t.Parameters[i]
		text, ok := given[p.Name]
		if !ok {
			text = p.Default
		}
		if !ok && text == "" {
			continue // fit names it
		}
		if c, err := decimal.Canonical(text); err == nil && (p.Kind() == charter.KindInteger || p.Kind() == charter.KindDecimal) {
			text = c
		}
		args = append(args, plan.Argument{Name: p.Name, Value: plan.Value{Kind: kindOf(p), Text: text}})
	}
	slices.SortFunc(args, func(a, b plan.Argument) int { return strings.Compare(a.Name, b.Name) })
	if f := fit(t, args); f != nil {
		return nil, f
	}
	return args, nil
}

// FindTemplate returns a template by the name that a person wrote. It fails with
// [UnknownTemplate], and the nearest name.
func FindTemplate(ch *charter.Charter, name string) (*charter.Template, error) {
	if t := ch.Template(name); t != nil {
		return t, nil
	}
	return nil, suggest(UnknownTemplate.New("the charter has no template %q", name), name, templateNames(ch))
}

func templateNames(ch *charter.Charter) []string {
	var names []string
	for i := range ch.Templates {
		names = append(names, ch.Templates[i].Name)
	}
	return names
}

func parameterNames(t *charter.Template) []string {
	var names []string
	for i := range t.Parameters {
		names = append(names, t.Parameters[i].Name)
	}
	return names
}

var markerPattern = regexp.MustCompile(`^:[a-z_][a-z0-9_]*`)

// markers returns the text of a template with each :name as a parameter of PostgreSQL's
// grammar, of the same length, and the name at each offset. Which colons are markers is
// decided by the parser's own scanner, so that none is found in a string or comment.
func markers(t *charter.Template) (text string, places map[int]string, f *fault.Fault) {
	if f := acceptable(t.SQL); f != nil {
		return "", nil, f
	}
	scan, err := pg.Scan(t.SQL)
	if err != nil {
		return t.SQL, nil, nil // the parser says why
	}
	out, places := []byte(t.SQL), map[int]string{}
	for i, token := range scan.Tokens {
		if token.Token != pg.Token_ASCII_58 {
			continue
		}
		at := int(token.Start)
		word := markerPattern.FindString(t.SQL[at:])
		if word == "" || i+1 == len(scan.Tokens) || int(scan.Tokens[i+1].End) != at+len(word) {
			return "", nil, BadTemplate.New("a colon that no name of a parameter follows").Where(fault.At(t.SQL, at))
		}
		if t.Parameter(word[1:]) == nil {
			f := BadTemplate.New("no parameter %q is declared", word[1:]).Where(fault.At(t.SQL, at))
			return "", nil, suggest(f, word[1:], parameterNames(t))
		}
		places[at] = word[1:]
		copy(out[at:], "$1"+strings.Repeat(" ", len(word)-2))
	}
	used := slices.Collect(maps.Values(places))
	for _, name := range parameterNames(t) {
		if !slices.Contains(used, name) {
			return "", nil, BadTemplate.New("the parameter %q is not used in the SQL", name).Where(fault.At(t.SQL, 0))
		}
	}
	return string(out), places, nil
}

// constantOf makes the constant of the syntax tree that an argument stands for.
func constantOf(at pos, v plan.Value) *literal {
	switch v.Kind {
	case plan.Integer:
		n := v.Rat()
		t := numberType(strings.TrimPrefix(v.Text, "-"), n)
		if n.Num().BitLen() <= 31 {
			t = result.Type{Kind: result.Integer}
		}
		return number(at, n, t)
	case plan.Decimal:
		return number(at, v.Rat(), decimalOf(strings.TrimPrefix(v.Text, "-"), v.Rat()))
	case plan.Boolean:
		return &literal{pos: at, value: v, typ: booleanType, text: v.Text}
	case plan.Date:
		return &literal{pos: at, value: v, typ: result.Type{Kind: result.Date}, text: v.SQL()}
	case plan.Timestamp:
		return &literal{pos: at, value: v, typ: result.Type{Kind: result.Timestamp}, text: v.SQL()}
	default:
		return &literal{pos: at, value: v, typ: varcharType, text: v.SQL()}
	}
}

// decimalOf is the type of a number as if it were written with a point.
func decimalOf(text string, v *big.Rat) result.Type {
	if !strings.Contains(text, ".") {
		text += "."
	}
	return numberType(text, v)
}

// Instantiation compiles a template with arguments.
type Instantiation func(ch *charter.Charter, name string, args []plan.Argument) error

// CheckTemplates compiles every template of a charter, with each value and each end of a
// range of its parameters. It fails with [BadTemplate], which lists all that do not
// compile, each with its path in the charter and the position in its SQL.
func CheckTemplates(ch *charter.Charter, instantiate Instantiation) error {
	var problems strictyaml.Problems
	for i := range ch.Templates {
		if err := checkTemplate(&ch.Templates[i], ch, instantiate); err != nil {
			f := fault.From(err)
			where := ""
			if f.Position != nil {
				where = f.Position.String() + ": "
			}
			name := ch.Templates[i].Name
			problems.Add("templates["+name+"].sql", "%s%s (%s) %s", where, f.Message, f.Code, f.Remedy)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return BadTemplate.New("%w", problems)
}

// checkTemplate varies one parameter at a time.
func checkTemplate(t *charter.Template, ch *charter.Charter, instantiate Instantiation) error {
	var args []plan.Argument
	for _, name := range slices.Sorted(slices.Values(parameterNames(t))) {
		p := t.Parameter(name)
		args = append(args, plan.Argument{Name: name, Value: plan.Value{Kind: kindOf(p), Text: choices(p)[0]}})
	}
	if err := instantiate(ch, t.Name, args); err != nil {
		return err
	}
	for i := range args {
		first := args[i].Value
		for _, text := range choices(t.Parameter(args[i].Name))[1:] {
			args[i].Value.Text = text
			if err := instantiate(ch, t.Name, args); err != nil {
				return err
			}
		}
		args[i].Value = first
	}
	return nil
}

// choices are the values with which a template is tried: all that are listed, or the ends of
// the range. A parameter of a valid charter has one or the other.
func choices(p *charter.Parameter) []string {
	switch {
	case len(p.Values) > 0:
		return p.Values
	case len(p.Range) == 2:
		return p.Range
	case p.Kind() == charter.KindBoolean:
		return []string{"false", "true"}
	}
	return []string{""}
}
