-- Key sets of guarded releases that were made ahead: what is public of them. One that is
-- used is deleted in the transaction that begins its attempt.
CREATE TABLE key_set (
  id   BLOB PRIMARY KEY,                -- 32 bytes: the transcript of its making
  use  TEXT NOT NULL,                   -- roster and parameter set that it is for
  made INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX key_set_use ON key_set (use, made);
