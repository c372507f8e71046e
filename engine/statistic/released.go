package statistic

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/tacit-space/tacit/engine/decimal"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
	"github.com/tacit-space/tacit/engine/query"
)

// Released is what came back of an inner question: rows, and columns by the names that the
// question gives them.
type Released struct {
	names  []string
	rows   []query.Row
	guards []plan.Guard
}

// Len returns the number of rows.
func (r *Released) Len() int { return len(r.rows) }

func (r *Released) column(name string) int {
	i := slices.Index(r.names, name)
	if i < 0 {
		panic("statistic: the inner question has no column " + name)
	}
	return i
}

// Below returns the k of a suppressed number, 0 if it was released.
func (r *Released) Below(row int, name string) int { return r.rows[row].Below[r.column(name)] }

// Hidden returns the largest k of the suppressed numbers of a row, 0 if it has none.
func (r *Released) Hidden(row int) int { return slices.Max(r.rows[row].Below) }

// Locked names the level of a model that too few have for anything of the row to be released, and its k; "" if
// there is none.
func (r *Released) Locked(row int) (what string, k int) {
	at := r.rows[row].Lock
	if at < 0 {
		return "", 0
	}
	return r.guards[at].Filter.SQL(), r.guards[at].K
}

// Rat returns a number exactly; nil for NULL, as a sum over no rows is, and for a suppressed one.
func (r *Released) Rat(row int, name string) *big.Rat {
	switch v := r.rows[row].Values[r.column(name)].(type) {
	case *big.Rat:
		return v
	case float64:
		return new(big.Rat).SetFloat64(v)
	default:
		return nil
	}
}

// Sum is [Released.Rat] with 0 for NULL.
func (r *Released) Sum(row int, name string) *big.Rat {
	if v := r.Rat(row, name); v != nil {
		return v
	}
	return new(big.Rat)
}

// Count returns a whole number; 0 for NULL and for a suppressed one.
func (r *Released) Count(row int, name string) int64 {
	v := r.Rat(row, name)
	if v == nil || !v.IsInt() || !v.Num().IsInt64() {
		return 0
	}
	return v.Num().Int64()
}

// Value returns a value as it is, see [query.Row].
func (r *Released) Value(row int, name string) any { return r.rows[row].Values[r.column(name)] }

// Label returns a key for people, "NULL" for NULL.
func (r *Released) Label(row int, name string) string { return label(r.Value(row, name)) }

func label(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case *big.Rat:
		if s, ok := decimal.Format(v); ok {
			return s
		}
		return v.RatString()
	case time.Time:
		if v = v.UTC(); v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.DateTime)
	default:
		return fmt.Sprint(v)
	}
}

// labelOf is the label of a level, as [Released.Label] writes it.
func labelOf(level plan.Value) string {
	if r := level.Rat(); r != nil {
		return label(r)
	}
	if t, ok := level.Time(); ok {
		return label(t)
	}
	return level.Text
}

// Need fails with [Suppressed] if a number of the row is suppressed; what names the
// row for people.
func (r *Released) Need(row int, what string) *fault.Fault {
	if k := r.Hidden(row); k > 0 {
		return Suppressed.New("%s: a number that fewer than %d privacy units stand behind", what, k)
	}
	return nil
}
