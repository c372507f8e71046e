package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
)

// feature sorts rows into classes by one column, one key or one condition. What cells a row
// lies in follows from its classes, so each column is looked at once, however many
// conditions are about it.
type feature struct {
	sql     string // the class, in [0, classes)
	classes int
	column  *charter.Column // of constants; nil for a key or a condition over several columns
	x       string
	values  []plan.Value        // of the column, in order if the column has one
	own     map[plan.Value]int  // class of a value
	before  map[plan.Value]bool // that are told from smaller ones
	after   map[plan.Value]bool // that are told from larger ones
	tables  map[int][]int64
	raw     string // a category of texts: the column that tells the class, which can wait until rows are counted
}

// features are all of them, and which cells of the packed series each allows.
type features struct {
	renderer *renderer
	all      []*feature
	used     map[int]int64 // bits of a word that have a cell
}

// collect notes the constants of the conditions of a series.
func (f *features) collect(s *differencing.Series) error {
	for _, p := range conjuncts(s) {
		name, single := columnOf(p)
		if !single {
			continue
		}
		at, err := f.ofColumn(name)
		if err != nil {
			return err
		}
		at.note(p)
	}
	return nil
}

// conjuncts are the conditions of every cell of a series.
func conjuncts(s *differencing.Series) []*plan.Predicate {
	all := slices.Concat(s.Plan.Where.Conjuncts(), s.Filter.Conjuncts())
	for _, name := range s.Present {
		all = append(all, plan.Negate(plan.Missing(name)))
	}
	return all
}

// columnOf returns the one column that a condition is about.
func columnOf(p *plan.Predicate) (name string, single bool) {
	single = true
	p.Columns(func(c string) {
		single = single && (name == "" || name == c)
		name = c
	})
	return name, single
}

func (f *features) ofColumn(name string) (*feature, error) {
	for _, at := range f.all {
		if at.column != nil && at.column.Name == name {
			return at, nil
		}
	}
	c, x, err := f.renderer.column(name)
	if err != nil {
		return nil, err
	}
	at := &feature{column: c, x: x, raw: category(c, x), tables: map[int][]int64{}, before: map[plan.Value]bool{}, after: map[plan.Value]bool{}}
	f.all = append(f.all, at)
	return at, nil
}

// of returns the feature with this SQL.
func (f *features) of(sql string, classes int) *feature {
	for _, at := range f.all {
		if at.sql == sql {
			return at
		}
	}
	at := &feature{sql: sql, classes: classes, tables: map[int][]int64{}}
	f.all = append(f.all, at)
	return at
}

// category returns the name of a column that has few texts, and "" for others.
func category(c *charter.Column, x string) string {
	if c.Role == charter.Category && c.Kind() == charter.KindText && len(c.Domain) > 0 {
		return x
	}
	return ""
}

func (at *feature) note(p *plan.Predicate) {
	at.values = append(at.values, p.Values...)
	for _, v := range p.Values {
		at.before[v] = at.before[v] || p.Op != plan.Le && p.Op != plan.Gt
		at.after[v] = at.after[v] || p.Op != plan.Lt && p.Op != plan.Ge
	}
	for _, a := range p.Args {
		at.note(a)
	}
}

// classify renders the classes of the columns, when all constants are known.
func (f *features) classify() error {
	for _, at := range f.all {
		if at.column == nil {
			continue
		}
		if err := at.classify(); err != nil {
			return err
		}
	}
	return nil
}

// order sorts the values and leaves one of equal ones, such as 1 and 1.0.
func (at *feature) order() {
	slices.SortFunc(at.values, compareConstants)
	at.own = map[plan.Value]int{}
	var kept []plan.Value
	for _, v := range at.values {
		if len(kept) == 0 || compareConstants(v, kept[len(kept)-1]) != 0 {
			kept = append(kept, v)
		}
		last := kept[len(kept)-1]
		at.before[last], at.after[last] = at.before[last] || at.before[v], at.after[last] || at.after[v]
		at.own[v] = 2*len(kept) - 1
	}
	at.values = kept
}

// classify: value i of m is class 2i+1, what lies before it 2i, NULL is 2m+1. Texts and booleans have
// no order here: what is none of the values is 2m.
func (at *feature) classify() error {
	t := at.column.Parsed()
	at.order()
	m := len(at.values)
	at.classes = 2*m + 2
	literals := make([]string, m)
	for i, v := range at.values {
		sql, err := literal(v, t)
		if err != nil {
			return err
		}
		literals[i] = sql
	}
	var inside string
	if t.Kind == charter.KindText || t.Kind == charter.KindBoolean {
		at.sql = fmt.Sprintf("%d", 2*m)
		if m > 0 {
			found, err := listed(at.column, at.x, at.values)
			if err != nil {
				return err
			}
			at.sql = fmt.Sprintf("coalesce(2 * CAST(%s AS INTEGER) + 1, %d)", found, 2*m)
		}
		inside = at.sql
	} else {
		inside = at.search(literals, 0, m)
	}
	at.sql = fmt.Sprintf("CASE WHEN %s IS NULL THEN %d ELSE %s END", at.x, 2*m+1, inside)
	return nil
}

// search renders a binary search among the constants. One that need not be told from its
// neighbours at one end counts as these.
func (at *feature) search(literals []string, from, to int) string {
	if from == to {
		return fmt.Sprint(2 * from)
	}
	mid := (from + to) / 2
	below, above := at.search(literals, from, mid), at.search(literals, mid+1, to)
	switch v := at.values[mid]; {
	case !at.before[v]:
		return fmt.Sprintf("CASE WHEN %s <= %s THEN %s ELSE %s END", at.x, literals[mid], below, above)
	case !at.after[v]:
		return fmt.Sprintf("CASE WHEN %s < %s THEN %s ELSE %s END", at.x, literals[mid], below, above)
	}
	return fmt.Sprintf("CASE WHEN %[1]s < %[2]s THEN %[3]s WHEN %[1]s > %[2]s THEN %[4]s ELSE %[5]d END",
		at.x, literals[mid], below, above, 2*mid+1)
}

// compareConstants orders numbers and instants, and texts in any order.
func compareConstants(v, w plan.Value) int {
	if a, b := v.Rat(), w.Rat(); a != nil && b != nil {
		return a.Cmp(b)
	}
	if a, ok := v.Time(); ok {
		if b, ok := w.Time(); ok {
			return a.Compare(b)
		}
	}
	return strings.Compare(v.Text, w.Text)
}

// logic is a value of SQL's logic: false, unknown, true.
type logic int

// holds evaluates a condition of the column for a class.
func (at *feature) holds(p *plan.Predicate, class int) logic {
	null := class == 2*len(at.values)+1
	switch p.Op {
	case plan.And, plan.Or:
		out := at.holds(p.Args[0], class)
		for _, a := range p.Args[1:] {
			if x := at.holds(a, class); p.Op == plan.And {
				out = min(out, x)
			} else {
				out = max(out, x)
			}
		}
		return out
	case plan.Not:
		return 2 - at.holds(p.Args[0], class)
	case plan.IsNull:
		return truthOf(null)
	}
	if null {
		return 1
	}
	return truthOf(slices.ContainsFunc(p.Values, func(v plan.Value) bool { return at.compares(p.Op, v, class) }))
}

func truthOf(b bool) logic {
	if b {
		return 2
	}
	return 0
}

func (at *feature) compares(op plan.Op, v plan.Value, class int) bool {
	own := at.own[v]
	switch op {
	case plan.Eq, plan.In:
		return class == own
	case plan.Ne:
		return class != own
	case plan.Lt:
		return class < own
	case plan.Le:
		return class <= own
	case plan.Gt:
		return class > own
	case plan.Ge:
		return class >= own
	}
	return false
}

// allow puts a packed series into the tables of its word: for each feature that it
// depends on, which of its cells each class allows.
func (f *features) allow(s *differencing.Series, at differencing.Place) error {
	all := (int64(1)<<at.Bits - 1) << at.First
	f.used[at.Word] |= all
	for _, p := range conjuncts(s) {
		if err := f.allowCondition(p, at.Word, all); err != nil {
			return err
		}
	}
	stride := s.Plan.Cells()
	for i := range s.Plan.Keys {
		k := &s.Plan.Keys[i]
		slot, err := f.renderer.slot(k)
		if err != nil {
			return err
		}
		stride /= k.Size()
		key := f.of(fmt.Sprintf("CAST(coalesce(%s, %d) AS INTEGER)", slot, k.Size()), k.Size()+1)
		if k.Kind == plan.KeyColumn {
			c, x, err := f.renderer.column(k.Column)
			if err != nil {
				return err
			}
			key.raw = category(c, x)
		}
		key.limit(at.Word, all, func(class int) (bits int64) {
			for cell := range at.Bits {
				if cell/stride%k.Size() == class {
					bits |= 1 << (at.First + cell)
				}
			}
			return bits
		})
	}
	return nil
}

func (f *features) allowCondition(p *plan.Predicate, word int, all int64) error {
	if name, single := columnOf(p); single {
		at, err := f.ofColumn(name)
		if err != nil {
			return err
		}
		at.limit(word, all, func(class int) int64 {
			if at.holds(p, class) == 2 {
				return all
			}
			return 0
		})
		return nil
	}
	sql, err := f.renderer.predicate(p)
	if err != nil {
		return err
	}
	at := f.of("CASE WHEN "+sql+" THEN 1 ELSE 0 END", 2)
	at.limit(word, all, func(class int) int64 { return int64(class) * all })
	return nil
}

// limit narrows the bits of a series, which are all, in each class of a word's table.
func (at *feature) limit(word int, all int64, bits func(class int) int64) {
	table := at.tables[word]
	if table == nil {
		table = slices.Repeat([]int64{-1}, at.classes)
		at.tables[word] = table
	}
	for class := range table {
		table[class] &= bits(class) | ^all
	}
}

// word renders the bits of a word from the classes f0, f1, …
func (f *features) word(word int) string {
	full := f.used[word]
	terms := []string{}
	for i, at := range f.all {
		table := at.tables[word]
		if table == nil {
			continue
		}
		texts := make([]string, len(table))
		for class, bits := range table {
			texts[class] = fmt.Sprint(bits & full)
		}
		terms = append(terms, fmt.Sprintf("CAST('[%s]' AS BIGINT[])[f%d + 1]", strings.Join(texts, ", "), i))
	}
	if len(terms) == 0 {
		return fmt.Sprintf("CAST(%d AS BIGINT)", full)
	}
	return balanced(terms)
}

// balanced joins terms without deep nesting.
func balanced(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	mid := len(terms) / 2
	return "(" + balanced(terms[:mid]) + " & " + balanced(terms[mid:]) + ")"
}
