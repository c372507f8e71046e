// Package store is the durable state of a role: one SQLite file in a folder of
// its own.
//
// # Guarantees
//
// A method that returned nil has been written through to the disk (write-ahead
// log, synchronous=FULL). A method that returned an error has changed nothing.
// One process at a time, except for analysts: a second one on the same folder is
// refused ([InUse]) by a lock on the file "lock", which the operating system
// drops when the process dies. Methods take no context on purpose: a short local write is
// never abandoned half way. They are safe for concurrent use.
//
// # Secrets
//
// States of worker machines and the analyst's questions are sealed with
// AES-256-GCM under a key that the identity derives; the row they belong to is
// authenticated with them, so rows cannot be exchanged. A stolen store without
// the identity shows which jobs ran when, not their secrets. The coordinator's
// states are not sealed: it holds nothing that has to be kept from somebody who
// holds its disk (masked sums, and shares that it was shown).
//
// The store cannot notice that its whole folder was put back to an older copy.
// A worker whose store is restored from a backup may have forgotten a release:
// do not restore it while a job that it took part in has not expired.
//
// # Ledger
//
// Every store has the ledger of its role (engine/ledger). An entry is appended in the
// transaction of the fact that it is about, and the keeper signs a new checkpoint in it;
// so there is an entry exactly if there is the fact. Opening a store verifies the whole
// ledger against its checkpoint. [ReadLedger] reads it beside the role.
//
// # Errors
//
// [Full], [Corrupt], [InUse], [Sealed], [Newer], [Unusable], and those of
// engine/ledger.
//
// Start at [OpenWorker].
package store
