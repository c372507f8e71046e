package draft

import (
	"context"
	"strings"

	"github.com/tacit-space/tacit/engine/source"
)

// EngineRows runs statements of an engine that is not locked.
func EngineRows(engine *source.Engine) Rows {
	return func(ctx context.Context, sql string) ([][]*string, error) {
		reader, err := engine.Query(ctx, sql)
		if err != nil {
			return nil, err
		}
		defer reader.Release()
		var out [][]*string
		for reader.Next() {
			record := reader.Record()
			for i := range int(record.NumRows()) {
				row := make([]*string, record.NumCols())
				for j, column := range record.Columns() {
					if column.IsValid(i) {
						value := strings.Clone(column.ValueStr(i)) // it points into memory that Release frees
						row[j] = &value
					}
				}
				out = append(out, row)
			}
		}
		return out, reader.Err()
	}
}
