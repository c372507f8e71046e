package result

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/tacit-space/tacit/engine/fault"
)

// TooLarge is raised for a number that a format cannot hold.
var TooLarge = fault.Declare("TACIT-P130", "number too large for the format",
	"Arrow and Parquet hold at most 38 digits; a HUGEINT of the result has 39.",
	"Write the result as a table, CSV or JSON, or CAST the column to DOUBLE.")

// decimals has 38 digits, what decimal128 holds.
var decimals = new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)

// Keys of the metadata.
const (
	typeKey       = "duckdb_type"
	suppressedKey = "tacit.suppressed"
	columnKey     = "tacit.column"
	epsilonKey    = "tacit.epsilon"
	deltaKey      = "tacit.delta"
	unitKey       = "tacit.unit"
	sigmaKey      = "tacit.sigma"
	levelKey      = "tacit.level"
)

// Record returns the table as one Arrow record. The caller releases it.
//
// A suppressed value is NULL. If there is one in column X, a column "X (below)" follows
// the columns of the query: int32, k where X is suppressed, else NULL. Its field has
// the position of X, from 0, as metadata "tacit.column", and the schema then has the
// metadata "tacit.suppressed" = "true".
//
// A column X with noise has metadata "tacit.epsilon", "tacit.delta", "tacit.unit" and, of a count or sum,
// "tacit.sigma". If it has intervals, columns "X (low)" and "X (high)" follow all others: float64, with the
// position of X as "tacit.column" and the confidence as "tacit.level".
func (t *Table) Record(mem memory.Allocator) (arrow.Record, error) {
	hiding := t.hiding()
	spanned := t.spanned()
	b := array.NewRecordBuilder(mem, t.schema(hiding, spanned))
	defer b.Release()
	for r, row := range t.Rows {
		for i, v := range row {
			if err := appendValue(b.Field(i), v); err != nil {
				return nil, err
			}
		}
		for j, i := range hiding {
			marks := b.Field(len(row) + j).(*array.Int32Builder)
			if k := t.Suppressed[Cell{r, i}]; k > 0 {
				marks.Append(int32(k))
			} else {
				marks.AppendNull()
			}
		}
		for j, i := range spanned {
			first := len(row) + len(hiding) + 2*j
			t.appendSpan(Cell{r, i}, b.Field(first).(*array.Float64Builder), b.Field(first+1).(*array.Float64Builder))
		}
	}
	return b.NewRecord(), nil
}

// hiding returns the positions of the columns with suppressed values, in order.
func (t *Table) hiding() []int {
	var out []int
	for c := range t.Suppressed {
		if !slices.Contains(out, c.Column) {
			out = append(out, c.Column)
		}
	}
	slices.Sort(out)
	return out
}

// schema gives each field the name of its DuckDB type as metadata "duckdb_type".
func (t *Table) schema(hiding, spanned []int) *arrow.Schema {
	fields := make([]arrow.Field, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = arrow.Field{
			Name: c.Name, Type: c.Type.arrow(), Nullable: true,
			Metadata: c.metadata(),
		}
	}
	for _, i := range hiding {
		fields = append(fields, arrow.Field{
			Name: t.Columns[i].Name + " (below)", Type: arrow.PrimitiveTypes.Int32, Nullable: true,
			Metadata: arrow.NewMetadata([]string{columnKey, typeKey}, []string{strconv.Itoa(i), "INTEGER"}),
		})
	}
	for _, i := range spanned {
		for _, suffix := range []string{lowSuffix, highSuffix} {
			fields = append(fields, arrow.Field{
				Name: t.Columns[i].Name + suffix, Type: arrow.PrimitiveTypes.Float64, Nullable: true,
				Metadata: arrow.NewMetadata([]string{columnKey, levelKey, typeKey},
					[]string{strconv.Itoa(i), double(t.Columns[i].Noise.Level), "DOUBLE"}),
			})
		}
	}
	if len(hiding) == 0 {
		return arrow.NewSchema(fields, nil)
	}
	meta := arrow.NewMetadata([]string{suppressedKey}, []string{"true"})
	return arrow.NewSchema(fields, &meta)
}

func (c *Column) metadata() arrow.Metadata {
	keys, values := []string{typeKey}, []string{c.Type.String()}
	if n := c.Noise; n != nil {
		keys, values = append(keys, epsilonKey, deltaKey, unitKey), append(values, n.Epsilon, n.Delta, n.Unit)
		if n.Sigma > 0 {
			keys, values = append(keys, sigmaKey), append(values, double(n.Sigma))
		}
	}
	return arrow.NewMetadata(keys, values)
}

func (t *Table) appendSpan(at Cell, low, high *array.Float64Builder) {
	span, ok := t.Intervals[at]
	if !ok {
		low.AppendNull()
		high.AppendNull()
		return
	}
	low.Append(span.Low)
	high.Append(span.High)
}

func (t Type) arrow() arrow.DataType {
	switch t.Kind {
	case Boolean:
		return arrow.FixedWidthTypes.Boolean
	case Integer:
		return arrow.PrimitiveTypes.Int32
	case BigInt:
		return arrow.PrimitiveTypes.Int64
	case HugeInt:
		return &arrow.Decimal128Type{Precision: 38}
	case Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case Double:
		return arrow.PrimitiveTypes.Float64
	case Date:
		return arrow.FixedWidthTypes.Date32
	case Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	default:
		return arrow.BinaryTypes.String
	}
}

func appendValue(b array.Builder, v Value) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Int32Builder:
		b.Append(int32(v.(int64)))
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(v.(time.Time)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.(time.Time).UnixMicro()))
	case *array.Decimal128Builder:
		n := v.(*big.Int)
		if n.CmpAbs(decimals) >= 0 {
			return TooLarge.New("a number of 39 digits")
		}
		b.Append(decimal128.FromBigInt(n))
	default:
		return fmt.Errorf("result: no Arrow builder %T", b)
	}
	return nil
}

// WriteArrow writes the table as an Arrow IPC file.
func (t *Table) WriteArrow(w io.Writer, mem memory.Allocator) error {
	rec, err := t.Record(mem)
	if err != nil {
		return err
	}
	defer rec.Release()
	out, err := ipc.NewFileWriter(&counted{w: w}, ipc.WithSchema(rec.Schema()), ipc.WithAllocator(mem))
	if err != nil {
		return err
	}
	if err := out.Write(rec); err != nil {
		return err
	}
	return out.Close()
}

// WriteParquet writes the table as a Parquet file, compressed with Snappy.
func (t *Table) WriteParquet(w io.Writer, mem memory.Allocator) error {
	rec, err := t.Record(mem)
	if err != nil {
		return err
	}
	defer rec.Release()
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy), parquet.WithAllocator(mem))
	arrowProps := pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema(), pqarrow.WithAllocator(mem))
	out, err := pqarrow.NewFileWriter(rec.Schema(), plain{w}, props, arrowProps)
	if err != nil {
		return err
	}
	if err := out.Write(rec); err != nil {
		return err
	}
	return out.Close()
}

// plain hides Close and Seek of a file from the writers: whoever opened w closes it.
type plain struct{ io.Writer }

// counted tells the Arrow writer how far it is, the only use it has for Seek.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (c *counted) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("result: an Arrow file is written from front to back")
	}
	return c.n, nil
}
