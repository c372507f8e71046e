// Package docgen writes the reference of error codes, docs/errors.md, from the
// declarations in the source.
//
// It reads the calls of fault.Declare as they stand in the tree, so no package can
// be forgotten; that a code is declared once, and with constant texts, is checked
// on the way.
//
// It also computes the table of homomorphic parameter sets in SECURITY.md.
//
// Start at [Errors] and [Parameters].
package docgen
