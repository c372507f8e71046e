// Package session is what protocol machines and their drivers share: the shape
// of a machine ([Machine], [Event], [Effect]), the positions of parties
// ([Party]), and the two ways in which every protocol turns secrets and
// transcripts into 32 bytes ([KDF], [Hash]).
//
// Beside these are the first event of every machine ([Start]), the reasons for which a
// machine refuses an event or ends ([ErrLate] and the others), blame ([BlameError], [Blame],
// [End]), sets of workers ([Parties]), and work that is shared out ([Parallel]).
//
// # Threat model
//
// A machine trusts nothing in a [Message] but the channel it came on. A driver
// that reorders effects, or sends before it has persisted, breaks the promises
// of the protocol that it drives.
//
// KDF and Hash encode their label and parts without ambiguity: every part
// carries its length and the number of parts is fixed by the encoding, so that
// ("ab", "c") and ("a", "bc") are different inputs. Two uses with different
// labels are independent.
//
// # Sizes and errors
//
// KDF and Hash return 32 bytes and do not fail; a label or part of 4 GiB or more is
// a programming error and panics. A set of n workers takes 4 + 2n bytes; [DecodeParties] fails
// its reader with [ErrOrder].
//
// # References
//
// HKDF: RFC 5869. SHA-256: FIPS 180-4.
//
// Start at [Machine].
package session
