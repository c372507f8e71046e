-- Key sets of guarded releases that were made ahead. One that is used is deleted in the
-- transaction that begins its attempt.
CREATE TABLE key_set (
  id   BLOB PRIMARY KEY,                -- 32 bytes: the transcript of its making
  made INTEGER NOT NULL,
  box  BLOB NOT NULL                    -- sealed
) STRICT;
