// Package strictyaml reads YAML into structs and reports everything that is wrong
// at once, each with its path, line and column.
//
// It reads the part of YAML 1.2 that people mean: mappings, sequences, scalars and
// block text. It refuses anchors, aliases, merge keys, tags, directives, several
// documents, duplicate keys, unknown keys (with a suggestion) and keys without a
// value, so one text means one thing and cannot blow up when it is expanded.
//
// Limits: the size that the caller allows, [MaxDepth], [MaxKeys], [MaxBlanks], and a cap of problems
// reported. Scalars are taken as they are written: 007 read into a string is "007".
//
// Start at [Unmarshal].
package strictyaml
