// Package charter holds the rules of a space as its members signed them: who they
// are, what they share, and under which conditions.
//
// A [Charter] is read from YAML with [Parse], which refuses unknown keys and lists
// everything that is wrong at once. [Charter.Canonical] is what it says, free of how
// it is written; [Charter.Hash] is what members sign and what every job names.
//
// A [Bundle] (space.json) carries the text, the members' full public identities and
// their signatures, of every version since the first. A worker pins the hash and trusts
// nothing else: a first version is active once as many members signed it as its own
// amendment rule asks, a later one once the members of the version before did, by the rule
// of that version, and everybody whose key is new ([Status]). [Diff] says what changes.
//
// A key can be revoked between versions ([Bundle.Revoke]).
//
// # Threat model
//
// Bundles and charters come from other organisations. Every length is limited, decoding
// is strict, and nothing in them panics. A bundle is believed only as far as
// [Bundle.Verify] says: who holds the identities named in the text must have signed
// its hash. Nothing here protects against members who sign what they do not want.
//
// Start at [Parse].
package charter
