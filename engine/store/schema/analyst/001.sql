-- Instants are milliseconds since 1970, UTC.
CREATE TABLE key_check (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  box BLOB NOT NULL
) STRICT;

-- Questions that were asked. The secret is erased once the answer is delivered.
CREATE TABLE question (
  job     BLOB PRIMARY KEY,             -- 16 bytes
  record  BLOB,                         -- sealed: query text, purpose, submission, secret state; NULL once erased
  state   TEXT NOT NULL,                -- stored, submitted, answered, failed
  code    TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;
