package statistic

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/fault"
	"github.com/tacit-space/tacit/engine/plan"
)

// Parameters of statistics of a score.
var (
	edgesParameter     = Parameter{Name: "edges", Kind: Text, Help: "where bands of the score begin, ascending, separated by commas (default: its bins, if the charter declares it for curves)"}
	scoreStepParameter = Parameter{Name: "step", Kind: Number, Help: "width of the bins of a score that is declared for curves, a multiple of the declared step (default: that)"}
)

// scale is the values of a score in ascending order: bands between edges, each a cell of its own; or bins that are released
// together, as a curve.
type scale struct {
	column *charter.Column
	bins   *binning // nil with edges
	edges  []*big.Rat
	key    string
	names  []string // of bands
}

// newScale is the scale of the column that a parameter names, for so many groups.
func newScale(c *Call, parameter string, groups int) (*scale, *fault.Fault) {
	s := &scale{}
	var bad *fault.Fault
	if s.column, bad = c.Column(parameter); bad != nil {
		return nil, bad
	}
	if s.column.Role != charter.Measure {
		return nil, c.At(parameter, plan.WrongRole.New("column %q is not a measure", s.column.Name))
	}
	if !c.Has("edges") {
		if s.column.CurveStep() == nil {
			return nil, c.At(parameter, plan.NoCurve.New("column %q is not declared for curves", s.column.Name)).With("Give edges: where bands of the score begin.")
		}
		if s.bins, bad = newBinning(c, s.column, groups, 0); bad != nil {
			return nil, bad
		}
		s.key = s.bins.sql()
		return s, nil
	}
	if s.edges, bad = c.numbers("edges"); bad != nil {
		return nil, bad
	}
	if s.key, s.names = bandsKey(s.column, s.edges); s.names == nil {
		return nil, c.Refuse("edges", "do not ascend")
	}
	return s, nil
}

// len is the number of values.
func (s *scale) len() int {
	if s.bins != nil {
		return s.bins.bins + 2 // below the first edge, and from the last one on
	}
	return len(s.names)
}

// exact reports whether each value is one of the score.
func (s *scale) exact() bool { return s.bins != nil && s.bins.exact() }

// at is the place of a row's value, -1 if it has none.
func (s *scale) at(in *Released, row int, name string) int {
	if s.bins == nil {
		return slices.Index(s.names, in.Label(row, name))
	}
	b := in.Rat(row, name)
	if b == nil {
		return -1
	}
	return int(b.Num().Int64())
}

// from is where value i begins; nil for the first band, which begins at no number.
func (s *scale) from(i int) any {
	switch {
	case s.bins != nil:
		return float(s.lower(i))
	case i == 0:
		return nil
	default:
		return float(s.edges[i-1])
	}
}

// lower is the lower edge of bin i.
func (s *scale) lower(i int) *big.Rat {
	if i == 0 {
		low, _, _ := s.column.RangeRat()
		return low
	}
	x := new(big.Rat).Mul(s.bins.step, big.NewRat(int64(i-1), 1))
	return x.Add(x, s.bins.low)
}

// band names band i of those that edges make.
func band(edges []*big.Rat, i int) string {
	switch i {
	case 0:
		return "below " + text(edges[0])
	case len(edges):
		return text(edges[i-1]) + " and above"
	default:
		return text(edges[i-1]) + " to below " + text(edges[i])
	}
}

// bandsKey is the key of bands of a measure in SQL, and their names in ascending order; none if edges do not ascend.
func bandsKey(col *charter.Column, edges []*big.Rat) (sql string, names []string) {
	sql = "CASE"
	for i, e := range edges {
		if i > 0 && e.Cmp(edges[i-1]) <= 0 {
			return "", nil
		}
		names = append(names, band(edges, i))
		sql += fmt.Sprintf(" WHEN %s < %s THEN %s", plan.QuoteName(col.Name), text(e), plan.Value{Kind: plan.Text, Text: band(edges, i)}.SQL())
	}
	last := band(edges, len(edges))
	return sql + " ELSE " + plan.Value{Kind: plan.Text, Text: last}.SQL() + " END", append(names, last)
}
