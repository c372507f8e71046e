// Package docgen writes the reference of error codes, docs/errors.md, from the
// declarations in the source.
//
// It reads the calls of fault.Declare as they stand in the tree, so no package can
// be forgotten; that a code is declared once, and with constant texts, is checked
// on the way.
//
// It also writes the reference of all keys of charter and configurations, docs/reference.md, from
// the tags of their types, and computes the table of homomorphic parameter sets in SECURITY.md.
//
// Start at [Errors], [Reference] and [Parameters].
package docgen
