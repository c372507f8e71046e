package query

// Row is one row of a finished query before numbers are rounded.
type Row struct {
	// Values are nil for NULL and for what is suppressed, *big.Rat for a number (float64 where a root or
	// logarithm was taken), bool, string or time.Time.
	Values []any
	// Below has the k of a suppressed value, else 0.
	Below []int
}

// Exact is [Query.Finish] for who goes on computing: the rows in their order, with exact numbers. A query with
// noise has none.
func (q *Query) Exact(sums Sums) []Row {
	columns := q.reporters()
	var seen census
	rows := q.rows(sums, columns, &seen)
	q.sort(rows)
	rows = cut(rows, q.offset, q.limit)
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = Row{Values: r.values, Below: make([]int, len(r.values))}
		for j, v := range r.values {
			if k, ok := v.(withheld); ok {
				out[i].Values[j], out[i].Below[j] = nil, int(k)
			}
		}
	}
	return out
}

// Names returns the names of the columns of the result.
func (q *Query) Names() []string {
	names := make([]string, len(q.headers))
	for i, h := range q.headers {
		names[i] = h.name
	}
	return names
}
