// Package querygen makes random questions for tests: SQL that tacit supports, and the
// SQL with the same meaning for DuckDB over the pooled rows.
//
// Start at [New].
package querygen
