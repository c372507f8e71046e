package statistic

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Call is a statistic with its arguments, checked against its parameters: each value
// is one that the kind of its parameter takes.
type Call struct {
	Statistic *Statistic
	Charter   *charter.Charter
	Table     *charter.Table

	sql    string
	values map[string]value
}

type value struct {
	text string
	at   int // byte offset in sql
}

// NewCall makes a call from texts by name, as a command line has them.
func NewCall(s *Statistic, table string, given map[string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT * FROM %s(%s", s.Name, plan.QuoteName(table))
	for _, p := range s.Parameters {
		if text, ok := given[p.Name]; ok {
			fmt.Fprintf(&b, ", %s => %s", p.Name, p.literal(text))
		}
	}
	return b.String() + ")"
}

// SQL writes the call with every argument by name, in the order of parameters.
func (c *Call) SQL() string {
	given := map[string]string{}
	for name, v := range c.values {
		given[name] = v.text
	}
	return NewCall(c.Statistic, c.Table.Name, given)
}

func (p *Parameter) literal(text string) string {
	if p.Kind == Number || p.Kind == Integer {
		if _, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, "-.0123456789") == "" {
			return text
		}
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// bind checks what was parsed against the statistic's parameters.
func bind(sql string, parsed *query.Call, ch *charter.Charter) (*Call, *fault.Fault) {
	s := Find(parsed.Name)
	if s == nil {
		f := UnknownStatistic.New("no statistic %q", parsed.Name).Where(fault.At(sql, parsed.At))
		return nil, query.Suggest(f, parsed.Name, Names())
	}
	t, f := query.FindTable(ch, parsed.Table)
	if f != nil {
		return nil, f.Where(fault.At(sql, parsed.TableAt))
	}
	c := &Call{Statistic: s, Charter: ch, Table: t, sql: sql, values: map[string]value{}}
	for i, a := range parsed.Arguments {
		if f := c.take(a, i+1); f != nil {
			return nil, f
		}
	}
	for _, p := range s.Parameters {
		if _, ok := c.values[p.Name]; p.Required && !ok {
			return nil, BadParameter.New("%s needs %s: %s", s.Name, p.Name, p.Help).Where(fault.At(sql, parsed.At))
		}
	}
	return c, nil
}

// take enters argument number place.
func (c *Call) take(a query.CallArgument, place int) *fault.Fault {
	at := fault.At(c.sql, a.At)
	i := slices.IndexFunc(c.Statistic.Parameters, func(p Parameter) bool {
		return a.Name == p.Name || a.Name == "" && p.Place == place
	})
	if i < 0 && a.Name == "" {
		return BadParameter.New("argument %d after the table has no name", place).Where(at).With("Write name => value.")
	}
	if i < 0 {
		return query.Suggest(BadParameter.New("%s has no parameter %q", c.Statistic.Name, a.Name).Where(at), a.Name, c.Statistic.parameterNames())
	}
	p := &c.Statistic.Parameters[i]
	if _, twice := c.values[p.Name]; twice {
		return BadParameter.New("%s is given twice", p.Name).Where(at)
	}
	if why := p.refuse(a.Value); why != "" {
		return BadParameter.New("%s %s", p.Name, why).Where(at)
	}
	if p.Kind == Condition {
		if err := query.CheckCondition(a.Value); err != nil {
			return BadParameter.New("%s is not one condition: %s", p.Name, fault.From(err).Message).Where(at)
		}
	}
	c.values[p.Name] = value{a.Value, a.At}
	return nil
}

// refuse says what is wrong with a value, "" if nothing is.
func (p *Parameter) refuse(text string) string {
	if strings.IndexFunc(text, unicode.IsControl) >= 0 {
		return "has characters that cannot be shown"
	}
	switch p.Kind {
	case Number:
		if x, err := strconv.ParseFloat(text, 64); err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "wants a number"
		}
	case Integer:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return "wants a whole number"
		}
	case Flag:
		if text != "true" && text != "false" {
			return "wants true or false"
		}
	case Choice:
		if !slices.Contains(p.Choices, text) {
			return "wants one of " + strings.Join(p.Choices, ", ")
		}
	}
	return ""
}

func (s *Statistic) parameterNames() []string {
	names := make([]string, len(s.Parameters))
	for i, p := range s.Parameters {
		names[i] = p.Name
	}
	return names
}

// parameter panics on a name that the statistic does not declare, which is a
// programming error.
func (c *Call) parameter(name string) *Parameter {
	for i := range c.Statistic.Parameters {
		if p := &c.Statistic.Parameters[i]; p.Name == name {
			return p
		}
	}
	panic("statistic: " + c.Statistic.Name + " declares no parameter " + name)
}

// Has reports whether a parameter was given.
func (c *Call) Has(name string) bool {
	c.parameter(name)
	_, ok := c.values[name]
	return ok
}

// Text returns the value of a parameter, or its default.
func (c *Call) Text(name string) string {
	p := c.parameter(name)
	if v, ok := c.values[name]; ok {
		return v.text
	}
	return p.Default
}

// Number returns the value of a Number or Integer, 0 if there is none.
func (c *Call) Number(name string) float64 {
	x, _ := strconv.ParseFloat(c.Text(name), 64)
	return x
}

// Integer returns the value of an Integer, 0 if there is none.
func (c *Call) Integer(name string) int64 {
	n, _ := strconv.ParseInt(c.Text(name), 10, 64)
	return n
}

// Flag returns the value of a Flag.
func (c *Call) Flag(name string) bool { return c.Text(name) == "true" }

// Level returns the confidence level, which the statistic declares as the parameter level.
func (c *Call) Level() (float64, *fault.Fault) {
	x := c.Number("level")
	if x <= 0 || x >= 1 {
		return 0, c.Refuse("level", "is between 0 and 1")
	}
	return x, nil
}

// Refuse makes a fault about the value of a parameter, at its place in the text.
func (c *Call) Refuse(name, format string, args ...any) *fault.Fault {
	return c.At(name, BadParameter.New("%s %s", name, fmt.Sprintf(format, args...)))
}

// At places a fault at the value of a parameter.
func (c *Call) At(name string, f *fault.Fault) *fault.Fault {
	if v, ok := c.values[name]; ok && f != nil {
		return f.Where(fault.At(c.sql, v.at))
	}
	return f
}

// Column returns the column that a parameter names.
func (c *Call) Column(name string) (*charter.Column, *fault.Fault) {
	col, f := query.FindColumn(c.Table, strings.TrimSpace(c.Text(name)))
	return col, c.At(name, f)
}

// Columns returns the columns that a parameter names, each once; none if it was not given.
func (c *Call) Columns(name string) ([]*charter.Column, *fault.Fault) {
	if strings.TrimSpace(c.Text(name)) == "" {
		return nil, nil
	}
	var out []*charter.Column
	for _, part := range strings.Split(c.Text(name), ",") {
		col, f := query.FindColumn(c.Table, strings.TrimSpace(part))
		if f != nil {
			return nil, c.At(name, f)
		}
		if slices.Contains(out, col) {
			return nil, c.Refuse(name, "names %q twice", col.Name)
		}
		out = append(out, col)
	}
	return out, nil
}

// Resolve returns a column by a name that stands in the value of a parameter, such as a formula.
func (c *Call) Resolve(parameter, name string) (*charter.Column, *fault.Fault) {
	col, f := query.FindColumn(c.Table, name)
	return col, c.At(parameter, f)
}

// Where returns " WHERE (…)" with the conditions of the parameter where and the given
// ones, "" if there are none.
func (c *Call) Where(more ...string) string {
	var all []string
	if c.Has("where") {
		all = append(all, "("+c.Text("where")+")")
	}
	for _, m := range more {
		if m != "" {
			all = append(all, "("+m+")")
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

// From returns " FROM table WHERE …".
func (c *Call) From(conditions ...string) string {
	return " FROM " + plan.QuoteName(c.Table.Name) + c.Where(conditions...)
}

// outer makes the fault of an inner question one of the text that was asked: at the
// word that it is about, if the text has that word.
func outer(f *fault.Fault, inner, sql string) *fault.Fault {
	if f.Position == nil {
		return f
	}
	at := f.Position.Offset
	f.Position = nil
	if word := wordAt(inner, at); word != "" {
		if i := strings.Index(sql, word); i >= 0 {
			f.Position = fault.At(sql, i)
		}
	}
	return f
}

func wordAt(s string, at int) string {
	if at >= len(s) {
		return ""
	}
	s = strings.TrimPrefix(s[at:], `"`)
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	if end < 0 {
		end = len(s)
	}
	return s[:end]
}
