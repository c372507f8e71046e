// Package statistic turns a statistic into an ordinary question and finishes what
// comes back.
//
// A statistic is asked as a table function:
//
//	SELECT * FROM ttest(lung, 'age ~ sex', where => 'status = 2')
//
// It writes an inner question in tacit's own SQL, such as
//
//	SELECT sex AS "group", COUNT(age) AS n, SUM(age) AS s, SUM(age * age) AS ss FROM lung WHERE (status = 2) GROUP BY sex
//
// which package query compiles as any other: what owners check, compare, price and release is that
// question, and they need to know nothing of statistics. The finishing function computes the result from the
// released sums, which are exact: a result does not depend on how rows are split between owners.
//
// # Suppressed numbers
//
// What too few privacy units stand behind is suppressed in the inner question. A statistic shows
// a row that it cannot compute as suppressed, or fails with [Suppressed] if nothing can be said without it.
// A failure after the release loses nothing: the inner result is delivered beside the fault.
//
// # Threat model
//
// The text comes from the analyst and never reaches an owner. Everything here runs at the
// analyst on numbers that are released already; a mistake here gives a wrong result, and gives nothing away.
//
// # Errors
//
// Faults TACIT-P160–P169 from here for what is wrong with a question, TACIT-T001–T099 for what
// the released numbers do not allow.
//
// Start at [Compile]. A new statistic is a [Statistic] in a file of its own, listed in the file registry.go; a second
// implementation of it, in a test file of its own, says what it answers about people at random (see oracle_test.go).
package statistic
