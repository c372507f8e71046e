// Package result is the typed table that an analyst gets, and the formats that it
// is written in: terminal, JSON, CSV, Arrow and Parquet.
//
// # Types
//
// Types are named as DuckDB names them. HUGEINT becomes decimal128(38,0) in Arrow
// and Parquet, which have no 128-bit integer.
//
// # Suppressed values
//
// A value behind which too few privacy units stand is nil in [Table.Rows] and has its k
// in [Table.Suppressed]. Every format marks it, so that it is never taken for NULL or
// 0: see [Table.WriteTable], [Table.WriteCSV], [Table.WriteJSON] and [Table.Record].
//
// # Errors
//
// [TooLarge] for a number that a format cannot hold; else what the io.Writer returns.
//
// Start at [Table].
package result
