package query

// Row is one row of a finished query before numbers are rounded.
type Row struct {
	// Values are nil for NULL and for what is suppressed, *big.Rat for a number (float64 where a root or
	// logarithm was taken), bool, string or time.Time.
	Values []any
	// Below has the k of a suppressed value, else 0.
	Below []int
	// Lock is which of [plan.Guards] holds numbers of the row back beside the guards of their own, -1 if none does.
	Lock int
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
		out[i] = Row{Values: r.values, Below: make([]int, len(r.values)), Lock: q.lockOf(sums, r.cell)}
		for j, v := range r.values {
			if k, ok := v.(withheld); ok {
				out[i].Values[j], out[i].Below[j] = nil, int(k)
			}
		}
	}
	return out
}

// lockOf is the first lock that holds a sum of a cell back.
func (q *Query) lockOf(sums Sums, cell int) int {
	for i := range q.Plan.Sums {
		if lock := sums.Lock(cell*len(q.Plan.Sums) + i); lock >= 0 {
			return lock
		}
	}
	return -1
}

// Names returns the names of the columns of the result.
func (q *Query) Names() []string {
	names := make([]string, len(q.headers))
	for i, h := range q.headers {
		names[i] = h.name
	}
	return names
}
