// Package column turns the aggregated rows of one owner into the vector of ring
// elements that the owner contributes.
//
// The input is a record stream with a column per key of the plan and then one per
// sum, as source.Engine.Aggregate gives; one with counts of privacy units after the
// sums is read by [Cells]. The output has an element for every cell of the plan and
// every sum, zero where the owner has no rows. Cells are numbered in the order of their
// keys' slots, the last key running fastest.
//
// Nothing of the stream is believed: a value outside the declared slots, an element
// beyond what the charter's ranges and max_rows allow, or a column of another shape
// is a fault, so that whatever an engine returns, the proof that sums do not overflow
// holds. Memory is the vector and one record.
//
// Start at [Vector].
package column
