// Package query compiles an analyst's SQL into a plan, and finishes the sums that
// come back into a result.
//
// # Protocol
//
// [Compile] parses the text, checks it against the charter and yields a [Query]: the
// plan, which travels, and the rest, which stays with the analyst: HAVING, ORDER BY,
// LIMIT and all arithmetic on released values. [Query.Finish] evaluates that rest
// over the released sums.
//
// # Semantics
//
// Those of DuckDB 1.5 over the pooled rows of all owners, with these decisions:
//
//   - Arithmetic is exact (math/big) and rounded once, to the nearest double, when a
//     DOUBLE is shown or enters SQRT, LN, EXP or ROUND.
//   - Doubles enter sums as multiples of the resolution that the charter declares; the
//     column's note says how far a value may be off.
//   - Where DuckDB fails after the fact (overflow, root or logarithm of a negative
//     number), the value is NULL and the column has a note: the sums are released already.
//   - NULLs sort last, ascending and descending, unless NULLS FIRST is said.
//   - Without ORDER BY, rows come in the order of the declared domains.
//   - Text is compared byte by byte.
//
// # Suppressed sums
//
// Guarded release gives the analyst a sum only if at least k privacy units stand behind
// it. What is computed from a sum that is not there is suppressed too:
//
//   - An evaluation reads sums in one place, which remembers the largest k of those
//     that are missing. The value, its problem and its error are then dropped.
//   - A condition that is suppressed suppresses the CASE, COALESCE or NULLIF whose
//     branch it chooses. AND, OR, IN and BETWEEN are released if a released argument
//     decides whatever the others are, wherever it stands.
//   - A group whose number of rows is suppressed may have none; its keys are public and
//     it is listed. A group that HAVING cannot decide is left out. Both are counted in a
//     note. Suppressed values sort after all others, NULLs included.
//
// # Noised sums
//
// Of a question with noise [Query.FinishNoisy] divides the released sums by the factor of [plan.Noise] and rounds
// them, which takes no privacy away. Every declared group appears. Counts and sums are shown as they are, a mean
// is moved into the declared range of its column, and what has no meaning with noise (a mean over a count that is not positive, a
// negative variance) is NULL with a note. An expression that knows where its value is before noise has an
// interval: see the file interval.go.
//
// # Threat model
//
// The text comes from the analyst and never reaches an owner. The parser is C and can
// exhaust its stack on long nested input: the cap on the length comes first. Every
// node of the parse tree that is not named here is refused.
//
// # Sizes and limits
//
// [MaxText], [MaxTokens], [MaxDepth] and the limits of engine/plan.
//
// # Errors
//
// Faults with codes TACIT-P0xx from here and TACIT-P1xx from engine/plan, with a
// position in the text. Messages do not repeat constants.
//
// Start at [Compile].
package query
