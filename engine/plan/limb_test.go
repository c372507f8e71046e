package plan

import (
	"os"
	"testing"

	"github.com/tacit-space/tacit/crypto/dp"
	"github.com/tacit-space/tacit/engine/charter"
)

// TestLimbsAreNoisedAlone: what a guarded release opens in several parts is noised as if each owner were
// alone. The parts of two owners' elements tell where their carries were, which the noise of the others
// does not hide; and that of one part is only as much as the question promises.
func TestLimbsAreNoisedAlone(t *testing.T) {
	text, err := os.ReadFile("../query/testdata/charter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	alone, together := 0, 0
	for _, k := range []int{2, 7, 10, 20} {
		for _, rows := range []int64{100, 100_000, 10_000_000} {
			ch, err := charter.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			ch.Rules.Privacy = charter.Privacy{
				MaxEpsilon: "10", MaxDelta: "1e-6",
				Budget: charter.Budget{Epsilon: "10", Delta: "1e-6", Period: charter.Duration(charter.MinPeriod)},
			}
			table := ch.Table("visits")
			table.MinCohort, table.MaxRows = &k, rows
			table.Column("cost").Privacy = charter.Required
			delta, err := dp.ParseDelta("1e-6")
			if err != nil {
				t.Fatal(err)
			}
			p := &Plan{
				Table: "visits", Privacy: &Privacy{Epsilon: 1e9, Delta: delta, Scope: ScopeRequired},
				Sums: []Sum{{}, {Present: []string{"cost"}}, {Factors: []string{"cost"}}},
			}
			if p.Width, _, err = width(p, ch); err != nil {
				t.Fatal(err)
			}
			if err := Check(p, ch); err != nil {
				t.Fatal(err)
			}
			n, f := NewNoise(p, ch)
			l, g := NewLayout(p, ch)
			if f != nil || g != nil {
				t.Fatal(f, g)
			}
			for _, c := range l.columns {
				for _, v := range c.values {
					s := n.Sums[v.sum]
					switch {
					case s == nil:
					case s.Honest == 1:
						alone++
					case v.limbs > 1:
						t.Errorf("k = %d, %d rows: %s is opened in %d parts, with the noise of %d owners", k, rows, p.Sums[v.sum].SQL(), v.limbs, s.Honest)
					default:
						together++
					}
				}
			}
			// A masked sum has no parts.
			all := *p
			all.Privacy = &Privacy{Epsilon: 1e9, Delta: delta, Scope: ScopeAll}
			if n, f := NewNoise(&all, ch); f != nil || n.Sums[2].Honest != Honest(ch) {
				t.Errorf("masked sum: %v", f)
			}
		}
	}
	if alone == 0 || together == 0 {
		t.Errorf("%d sums alone, %d together", alone, together)
	}
}

func width(p *Plan, ch *charter.Charter) (Width, int, error) {
	w, i, f := FitWidth(p, ch)
	if f != nil {
		return 0, i, f
	}
	return w, i, nil
}
