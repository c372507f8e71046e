package result

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/cockroachdb/datadriven"
)

// withheld has values below different k, NULLs, zeros, and text that looks like a mark.
func withheld() *Table {
	t := &Table{
		Columns: []Column{
			{Name: "region", Type: Type{Kind: Varchar}},
			{Name: "n", Type: Type{Kind: BigInt}},
			{Name: "mean", Type: Type{Kind: Double}, Note: "within 0.5"},
			{Name: "size", Type: Type{Kind: Varchar}},
			{Name: "<5", Type: Type{Kind: Boolean}},
			{Name: "n", Type: Type{Kind: Decimal, Precision: 5, Scale: 2}},
		},
		Rows: [][]Value{
			{"north", int64(120), 1.5, "<10", true, huge("123")},
			{"< 10", nil, nil, nil, nil, huge("0")},
			{"<10", int64(0), nil, "many", nil, nil},
			{nil, nil, 0.0, "few", false, nil},
		},
		Notes: []string{"a note"},
	}
	t.Suppress(1, 1, 10)
	t.Suppress(1, 3, 10)
	t.Suppress(2, 2, 20)
	t.Suppress(3, 1, 5)
	t.Suppress(2, 5, 2)
	return t
}

// TestSuppressed runs testdata/suppressed.txt: the same table in every format.
func TestSuppressed(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	datadriven.RunTest(t, "testdata/suppressed.txt", func(t *testing.T, d *datadriven.TestData) string {
		var b bytes.Buffer
		var err error
		switch d.Cmd {
		case "table":
			err = withheld().WriteTable(&b)
		case "csv":
			err = withheld().WriteCSV(&b)
		case "json":
			err = withheld().WriteJSON(&b, nil)
		case "arrow":
			err = withheld().WriteArrow(&b, mem)
		case "parquet":
			err = withheld().WriteParquet(&b, mem)
		}
		if err != nil {
			t.Fatal(err)
		}
		switch d.Cmd {
		case "arrow":
			return readArrow(t, b.Bytes(), mem)
		case "parquet":
			return readParquet(t, b.Bytes(), mem)
		}
		return strings.ReplaceAll(b.String(), "\r\n", "\n")
	})
}

func readArrow(t *testing.T, b []byte, mem memory.Allocator) string {
	t.Helper()
	r, err := ipc.NewFileReader(bytes.NewReader(b), ipc.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Record(0)
	if err != nil {
		t.Fatal(err)
	}
	return dump(r.Schema(), rec)
}

func readParquet(t *testing.T, b []byte, mem memory.Allocator) string {
	t.Helper()
	r, rr := openParquet(t, b, mem)
	defer rr.Release()
	if v := r.ParquetReader().MetaData().KeyValueMetadata().FindValue(suppressedKey); v == nil || *v != "true" {
		t.Error("the file itself does not say that values are suppressed")
	}
	schema, err := r.Schema()
	if err != nil {
		t.Fatal(err)
	}
	return dump(schema, rr.Record())
}

// openParquet opens a file at its only record.
func openParquet(t *testing.T, b []byte, mem memory.Allocator) (*pqarrow.FileReader, pqarrow.RecordReader) {
	t.Helper()
	pf, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pf.Close() })
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: 1024}, mem)
	if err != nil {
		t.Fatal(err)
	}
	rr, err := r.GetRecordReader(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !rr.Next() {
		t.Fatal("no record")
	}
	return r, rr
}

func dump(schema *arrow.Schema, rec arrow.Record) string {
	var b strings.Builder
	value, _ := schema.Metadata().GetValue(suppressedKey)
	fmt.Fprintf(&b, "%s: %q\n", suppressedKey, value)
	for _, f := range schema.Fields() {
		duck, _ := f.Metadata.GetValue(typeKey)
		fmt.Fprintf(&b, "%s %s (%s)", f.Name, f.Type, duck)
		if of, ok := f.Metadata.GetValue(columnKey); ok {
			fmt.Fprintf(&b, " of column %s", of)
		}
		b.WriteByte('\n')
	}
	for _, row := range recordTexts(rec) {
		b.WriteString(strings.Join(row, " | ") + "\n")
	}
	return b.String()
}

// TestNothingSuppressed: without suppressed values nothing is added.
func TestNothingSuppressed(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	tab := withheld()
	tab.Suppressed = nil
	rec, err := tab.Record(mem)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	if int(rec.NumCols()) != len(tab.Columns) || rec.Schema().HasMetadata() {
		t.Errorf("%d columns, metadata %v", rec.NumCols(), rec.Schema().Metadata())
	}
	var b bytes.Buffer
	if err := tab.WriteJSON(&b, nil); err != nil || strings.Contains(b.String(), "below") {
		t.Errorf("%s %v", b.String(), err)
	}
}
