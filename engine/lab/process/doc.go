// Package process starts programs, finds them again after a crash of the starter,
// and stops them.
//
// A process is remembered by its number together with the time at which the
// operating system says it started, so a number that was given to another program
// meanwhile is never signalled.
//
// Start at [Start].
package process
