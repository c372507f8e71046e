package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// SQL returns readable SQL for the plan, for people who decide about it. It is made
// from the plan alone, so it says what the workers do and not what the analyst
// typed: all numbers that leave, COUNT(*) first, and no HAVING, ORDER BY or LIMIT,
// which the analyst's side applies afterwards.
func (p *Plan) SQL() string {
	if p.Model == nil {
		return p.text("")
	}
	return p.text(p.Model.SQL())
}

// statement is [Plan.SQL] for a leakage statement, which is about every choice of coefficients.
func (p *Plan) statement() string {
	if p.Model == nil {
		return p.text("")
	}
	return p.text(p.Model.symbolic())
}

func (p *Plan) text(eta string) string {
	var keys, out []string
	for i := range p.Keys {
		keys = append(keys, p.Keys[i].sql())
	}
	out = slices.Clone(keys)
	for i := range p.Sums {
		out = append(out, p.Sums[i].SQL())
	}
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(out, ",\n       ") + "\nFROM " + QuoteName(p.Table))
	if p.Where != nil {
		b.WriteString("\nWHERE " + p.Where.SQL())
	}
	if len(keys) > 0 {
		b.WriteString("\nGROUP BY " + strings.Join(keys, ", "))
	}
	if p.Model != nil {
		b.WriteString("\nWITH eta = " + eta)
	}
	if p.Privacy != nil {
		b.WriteString("\n" + p.Privacy.SQL())
	}
	return b.String()
}

func (k *Key) sql() string {
	if k.Along {
		slots := *k
		slots.Along = false
		return "curve(" + slots.sql() + ")"
	}
	switch k.Kind {
	case KeyColumn:
		return QuoteName(k.Column)
	case KeyTrunc:
		return fmt.Sprintf("date_trunc('%s', %s)", k.Grain, QuoteName(k.Column))
	case KeyBins:
		return fmt.Sprintf("width_bucket(%s, %s, %s, %d)", QuoteName(k.Column), k.Lo.SQL(), k.Hi.SQL(), k.Count)
	}
	var b strings.Builder
	b.WriteString("CASE")
	for _, a := range k.Arms {
		fmt.Fprintf(&b, " WHEN %s THEN %s", a.When.SQL(), k.Slot(a.Slot).SQL())
	}
	if k.Else < len(k.Slots) {
		fmt.Fprintf(&b, " ELSE %s", k.Slot(k.Else).SQL())
	}
	b.WriteString(" END")
	return b.String()
}

// SQL returns readable SQL for the sum.
func (s *Sum) SQL() string {
	present, what := s.Present, "COUNT(*)"
	switch {
	case s.Weight == LogFactorial:
		what = "SUM(ln(" + QuoteName(s.Factors[0]) + "!))"
	case s.Weight == Entropy:
		what = "SUM(" + QuoteName(s.Factors[0]) + " * ln(" + QuoteName(s.Factors[0]) + "))"
	case len(s.Factors) > 0 || s.Weight != Unweighted:
		names := make([]string, len(s.Factors))
		for i, f := range s.Factors {
			names[i] = QuoteName(f)
		}
		if s.Weight != Unweighted {
			names = append([]string{s.Weight.sql()}, names...)
		}
		what = "SUM(" + strings.Join(names, " * ") + ")"
	case len(present) == 1:
		what, present = "COUNT("+QuoteName(present[0])+")", nil
	}
	conditions := make([]*Predicate, 0, len(present)+1)
	conditions = append(conditions, s.Filter)
	for _, c := range present {
		conditions = append(conditions, Negate(Missing(c)))
	}
	if filter := AllOf(conditions...); filter != nil {
		what += " FILTER (WHERE " + filter.SQL() + ")"
	}
	return what
}

var symbols = map[Op]string{Eq: "=", Ne: "<>", Lt: "<", Le: "<=", Gt: ">", Ge: ">="}

// SQL returns readable SQL for the predicate.
func (p *Predicate) SQL() string {
	switch p.Op {
	case And, Or:
		return p.joined()
	case Not:
		return p.Args[0].negated()
	case In:
		return QuoteName(p.Column) + " IN (" + p.list() + ")"
	case IsNull:
		return QuoteName(p.Column) + " IS NULL"
	default:
		return QuoteName(p.Column) + " " + symbols[p.Op] + " " + p.Values[0].SQL()
	}
}

func (p *Predicate) negated() string {
	switch p.Op {
	case In:
		return QuoteName(p.Column) + " NOT IN (" + p.list() + ")"
	case IsNull:
		return QuoteName(p.Column) + " IS NOT NULL"
	default:
		return "NOT (" + p.SQL() + ")"
	}
}

func (p *Predicate) joined() string {
	word := " AND "
	if p.Op == Or {
		word = " OR "
	}
	parts := make([]string, len(p.Args))
	for i, a := range p.Args {
		parts[i] = a.SQL()
		if a.Op == And || a.Op == Or {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, word)
}

func (p *Predicate) list() string {
	parts := make([]string, len(p.Values))
	for i, v := range p.Values {
		parts[i] = v.SQL()
	}
	return strings.Join(parts, ", ")
}

// SQL returns the constant as an SQL literal.
func (v Value) SQL() string {
	switch v.Kind {
	case Null:
		return "NULL"
	case Text:
		return "'" + strings.ReplaceAll(v.Text, "'", "''") + "'"
	case Date:
		return "DATE '" + v.Text + "'"
	case Timestamp:
		return "TIMESTAMP '" + v.Text + "'"
	default:
		return v.Text
	}
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// reserved are the words that SQL would not read as a column name.
var reserved = strings.Fields(`all and any as asc between both case cast check collate column constraint
	create cross current_date current_time current_timestamp default desc distinct do else end except
	exists false for foreign from full grant group having in inner intersect into is join lateral leading
	left like limit natural not null offset on or order outer primary references right select some table
	then to trailing true union unique user using when where window with`)

// QuoteName returns a name as SQL has it, in quotes if it needs them.
func QuoteName(s string) string {
	if plainName.MatchString(s) && !slices.Contains(reserved, s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
