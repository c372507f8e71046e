// Package secret keeps bytes that must not be seen: keys, seeds, shares.
//
// # Threat model
//
// The enemy is the accident: a log line, an error, a panic's print-out, a JSON
// dump of a struct that holds a key three levels down. A Format method alone
// does not help there: for an unexported field of another struct, fmt goes by
// reflection and prints the bytes. A [Secret] therefore holds a function, whose
// closure no printer looks into. Whatever prints it shows "[secret]" or an
// address.
//
// It is no defence against code that calls [Secret.Bytes], a debugger, a core
// dump or swap. The garbage collector may have copied the bytes: [Secret.Wipe]
// shortens their life, no more.
//
// Decoding into a Secret fails on purpose; a protocol codes its secrets by hand.
//
// Start at [Secret].
package secret
