package querygen

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
)

// Query is one question in two dialects.
type Query struct {
	Tacit   string
	DuckDB  string // usually the same text
	Ordered bool   // rows come in one order only; otherwise compare them as a set
	Parts   Parts
}

// Generator makes queries over the tables of a charter that have no minimum cohort.
// The same seed gives the same queries. It is not safe for concurrent use.
type Generator struct {
	rng    *rand.Rand
	ch     *charter.Charter
	table  *charter.Table
	tables []*charter.Table
}

// New returns a generator. It panics if the charter has no table that can be asked about.
func New(seed uint64, ch *charter.Charter) *Generator {
	g := newGenerator(seed, ch)
	for i := range ch.Tables {
		if ch.Tables[i].K() <= 1 {
			g.tables = append(g.tables, &ch.Tables[i])
		}
	}
	if len(g.tables) == 0 {
		panic("querygen: no table with min_cohort 1")
	}
	return g
}

func newGenerator(seed uint64, ch *charter.Charter) *Generator {
	return &Generator{rng: rand.New(rand.NewPCG(seed, 0x7461636974)), ch: ch}
}

// text is a fragment in both dialects.
type text struct{ tacit, duck string }

func same(s string) text { return text{s, s} }

// format applies one format to both dialects.
func format(layout string, parts ...text) text {
	a, b := make([]any, len(parts)), make([]any, len(parts))
	for i, p := range parts {
		a[i], b[i] = p.tacit, p.duck
	}
	return text{fmt.Sprintf(layout, a...), fmt.Sprintf(layout, b...)}
}

func join(parts []text, sep string) text {
	a, b := make([]string, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		a[i], b[i] = p.tacit, p.duck
	}
	return text{strings.Join(a, sep), strings.Join(b, sep)}
}

// Next returns the next query. Few of them may still be refused: for too many cells
// or a possible overflow.
func (g *Generator) Next() Query {
	g.table = g.tables[g.rng.IntN(len(g.tables))]
	where := g.where()
	keys := g.keys()
	parts := Parts{Table: quote(g.table.Name), Where: where.tacit, Limit: -1}
	var list []text
	var names []string
	for i, k := range keys {
		parts.Keys = append(parts.Keys, k.tacit)
		names = append(names, fmt.Sprintf("k%d", i+1))
		list = append(list, format("%s AS %s", k, same(names[i])))
	}
	measures := g.measures()
	for i, m := range measures {
		parts.Measures = append(parts.Measures, m.text.tacit)
		list = append(list, format("%s AS %s", m.text, same(fmt.Sprintf("a%d", i+1))))
	}
	q := format("SELECT %s FROM %s", join(list, ", "), same(quote(g.table.Name)))
	q = format("%s%s%s", q, where, g.groupBy(keys, names))
	if having := g.having(measures); having.tacit != "" {
		q = format("%s HAVING %s", q, having)
		parts.Having = having.tacit
	}
	tail, ordered := g.tail(names, measures, &parts)
	q = format("%s%s", q, same(tail))
	return Query{Tacit: q.tacit, DuckDB: q.duck, Ordered: ordered, Parts: parts}
}

func (g *Generator) chance(n int) bool { return g.rng.IntN(n) == 0 }

func pick[T any](g *Generator, list []T) T { return list[g.rng.IntN(len(list))] }

func (g *Generator) where() text {
	if g.chance(3) {
		return text{}
	}
	return format(" WHERE %s", g.predicate(3))
}

func (g *Generator) groupBy(keys []text, names []string) text {
	if len(keys) == 0 {
		return text{}
	}
	switch g.rng.IntN(3) {
	case 0:
		return same(" GROUP BY " + strings.Join(names, ", "))
	case 1:
		ordinals := make([]string, len(keys))
		for i := range ordinals {
			ordinals[i] = fmt.Sprint(i + 1)
		}
		return same(" GROUP BY " + strings.Join(ordinals, ", "))
	default:
		return format(" GROUP BY %s", join(keys, ", "))
	}
}

// having compares only values that both sides compute exactly.
func (g *Generator) having(measures []measure) text {
	if !g.chance(4) {
		return text{}
	}
	for _, m := range measures {
		if m.exact {
			return format("%s "+pick(g, []string{">", "<=", "<>"})+fmt.Sprintf(" %d", g.rng.IntN(60)), m.text)
		}
	}
	return same(fmt.Sprintf("COUNT(*) >= %d", g.rng.IntN(20)))
}

// tail orders by a measure that is exact and by all keys, so that LIMIT is defined.
func (g *Generator) tail(names []string, measures []measure, parts *Parts) (string, bool) {
	if g.chance(2) {
		return "", false
	}
	var items []string
	for i, m := range measures {
		if m.exact && g.chance(2) {
			items = append(items, fmt.Sprintf("a%d", i+1)+g.direction(len(names)+i, parts))
			break
		}
	}
	for i, n := range names {
		items = append(items, n+g.direction(i, parts))
	}
	if len(items) == 0 {
		return "", true
	}
	tail := " ORDER BY " + strings.Join(items, ", ")
	if g.chance(2) {
		parts.Limit = g.rng.IntN(12)
		tail += fmt.Sprintf(" LIMIT %d", parts.Limit)
		if g.chance(2) {
			parts.Offset = g.rng.IntN(4)
			tail += fmt.Sprintf(" OFFSET %d", parts.Offset)
		}
	}
	return tail, true
}

// direction is how the item is sorted by.
func (g *Generator) direction(item int, parts *Parts) string {
	order := pick(g, []string{"", " ASC", " DESC"})
	nulls := pick(g, []string{"", "", " NULLS FIRST", " NULLS LAST"})
	parts.Order = append(parts.Order, Order{item, order == " DESC", nulls == " NULLS FIRST"})
	return order + nulls
}

// columns returns the columns with a role that ok accepts.
func (g *Generator) columns(role charter.ColumnRole, ok func(*charter.Column) bool) []*charter.Column {
	var out []*charter.Column
	for i := range g.table.Columns {
		if c := &g.table.Columns[i]; c.Role == role && (ok == nil || ok(c)) {
			out = append(out, c)
		}
	}
	return out
}

func isNumber(c *charter.Column) bool { return c.Kind() != charter.KindBoolean }

func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
