package charter

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Effect says what a change does to what the members protect.
type Effect string

// Effects. A change that the rules below do not know is Changed: read it.
const (
	Laxer    Effect = "laxer"    // more may be asked, by more, or over fewer people
	Stricter Effect = "stricter" // less may
	Changed  Effect = "changed"  // neither by itself
)

// Change is one difference between two charters.
type Change struct {
	Path   string // as in the text, with names in place of numbers: "tables.visits.min_cohort"
	Effect Effect
	Text   string // for people
}

// Diff says what changes from one valid charter to another, in the order of the text. It misses
// no key: what has no words of its own is reported with its values. Version and previous are
// not compared.
func Diff(from, to *Charter) []Change {
	a, b := from.clone(), to.clone()
	a.Normalise()
	b.Normalise()
	d := &differ{}
	d.fields("", "", reflect.ValueOf(*a), reflect.ValueOf(*b))
	d.renamed(a, b)
	d.accounts(a, b)
	return d.changes
}

type differ struct{ changes []Change }

func (d *differ) add(path string, effect Effect, format string, args ...any) {
	d.changes = append(d.changes, Change{path, effect, fmt.Sprintf(format, args...)})
}

// uncompared are the keys that every amendment changes.
var uncompared = []string{"version", "previous"}

// fields compares two structs. The pattern is the path without names.
func (d *differ) fields(path, pattern string, a, b reflect.Value) {
	for i := range a.NumField() {
		key, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
		if p := join(pattern, key); !slices.Contains(uncompared, p) {
			d.values(join(path, key), p, a.Field(i), b.Field(i))
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func (d *differ) values(path, pattern string, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	_, judged := judges[pattern]
	quotas, ok := a.Interface().([]Quota)
	switch {
	case ok:
		d.quotas(path, quotas, b.Interface().([]Quota))
	case judged:
		d.leaf(path, pattern, a, b)
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		d.values(path, pattern, a.Elem(), b.Elem())
	case a.Kind() == reflect.Struct:
		d.fields(path, pattern, a, b)
	case a.Kind() == reflect.Slice && a.Type().Elem().Kind() == reflect.Struct:
		d.lists(path, pattern, a, b)
	default:
		d.leaf(path, pattern, a, b)
	}
}

// lists compares lists of what has a name.
func (d *differ) lists(path, pattern string, a, b reflect.Value) {
	before, after := names(a), names(b)
	for i, name := range before {
		if j := slices.Index(after, name); j >= 0 {
			d.values(join(path, name), pattern, a.Index(i), b.Index(j))
		} else {
			d.entry(join(path, name), pattern, a.Index(i), false)
		}
	}
	for j, name := range after {
		if !slices.Contains(before, name) {
			d.entry(join(path, name), pattern, b.Index(j), true)
		}
	}
	stay := func(in, other []string) []string {
		return slices.DeleteFunc(slices.Clone(in), func(s string) bool { return !slices.Contains(other, s) })
	}
	if was, is := stay(before, after), stay(after, before); !slices.Equal(was, is) {
		d.add(path, Changed, "another order: %s", strings.Join(is, ", "))
	}
}

// names of the entries of a list: the first field, or its number.
func names(list reflect.Value) []string {
	out := make([]string, list.Len())
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
		if first := list.Index(i).Field(0); first.Kind() == reflect.String {
			out[i] = first.String()
		}
	}
	return out
}

// entry reports what joins or leaves a list.
func (d *differ) entry(path, pattern string, v reflect.Value, joins bool) {
	effect, text := Changed, "removed"
	if joins {
		text = "added"
	}
	switch e := v.Interface().(type) {
	case Member:
		effect, text = memberEntry(&e, joins)
	case Table:
		effect, text = tableEntry(&e, joins)
	case Column:
		effect, text = columnEntry(&e, joins)
	case Template:
		effect, text = templateEntry(&e, joins)
	}
	d.add(path, effect, "%s", text)
}

func memberEntry(m *Member, joins bool) (Effect, string) {
	who := fmt.Sprintf("%s (%s), %s", m.ID, m.Organisation, roleWords(m.Roles))
	switch {
	case joins && m.HasRole(Analyst):
		return Laxer, who + " joins, and may ask; key " + m.Key
	case joins:
		return Changed, who + " joins; key " + m.Key
	case m.HasRole(Analyst):
		return Stricter, who + " leaves, and may not ask any more"
	}
	return Changed, who + " leaves"
}

func roleWords(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

func tableEntry(t *Table, joins bool) (Effect, string) {
	if joins {
		return Laxer, fmt.Sprintf("table %s can be asked about: %d columns, at least %d units behind every number", t.Name, len(t.Columns), t.K())
	}
	return Stricter, fmt.Sprintf("table %s can not be asked about any more; questions about it are compared with no new ones", t.Name)
}

func columnEntry(c *Column, joins bool) (Effect, string) {
	switch {
	case c.Role == Hidden:
		return Changed, fmt.Sprintf("column %s, hidden, %s", c.Name, map[bool]string{true: "is new", false: "is gone"}[joins])
	case joins:
		return Laxer, fmt.Sprintf("column %s can be used: %s, %s", c.Name, c.Role, c.Type)
	}
	return Stricter, fmt.Sprintf("column %s can not be used any more; earlier questions that used it are compared with no new ones", c.Name)
}

func templateEntry(t *Template, joins bool) (Effect, string) {
	if joins {
		return Laxer, "may be asked: " + strings.Join(strings.Fields(t.SQL), " ")
	}
	return Stricter, "may not be asked any more as a template"
}

// leaf reports a value that changes.
func (d *differ) leaf(path, pattern string, a, b reflect.Value) {
	j, ok := judges[pattern]
	effect := Changed
	if ok && j.effect != nil {
		effect = j.effect(a, b)
	}
	text := show(a) + " → " + show(b)
	if j.what != "" {
		text = j.what + ": " + text
	}
	if note := j.laxer; effect == Laxer && note != "" {
		text += "; " + note
	}
	d.add(path, effect, "%s", text)
}

// show writes a value as a person reads it.
func show(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "none"
		}
		v = v.Elem()
	}
	if s, ok := v.Interface().(fmt.Stringer); ok {
		return s.String()
	}
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return "none"
		}
		return v.String()
	case reflect.Slice:
		return showList(v)
	}
	return fmt.Sprintf("%+v", v.Interface())
}

// maxShown are the values of a list that a change shows.
const maxShown = 12

func showList(v reflect.Value) string {
	var words []string
	for i := range min(v.Len(), maxShown) {
		words = append(words, show(v.Index(i)))
	}
	if more := v.Len() - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// renamed warns when a table leaves while another comes with the same columns: what was asked about the one
// is not compared with what is asked about the other.
func (d *differ) renamed(from, to *Charter) {
	for i := range from.Tables {
		old := &from.Tables[i]
		if to.Table(old.Name) != nil {
			continue
		}
		for j := range to.Tables {
			fresh := &to.Tables[j]
			if from.Table(fresh.Name) == nil && alike(old, fresh) {
				d.add(join("tables", fresh.Name), Laxer, "table %s looks like %s under another name: what was asked about %s before does not count for it, in comparisons, quotas and budgets",
					fresh.Name, old.Name, old.Name)
			}
		}
	}
}

// alike reports whether most columns of one table are in the other.
func alike(a, b *Table) bool {
	n := 0
	for i := range a.Columns {
		if b.Column(a.Columns[i].Name) != nil {
			n++
		}
	}
	return 2*n >= len(a.Columns)
}

// accounts warns when an analyst changes its organisation, by which quotas and budgets are counted.
func (d *differ) accounts(from, to *Charter) {
	for i := range to.Members {
		m := &to.Members[i]
		old := from.Member(m.ID)
		if old != nil && m.HasRole(Analyst) && old.Organisation != m.Organisation {
			d.add(join("members", m.ID), Laxer, "quotas and budgets are counted by organisation: those of %s begin anew", m.ID)
		}
	}
}
