package querygen

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Guarded is a question whose numbers are aggregates with nothing around them, so that it
// is plain which rows stand behind each.
type Guarded struct {
	Tacit  string // SELECT k1, …, a1, …
	DuckDB string // usually the same text
	Keys   int    // entries before the aggregates
	// Units has, for every aggregate, an SQL expression for DuckDB of how many privacy
	// units have a row behind it, to be selected from the same groups.
	Units []string
	// From is what follows the select list in DuckDB.
	From string
	K    []int // of every aggregate: the largest of its columns, the keys and WHERE
}

// NewGuarded is [New] over all tables, for [Generator.NextGuarded].
func NewGuarded(seed uint64, ch *charter.Charter) *Generator {
	g := newGenerator(seed, ch)
	for i := range ch.Tables {
		g.tables = append(g.tables, &ch.Tables[i])
	}
	return g
}

// NextGuarded returns the next question.
func (g *Generator) NextGuarded() Guarded {
	g.table = g.tables[g.rng.IntN(len(g.tables))]
	where, keys := g.where(), g.keys()
	q := Guarded{Keys: len(keys)}
	shared := where.tacit
	var list []text
	var names []string
	for i, k := range keys {
		names = append(names, fmt.Sprintf("k%d", i+1))
		list = append(list, format("%s AS %s", k, same(names[i])))
		shared += " " + k.tacit
	}
	for i := range 1 + g.rng.IntN(4) {
		a := g.plainAggregate()
		list = append(list, format("%s AS %s", a.text, same(fmt.Sprintf("a%d", i+1))))
		q.Units = append(q.Units, a.units)
		q.K = append(q.K, g.cohort(shared+" "+a.text.tacit))
	}
	from := format(" FROM %s%s%s", same(quote(g.table.Name)), where, g.groupBy(keys, names))
	q.From = from.duck
	all := format("SELECT %s%s", join(list, ", "), from)
	q.Tacit, q.DuckDB = all.tacit, all.duck
	return q
}

// guardedAggregate is an aggregate with the units behind it.
type guardedAggregate struct {
	text
	units string // in DuckDB
}

func (g *Generator) plainAggregate() guardedAggregate {
	call, present := "COUNT(*)", []string(nil)
	switch numbers := g.factors(); {
	case len(numbers) == 0 || g.chance(5):
		if cols := g.columns(charter.Category, nil); len(cols) > 0 && g.chance(2) {
			present = []string{quote(pick(g, cols).Name)}
			call = "COUNT(" + present[0] + ")"
		}
	case g.chance(4):
		x, y := quote(pick(g, numbers).Name), quote(pick(g, numbers).Name)
		call, present = pick(g, []string{"CORR", "COVAR_POP", "COVAR_SAMP"})+"("+x+", "+y+")", []string{x, y}
	default:
		x := quote(pick(g, numbers).Name)
		call, present = pick(g, []string{"SUM", "SUM", "AVG", "COUNT", "VAR_POP", "STDDEV_SAMP"})+"("+x+")", []string{x}
	}
	unit := "COUNT(*)"
	if g.table.Unit != "" {
		unit = "COUNT(DISTINCT " + quote(g.table.Unit) + ")"
	}
	behind := same("true")
	for _, name := range present {
		behind = format("%s AND %s IS NOT NULL", behind, same(name))
	}
	a := guardedAggregate{text: same(call)}
	if g.chance(4) {
		p := g.predicate(2)
		a.text, behind = format("%s FILTER (WHERE %s)", a.text, p), format("%s AND (%s)", behind, p)
	}
	a.units = unit + " FILTER (WHERE " + behind.duck + ")"
	return a
}

var (
	literals = regexp.MustCompile(`'(?:[^']|'')*'`)
	quoted   = regexp.MustCompile(`"((?:[^"]|"")+)"`)
)

// cohort returns the largest k of the table and of the columns that occur in a text.
func (g *Generator) cohort(in string) int {
	k := g.table.K()
	for _, m := range quoted.FindAllStringSubmatch(literals.ReplaceAllString(in, ""), -1) {
		k = max(k, g.table.Column(strings.ReplaceAll(m[1], `""`, `"`)).K())
	}
	return k
}
