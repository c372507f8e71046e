package source

import (
	"fmt"
	"strings"
	"testing"
)

// TestWeightedIsCut: whatever a unit's rows add up to, it counts as no more than the noise is made for, also if the values are beyond the
// declared range, which other rules refuse or clamp before.
func TestWeightedIsCut(t *testing.T) {
	e := open(t)
	for _, c := range []struct{ sum, count, want int64 }{
		{7, 1, 7},
		{-7, 1, -7},
		{1000, 1, 20},
		{-1000, 2, -20},
		{40, 4, 20},
		{9000, 9, 20},
		{-9000, 9, -20},
		{0, 0, 0},
	} {
		sql := weighted(fmt.Sprintf("CAST(%d AS HUGEINT)", c.sum), fmt.Sprint(c.count), 2, 20)
		r, err := e.db.Query(t.Context(), "SELECT CAST("+sql+" AS BIGINT)")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSpace(linesOf(t, r))
		r.Release()
		if got != fmt.Sprint(c.want) {
			t.Errorf("a sum of %d over %d rows counts as %s, want %d", c.sum, c.count, got, c.want)
		}
	}
}
