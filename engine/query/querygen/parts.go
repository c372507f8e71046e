package querygen

// Parts are what a query was put together from, in the dialect of tacit. The entries
// of its select list are named k1, k2, … and a1, a2, ….
type Parts struct {
	Table    string
	Where    string // with " WHERE " before it, or ""
	Keys     []string
	Measures []string
	Having   string // the condition alone, or ""
	Order    []Order
	Limit    int // -1: all
	Offset   int
}

// Order is an entry of ORDER BY.
type Order struct {
	Item       int // position in the select list, from 0
	Desc       bool
	NullsFirst bool
}

// Measure returns a query for measure i, by itself and over all rows.
func (p *Parts) Measure(i int) string {
	return "SELECT " + p.Measures[i] + " AS a FROM " + p.Table + p.Where
}

// Condition returns a query for the value of HAVING over all rows.
func (p *Parts) Condition() string { return "SELECT " + p.Having + " AS h FROM " + p.Table + p.Where }
