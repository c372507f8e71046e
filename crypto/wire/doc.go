// Package wire is the byte encoding of everything that is hashed, signed or
// sent by a protocol: fixed order, no field names, one encoding per value.
//
// Integers are little-endian and fixed in size. A bool is the byte 0 or 1.
// Bytes, String and Words begin with their count as a U32; Fixed has no prefix.
// A string is valid UTF-8.
//
// # Threat model
//
// The reader's input comes from a peer. [Reader] panics on no input, copies or
// allocates nothing before it has compared a length with the caller's limit and
// with the bytes that are left, and keeps its first error, so that a decoder
// may read a whole message and look at [Reader.Close] once. What was read must
// not be used when Close reports an error.
//
// A decoder built on Reader is canonical (decode, then encode, gives the same
// bytes) if it reads every field by one of the methods here and refuses, by
// [Reader.Fail], values that its encoder never writes, such as an unsorted list.
//
// # Sizes
//
// A length prefix is 4 bytes. A single field is shorter than 4 GiB; the writer
// panics on a longer one, which is a programming error.
//
// # Errors
//
// [ErrTruncated], [ErrLimit], [ErrTrailing], [ErrNotCanonical], wrapped with
// the position in the input. The text holds lengths and offsets, never content.
//
// Start at [Reader].
package wire
