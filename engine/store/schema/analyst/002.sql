-- What happened here, in order. Entries are encoded by engine/ledger.
CREATE TABLE ledger (
  seq  INTEGER PRIMARY KEY,             -- from 0, without gaps
  body BLOB NOT NULL
) STRICT;
CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- The signed checkpoint over all entries, replaced with every append.
CREATE TABLE ledger_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  edge BLOB NOT NULL,                   -- of the tree: 32 bytes for every 1 in the binary digits of its size
  note BLOB NOT NULL
) STRICT;

ALTER TABLE question ADD COLUMN manifest BLOB NOT NULL DEFAULT x''; -- hash; empty: asked before there was a ledger
