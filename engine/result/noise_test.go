package result

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// noisyTable has a count, whose intervals are all as wide, a mean, whose are not, and an exact column.
func noisyTable() *Table {
	n := &Noise{Epsilon: "1", Delta: "1e-6", Unit: "patient", Level: 0.95}
	count := *n
	count.Sigma, count.HalfWidth = 5.549, 10.5
	t := &Table{
		Columns: []Column{
			{Name: "ward", Type: Type{Kind: Varchar}},
			{Name: "n", Type: Type{Kind: BigInt}, Noise: &count},
			{Name: "mean", Type: Type{Kind: Double}, Noise: n, Note: "1 NULL: with noise there are too few rows"},
			{Name: "cost", Type: Type{Kind: Decimal, Precision: 38, Scale: 2}},
		},
		Rows: [][]Value{
			{"a", int64(312), 56.346153846153847, big.NewInt(12345)},
			{"b", int64(-3), nil, nil},
		},
		Notes: []string{"noised"},
	}
	t.Span(0, 1, 301.5, 322.5)
	t.Span(1, 1, -13.5, 7.5)
	t.Span(0, 2, 51.123456, 61.600001)
	return t
}

func TestNoisyTable(t *testing.T) {
	var b strings.Builder
	if err := noisyTable().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := `ward           n                  mean    cost
────  ──────────  ────────────────────  ──────
a     312 ± 10.5  56.3 [51.12, 61.61]  123.45
b      -3 ± 10.5                  NULL    NULL
(2 rows)
mean: 1 NULL: with noise there are too few rows
noised
`
	if got := b.String(); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(strings.ReplaceAll(want, "────────────────────", strings.Repeat("─", 19))), " ") {
		t.Errorf("got\n%s", got)
	}
}

// TestNoisyCSV: the columns of the query stay plain numbers; the ends of intervals follow.
func TestNoisyCSV(t *testing.T) {
	var b strings.Builder
	if err := noisyTable().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "ward,n,mean,cost,n (low),n (high),mean (low),mean (high)\r\n" +
		"a,312,56.34615384615385,123.45,301.5,322.5,51.123456,61.600001\r\n" +
		"b,-3,,,-13.5,7.5,,\r\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

func TestNoisyJSON(t *testing.T) {
	var b strings.Builder
	if err := noisyTable().WriteJSON(&b, nil); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Columns []struct {
			Name  string
			Noise *struct {
				Epsilon, Delta, Unit string
				Level, Sigma         float64
				HalfWidth            float64 `json:"half_width"`
			}
		}
		Intervals [][4]float64
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	n := got.Columns[1].Noise
	if n == nil || n.Epsilon != "1" || n.Delta != "1e-6" || n.Unit != "patient" || n.Level != 0.95 || n.Sigma != 5.549 || n.HalfWidth != 10.5 || got.Columns[3].Noise != nil {
		t.Errorf("%s", b.String())
	}
	if len(got.Intervals) != 3 || got.Intervals[2] != [4]float64{1, 1, -13.5, 7.5} {
		t.Errorf("intervals %v", got.Intervals)
	}
}

func TestNoisyArrow(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	table := noisyTable()
	table.Suppress(1, 3, 10)
	rec, err := table.Record(mem)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var names []string
	for _, f := range rec.Schema().Fields() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, ","); got != "ward,n,mean,cost,cost (below),n (low),n (high),mean (low),mean (high)" {
		t.Errorf("columns %s", got)
	}
	f := rec.Schema().Field(1)
	for key, want := range map[string]string{epsilonKey: "1", deltaKey: "1e-6", unitKey: "patient", sigmaKey: "5.549"} {
		if got, _ := f.Metadata.GetValue(key); got != want {
			t.Errorf("%s = %q", key, got)
		}
	}
	low, high := rec.Column(5).(*array.Float64), rec.Column(8).(*array.Float64)
	if low.Value(1) != -13.5 || high.Value(0) != 61.600001 || !high.IsNull(1) {
		t.Error("ends of intervals")
	}
	if at, _ := rec.Schema().Field(7).Metadata.GetValue(columnKey); at != "2" {
		t.Errorf("column %s", at)
	}
}

// TestBrief: outwards, never inwards, and no digit more than there is.
func TestBrief(t *testing.T) {
	up := func(v float64) float64 { return -floorOf(-v) }
	for v, want := range map[float64]string{
		14: "14", 0.1: "0.1", 10.5: "10.5", 1538765: "1539000", 12.341: "12.35", 0.000123412: "0.0001235", 99999: "100000", 0: "0",
	} {
		if got := brief(v, up); got != want {
			t.Errorf("%v: %s, wants %s", v, got, want)
		}
	}
}

func floorOf(v float64) float64 {
	n := float64(int64(v))
	if n > v {
		n--
	}
	return n
}
