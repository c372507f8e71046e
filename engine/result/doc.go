// Package result is the typed table that an analyst gets, and the formats that it
// is written in: terminal, JSON, CSV, Arrow and Parquet.
//
// # Types
//
// Types are named as DuckDB names them. HUGEINT becomes decimal128(38,0) in Arrow
// and Parquet, which have no 128-bit integer.
//
// # Errors
//
// [TooLarge] for a number that a format cannot hold; else what the io.Writer returns.
//
// Start at [Table].
package result
