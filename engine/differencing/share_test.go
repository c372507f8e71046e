package differencing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-space/tacit/engine/differencing"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestFlood: one organisation asks as much as it can; the other still gets its share, and every question of it
// is compared with all that were accepted.
func TestFlood(t *testing.T) {
	o := newOwner(t, visits(), "  - {id: c, organisation: C,", "  - {id: d, organisation: D, key: tk1eaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, roles: [analyst]}\n  - {id: c, organisation: C,")
	first := o.plan("SELECT town, sex, date_trunc('quarter', seen) AS q, COUNT(*) FROM visits WHERE cost > 0 GROUP BY 1, 2, 3")
	var accepted []*plan.Plan
	var by []string
	next := 0
	flood := func(of string) (int, error) {
		for n := 0; ; n++ {
			p := *first
			p.Where = plan.Compare(plan.Gt, "cost", plan.Value{Kind: plan.Integer, Text: fmt.Sprint(next)})
			next++
			if err := differencing.Share(&p, of, accepted, by, o.ch); err != nil {
				return n, err
			}
			if _, err := differencing.New(&p, accepted, o.ch); err != nil {
				return n, err
			}
			accepted, by = append(accepted, &p), append(by, of)
		}
	}
	n, err := flood("C")
	if !differencing.TooMany.Is(err) || !strings.Contains(err.Error(), "share") || n*40 <= differencing.Room/2 {
		t.Errorf("the first is refused after %d questions: %v", n, err)
	}
	if m, err := flood("D"); m*40 < differencing.Room/4-40 || !differencing.TooMany.Is(err) {
		t.Errorf("the other is refused after %d questions: %v", m, err)
	}
	if err := differencing.Share(accepted[0], "C", accepted, by, o.ch); err != nil {
		t.Errorf("the same question again: %v", err)
	}
}

// TestShareOfOne: who asks alone has the whole window.
func TestShareOfOne(t *testing.T) {
	o := newOwner(t, visits())
	if err := differencing.Share(o.plan("SELECT town, COUNT(*) FROM visits GROUP BY town"), "C", nil, nil, o.ch); err != nil {
		t.Error(err)
	}
}
