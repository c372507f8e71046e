package source

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-space/tacit/engine/charter"
	"github.com/tacit-space/tacit/engine/plan"
)

// TestOtherNoise: noise of another plan or table is refused, not applied wrongly.
func TestOtherNoise(t *testing.T) {
	e := open(t)
	if err := e.AddTable(t.Context(), Mapping{Files: []string{write(t, "t.csv", unitRows)}}, unitTable("patient")); err != nil {
		t.Fatal(err)
	}
	p := countPlan()
	fine := plan.Noise{Unit: "patient", Groups: 1, Rows: 1, Sums: make([]*plan.Noisy, len(p.Sums))}
	for name, change := range map[string]func(*plan.Noise){
		"":         func(*plan.Noise) {},
		"sums":     func(n *plan.Noise) { n.Sums = append(n.Sums, nil) },
		"unit":     func(n *plan.Noise) { n.Unit = "" },
		"no group": func(n *plan.Noise) { n.Groups = 0 },
		"no row":   func(n *plan.Noise) { n.Rows = 0 },
	} {
		n := fine
		change(&n)
		r, err := e.AggregateBounded(t.Context(), p, nil, &n, [32]byte{})
		if err == nil {
			r.Release()
		}
		if (name == "") != (err == nil) || err != nil && !ErrPlan.Is(err) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestKeyIsNotInErrors: the key that chooses cells is in the text of the query; an error does not show it.
func TestKeyIsNotInErrors(t *testing.T) {
	e := open(t)
	table := unitTable("patient")
	if err := e.AddTable(t.Context(), Mapping{Files: []string{write(t, "t.csv", unitRows)}}, table); err != nil {
		t.Fatal(err)
	}
	p := countPlan()
	p.Keys = []plan.Key{{Kind: plan.KeyColumn, Column: "ward", Slots: []plan.Value{{Kind: plan.Text, Text: "a"}, {Kind: plan.Text, Text: "b"}}, Null: true}}
	p.Sums = append(p.Sums, plan.Sum{Factors: []string{"cost"}})
	n := &plan.Noise{Unit: "patient", Groups: 1, Rows: 1, Sums: []*plan.Noisy{{Largest: 1}, {Largest: 1}}}
	p.Sums[1].Factors = []string{"ward"} // no number
	_, err := e.AggregateBounded(t.Context(), p, nil, n, [32]byte{0xab, 0xcd, 0xef})
	if err == nil || strings.Contains(err.Error(), "abcdef") {
		t.Errorf("%v", err)
	}
}

// BenchmarkBounded measures noised sums with bounds on units against the same sums without: where each unit is
// in few enough cells, and where cells have to be chosen.
func BenchmarkBounded(b *testing.B) {
	e, path := benchFile(b, benchPatients())
	table := benchTable()
	table.Columns = append(table.Columns, col("patient", "text", charter.Identifier))
	table.Unit = "patient"
	if err := e.AddTable(b.Context(), Mapping{Files: []string{path}}, table); err != nil {
		b.Fatal(err)
	}
	if _, err := e.Validate(b.Context(), "t"); err != nil {
		b.Fatal(err)
	}
	values := func(texts ...string) (out []plan.Value) {
		for _, text := range texts {
			out = append(out, plan.Value{Kind: plan.Text, Text: text})
		}
		return out
	}
	for name, groups := range map[string]int{"enough": 100, "chosen": 1} {
		b.Run(name, func(b *testing.B) {
			p := &plan.Plan{
				Table: "t", Width: plan.Width128,
				Keys: []plan.Key{
					{Kind: plan.KeyColumn, Column: "flag", Slots: values("a", "b", "c")},
					{Kind: plan.KeyColumn, Column: "status", Slots: values("d", "e")},
				},
				Sums: []plan.Sum{{}, {Factors: []string{"price"}}, {Factors: []string{"discount", "price"}}},
			}
			n := &plan.Noise{Unit: "patient", Groups: groups, Rows: 2, Sums: []*plan.Noisy{{Largest: 2}, {Largest: 1 << 40}, {Largest: 1 << 47}}}
			var with, without time.Duration
			for b.Loop() {
				t0 := time.Now()
				r, err := e.AggregateBounded(b.Context(), p, nil, n, [32]byte{1})
				drain(b, r, err)
				t1 := time.Now()
				r, err = e.Aggregate(b.Context(), p)
				drain(b, r, err)
				with, without = with+t1.Sub(t0), without+time.Since(t1)
			}
			b.ReportMetric(float64(benchRows())*float64(b.N)/with.Seconds()/1e6, "Mrows/s")
			b.ReportMetric(with.Seconds()/without.Seconds(), "ratio")
		})
	}
}
