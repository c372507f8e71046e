package query

import (
	"strings"
	"unicode"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// fault makes a fault at the position of an expression.
func (c *compiler) fault(k *fault.Kind, at expr, format string, args ...any) *fault.Fault {
	return c.place(k.New(format, args...), at)
}

// place sets the position of a fault; nil stays nil.
func (c *compiler) place(f *fault.Fault, at expr) *fault.Fault {
	if f == nil || f.Position != nil {
		return f
	}
	return f.Where(fault.At(c.sql, at.at()))
}

// at makes a bare position usable where an expression is.
func (t target) at() int { return int(t.pos) }

// lookup returns the column of the table that a name means, or nil. A name without
// quotes matches whatever its case if nothing matches it exactly.
func (c *compiler) lookup(name *column) *charter.Column {
	if name.qualifier != "" && name.qualifier != c.alias {
		return nil
	}
	if col := c.table.Column(name.name); col != nil || name.quoted {
		return col
	}
	var hit *charter.Column
	for i := range c.table.Columns {
		if col := &c.table.Columns[i]; strings.EqualFold(col.Name, name.name) {
			if hit != nil {
				return nil
			}
			hit = col
		}
	}
	return hit
}

// column is lookup with a fault.
func (c *compiler) column(name *column) (*charter.Column, *fault.Fault) {
	if col := c.lookup(name); col != nil {
		return col, nil
	}
	if name.qualifier != "" && name.qualifier != c.alias {
		return nil, c.fault(plan.UnknownTable, name, "the query has no table %q", name.qualifier).
			With("Leave the name of the table out.")
	}
	return nil, c.place(missing(c.table, name.name), name)
}

// missing says that a table has no column of a name, with the nearest that it has.
func missing(t *charter.Table, name string) *fault.Fault {
	var names []string
	for i := range t.Columns {
		if plan.PresenceRule(&t.Columns[i]) == nil {
			names = append(names, t.Columns[i].Name)
		}
	}
	return suggest(plan.UnknownColumn.New("table %q has no column %q", t.Name, name), name, names)
}

// aliasOf returns the index of the entry of the select list with this alias, -1 if none.
func (c *compiler) aliasOf(name *column) int {
	for i, t := range c.targets {
		if t.alias == name.name || !name.quoted && t.alias != "" && strings.EqualFold(t.alias, name.name) {
			return i
		}
	}
	return -1
}

// suggest names the nearest of names in the remedy, if one is near.
func suggest(f *fault.Fault, word string, names []string) *fault.Fault {
	best := fault.Nearest(word, names)
	if best == "" {
		return f
	}
	return f.With("Did you mean %q?", best)
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }
