// Package draft proposes a charter for a table that somebody has in one file, and
// splits its rows over owners.
//
// The proposal looks at the data, as a charter must not in earnest: ranges and
// domains that follow from the rows say something about the rows. So it is a draft
// for people to edit, written with comments.
//
// Everything is read by the embedded engine, unlocked, on the machine of somebody
// who has the whole table anyway; no part of a running space uses this package.
//
// Start at [Inspect].
package draft
