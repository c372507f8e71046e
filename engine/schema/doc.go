// Package schema describes the keys of a YAML file from the struct that it is read into: for
// editors as a JSON schema, for the reference of keys as a tree.
//
// The struct is the one source. Its tags say what a key is: "yaml" its name, "help" its
// meaning in a sentence, "required" that it must be there, "range" the lowest and the highest
// value, "oneof" its words, "form" what a text is ([Value]). The values of the struct are the defaults. In a list or a map the first
// entry holds those of all.
//
// Start at [Of].
package schema
