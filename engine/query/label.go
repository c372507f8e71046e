package query

import (
	"strings"
)

// label names a column of the result as DuckDB would, where that is simple.
func label(e expr) string { return printer{func(c *column) string { return c.written }}.text(e) }

// canon is a text that is the same for the same expression: names are resolved,
// positions left out.
func (c *compiler) canon(e expr) string {
	return printer{func(name *column) string {
		if col := c.lookup(name); col != nil {
			return `"` + col.Name + `"`
		}
		return name.name
	}}.text(e)
}

// printer writes an expression in DuckDB's way.
type printer struct{ column func(*column) string }

func (p printer) text(e expr) string {
	switch e := e.(type) {
	case *column:
		return p.column(e)
	case *literal:
		return e.text
	case *unary:
		if e.op == "not" {
			return "(NOT " + p.text(e.arg) + ")"
		}
		return e.op + "(" + p.text(e.arg) + ")"
	case *binary:
		return "(" + p.text(e.l) + " " + e.op + " " + p.text(e.r) + ")"
	case *logical:
		return "(" + p.list(e.args, " "+strings.ToUpper(e.op)+" ") + ")"
	case *in:
		return "(" + p.text(e.arg) + not(e.not) + " IN (" + p.list(e.list, ", ") + "))"
	case *between:
		return "(" + p.text(e.arg) + not(e.not) + " BETWEEN " + p.text(e.lo) + " AND " + p.text(e.hi) + ")"
	case *isNull:
		return "(" + p.text(e.arg) + " IS" + not(e.not) + " NULL)"
	case *call:
		return p.call(e)
	case *cases:
		return p.cases(e)
	case *cast:
		return "CAST(" + p.text(e.arg) + " AS " + e.typ.String() + ")"
	default:
		return ""
	}
}

func not(n bool) string {
	if n {
		return " NOT"
	}
	return ""
}

func (p printer) list(list []expr, sep string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = p.text(e)
	}
	return strings.Join(parts, sep)
}

func (p printer) call(e *call) string {
	name := e.name
	if name == "coalesce" {
		name = "COALESCE"
	}
	text := name + "(" + p.list(e.args, ", ") + ")"
	if e.star {
		text = "count_star()"
	}
	if e.filter != nil {
		filter := p.text(e.filter)
		text += " FILTER (WHERE " + filter + ")"
	}
	return text
}

func (p printer) cases(e *cases) string {
	var b strings.Builder
	b.WriteString("CASE")
	if e.arg != nil {
		b.WriteString(" " + p.text(e.arg))
	}
	for _, w := range e.whens {
		b.WriteString(" WHEN " + p.text(w.cond) + " THEN " + p.text(w.then))
	}
	if e.other != nil {
		b.WriteString(" ELSE " + p.text(e.other))
	}
	return b.String() + " END"
}
