// Package duckdb runs SQL in an embedded DuckDB and reads results as Arrow v17.
//
// It is the only importer of DuckDB's bindings. Their own Arrow support is written
// for another major version of Arrow, whose C data interface does not link together
// with v17's; so a result's schema and chunks are exported by DuckDB's C functions
// and imported here with arrow/go/v17/arrow/cdata.
//
// A [Conn] serves one statement at a time. The text of an [Error] may repeat values
// of the data: callers decide what of it may be shown.
//
// Start at [Open].
package duckdb
