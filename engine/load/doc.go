// Package load has the key figures of power systems over series of interval sums: peaks, coincidence, load factors,
// duration curves, mean profiles, degree days, and the roll-up of footprints. It knows nothing of charters,
// questions and owners, and does no I/O.
//
// A [Series] is one number per interval, such as the mean power of all customers together, exactly. Numbers may be in any
// unit of power, or of energy per interval, which is power times a constant; where the constant matters it is said.
// Definitions are those of IEC 60050-691 (load factor, coincidence, diversity) unless said otherwise.
//
// Faults TACIT-T080 to T085.
//
// Start at [Series].
package load
