// Package pooled answers questions over the rows of all owners together, with the
// embedded engine and without any of the protocol, and compares answers. It is the
// oracle of the demo, the examples and the tests.
//
// There are two oracles. [Ask] runs the question as SQL, as if there were one table; it
// knows nothing of suppression. [Space.Answer] adds, in the open, what each owner would
// contribute, suppresses what has too few privacy units, and finishes it as the analyst's
// side does. That [Space.Whole], which suppresses nothing, equals [Ask] ties them together.
//
// Start at [Open].
package pooled
