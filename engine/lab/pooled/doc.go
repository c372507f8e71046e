// Package pooled answers questions over the rows of all owners together, with the
// embedded engine and without any of the protocol, and compares answers. It is the
// oracle of the demo, the examples and the tests.
//
// Start at [Ask].
package pooled
