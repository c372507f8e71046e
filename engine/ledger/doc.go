// Package ledger is the log that every member keeps of what happened at it: what was
// asked, accepted, refused, withdrawn from, released and ended, under which charter. It
// is append-only, and built so that others can check it.
//
// # Construction
//
// An [Entry] has one encoding. The entries are the leaves of a Merkle tree (RFC 6962,
// section 2.1, as golang.org/x/mod/sumdb/tlog has it). After every append the member
// signs a checkpoint: a signed note (golang.org/x/mod/sumdb/note) with the lines
//
//	tacit/SPACE/MEMBER/ROLE/ID
//	SIZE
//	ROOT
//
// as in the checkpoints of other transparency logs. ID is the beginning of the random
// number in the first entry: a role that begins anew with an empty store keeps another
// ledger, and cannot pass it off as the old one, nor be taken for a forger.
//
// # Signatures
//
// A checkpoint is signed by the member's identity itself, hybrid (Ed25519 and
// ML-DSA-65, as it has to hold for years), under a label of its own: crypto/sign hashes
// label and kind first, so the signature fits no manifest, charter or protocol message,
// and theirs fit no checkpoint. The alternative was note's plain Ed25519 algorithm with a
// key derived for it, which common tools could verify; but then somebody has to
// certify the derived key, distribute it, and check one more signature, and it would not
// hold against a quantum computer. The charter pins the identity already. The type of
// the signature is 0xff ("other") in the key hash, so such tools see a signature that they do
// not know, and never a wrong one.
//
// Anybody else in the space can add a signature to a checkpoint ([Keeper.Countersign]).
// Whose ledger it is follows from the first line, not from the order of the signatures.
//
// # What it shows, and what it does not
//
// Whoever has an earlier checkpoint sees every change of what it covers, and that entries
// were cut off ([Verified.Extends]). Without one, a member, who has the key, can rewrite its
// ledger; that is why checkpoints are given away. A member can leave out what it
// does not want to have done; comparing the ledgers of several members shows it,
// as entries of a job have the same job hash everywhere ([Compare]).
//
// There are no data values and no constants of a predicate in a ledger: of a plan it
// has the hash, and the name of its table.
//
// # Sizes and limits
//
// An entry has some hundred bytes, at most [MaxEntry]; an export at most [MaxEntries]
// entries.
//
// # Errors
//
// [Malformed], [Forged], [Rewritten], [Truncated], [Forked], [ClockBack], [Disagree],
// [NotProved], [WrongStatement], [NoLedger].
//
// Start at [Entry], [Export.Verify] and [Compare].
package ledger
