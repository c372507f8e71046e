package result

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

func huge(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return n
}

// sample has a column of every type, a NULL in each, and extremes.
func sample() *Table {
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	at := time.Date(1969, 12, 31, 23, 59, 59, 123456000, time.UTC)
	cols := []Column{
		{Name: "b", Type: Type{Kind: Boolean}},
		{Name: "i", Type: Type{Kind: Integer}},
		{Name: "n", Type: Type{Kind: BigInt}},
		{Name: "h", Type: Type{Kind: HugeInt}},
		{Name: "d", Type: Type{Kind: Decimal, Precision: 38, Scale: 2}, Note: "within 0.5"},
		{Name: "x", Type: Type{Kind: Double}},
		{Name: "s, t", Type: Type{Kind: Varchar}},
		{Name: "day", Type: Type{Kind: Date}},
		{Name: "at", Type: Type{Kind: Timestamp}},
	}
	return &Table{
		Columns: cols,
		Rows: [][]Value{
			{true, int64(1), int64(-5), huge("99999999999999999999999999999999999999"), big.NewInt(-5), 0.1, "a\"b", day, at},
			{false, int64(-1), int64(math.MaxInt64), huge("-99999999999999999999999999999999999999"), big.NewInt(12345), math.Inf(1), "", day, at},
			{nil, nil, nil, nil, nil, nil, nil, nil, nil},
		},
		Suppressed: map[Cell]int{{2, 3}: 10}, Notes: []string{"a note"},
	}
}

func TestWriteTable(t *testing.T) {
	tab := &Table{
		Columns:    []Column{{Name: "region", Type: Type{Kind: Varchar}}, {Name: "n", Type: Type{Kind: BigInt}}, {Name: "x", Type: Type{Kind: Double}, Note: "within 0.5"}},
		Rows:       [][]Value{{"north", int64(120), 1.5}, {nil, int64(3), nil}, {"a\n\x1b[2Jb", int64(7), math.NaN()}},
		Suppressed: map[Cell]int{{1, 2}: 10},
	}
	var b bytes.Buffer
	if err := tab.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, part := range []string{"north        120   1.5\n", "NULL           3  < 10\n", `a\n\x1b[2Jb    7   NaN` + "\n", "(3 rows)\nx: within 0.5\n"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	if strings.ContainsRune(got, 0x1b) {
		t.Error("an escape sequence reaches the terminal")
	}
}

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "-Infinity") && !strings.Contains(b.String(), `Infinity,"",2024-02-29,1969-12-31 23:59:59.123456`) {
		t.Errorf("csv:\n%s", b.String())
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[0][6] != "s, t" || rows[1][6] != `a"b` || rows[1][4] != "-0.05" || rows[3][0] != "" {
		t.Errorf("read back %q", rows)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := sample().WriteJSON(&b, map[string]string{"id": "x"}); err != nil {
		t.Fatal(err)
	}
	want := `{"columns":[{"name":"b","type":"BOOLEAN"},{"name":"i","type":"INTEGER"},{"name":"n","type":"BIGINT"},{"name":"h","type":"HUGEINT"},` +
		`{"name":"d","type":"DECIMAL(38,2)","note":"within 0.5"},{"name":"x","type":"DOUBLE"},{"name":"s, t","type":"VARCHAR"},{"name":"day","type":"DATE"},{"name":"at","type":"TIMESTAMP"}],` +
		`"rows":[[true,1,-5,"99999999999999999999999999999999999999","-0.05",0.1,"a\"b","2024-02-29","1969-12-31 23:59:59.123456"],` +
		`[false,-1,"9223372036854775807","-99999999999999999999999999999999999999","123.45","Infinity","","2024-02-29","1969-12-31 23:59:59.123456"],` +
		`[null,null,null,{"below":10},null,null,null,null,null]],"suppressed":[[2,3]],"notes":["a note"],"job":{"id":"x"}}` + "\n"
	if got := b.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid(b.Bytes()) {
		t.Error("not JSON")
	}
	b.Reset()
	if err := (&Table{}).WriteJSON(&b, nil); err != nil || b.String() != `{"columns":[],"rows":[],"suppressed":[]}`+"\n" {
		t.Errorf("empty table: %s %v", b.String(), err)
	}
}

// texts reads a record back as text, so that one comparison serves both formats.
func recordTexts(rec arrow.Record) [][]string {
	out := make([][]string, rec.NumRows())
	for r := range out {
		for c := range int(rec.NumCols()) {
			text := "NULL"
			if col := rec.Column(c); col.IsValid(r) {
				switch a := col.(type) {
				case *array.Decimal128:
					text = unscaled(a.Value(r).BigInt(), int(a.DataType().(*arrow.Decimal128Type).Scale))
				case *array.Timestamp:
					text = a.Value(r).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05.999999")
				case *array.Date32:
					text = a.Value(r).ToTime().Format("2006-01-02")
				case *array.Float64:
					text = double(a.Value(r))
				default:
					text = a.ValueStr(r)
				}
			}
			out[r] = append(out[r], text)
		}
	}
	return out
}

func wantTexts(t *Table) [][]string {
	out := make([][]string, len(t.Rows))
	for r, row := range t.Rows {
		for i, v := range row {
			text, ok := t.Columns[i].Type.Text(v)
			if !ok {
				text = "NULL"
			}
			out[r] = append(out[r], text)
		}
	}
	return out
}

func equalTexts(t *testing.T, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d rows, wants %d", len(got), len(want))
	}
	for r := range want {
		for c := range want[r] {
			if got[r][c] != want[r][c] {
				t.Errorf("row %d column %d: %q, wants %q", r, c, got[r][c], want[r][c])
			}
		}
	}
}

func TestArrowRoundTrip(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	var b bytes.Buffer
	if err := sample().WriteArrow(&b, mem); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewFileReader(bytes.NewReader(b.Bytes()), ipc.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Record(0)
	if err != nil {
		t.Fatal(err)
	}
	equalTexts(t, recordTexts(rec), wantTexts(sample()))
}

func TestParquetRoundTrip(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	var b bytes.Buffer
	if err := sample().WriteParquet(&b, mem); err != nil {
		t.Fatal(err)
	}
	_, rr := openParquet(t, b.Bytes(), mem)
	defer rr.Release()
	equalTexts(t, recordTexts(rr.Record()), wantTexts(sample()))
}

func TestTooLarge(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	tab := sample()
	tab.Rows[0][3] = huge("100000000000000000000000000000000000000")
	for name, write := range map[string]func() error{
		"arrow":   func() error { return tab.WriteArrow(new(bytes.Buffer), mem) },
		"parquet": func() error { return tab.WriteParquet(new(bytes.Buffer), mem) },
	} {
		if err := write(); !TooLarge.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for want, typ := range map[string]Type{
		"HUGEINT":       {Kind: HugeInt},
		"DECIMAL(38,2)": {Kind: Decimal, Precision: 38, Scale: 2},
		"DOUBLE":        {Kind: Double},
	} {
		if typ.String() != want {
			t.Errorf("%s, wants %s", typ, want)
		}
	}
}

// TestSameNames: two columns may have one name, as in SELECT COUNT(*), COUNT(*).
func TestSameNames(t *testing.T) {
	tab := &Table{
		Columns: []Column{{Name: "n", Type: Type{Kind: BigInt}}, {Name: "n", Type: Type{Kind: BigInt}}},
		Rows:    [][]Value{{int64(1), int64(2)}},
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	var b bytes.Buffer
	if err := tab.WriteArrow(&b, mem); err != nil {
		t.Error(err)
	}
	b.Reset()
	if err := tab.WriteParquet(&b, mem); err != nil {
		t.Fatal(err)
	}
	pf, err := file.NewParquetReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer pf.Close()
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, mem)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if got.NumCols() != 2 {
		t.Errorf("%d columns", got.NumCols())
	}
}
