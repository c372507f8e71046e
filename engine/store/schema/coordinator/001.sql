-- Instants are milliseconds since 1970, UTC.
CREATE TABLE job (
  id         BLOB PRIMARY KEY,          -- 16 bytes, chosen by the analyst
  analyst    TEXT NOT NULL,
  purpose    TEXT NOT NULL,
  manifest   BLOB NOT NULL,             -- hash
  submission BLOB,                      -- NULL once pruned
  state      TEXT NOT NULL,
  attempt    INTEGER NOT NULL,          -- the latest; 0: none yet
  code       TEXT NOT NULL,             -- of the failure, else ''
  message    TEXT NOT NULL,
  remedy     TEXT NOT NULL,
  created    INTEGER NOT NULL,
  updated    INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  fetched    INTEGER                    -- first time the analyst had the result
) STRICT;
CREATE INDEX job_state ON job (state);
CREATE INDEX job_analyst ON job (analyst, created);

-- What an owner said to the offer, or when it left the job.
CREATE TABLE decision (
  job     BLOB NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  owner   TEXT NOT NULL,
  verdict TEXT NOT NULL,                -- accepted, refused, withdrawn
  code    TEXT NOT NULL,
  message TEXT NOT NULL,
  remedy  TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (job, owner)
) STRICT;

-- The attempts of a job. A state is there once workers may have released.
CREATE TABLE attempt (
  job          BLOB NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  number       INTEGER NOT NULL,
  participants BLOB NOT NULL,           -- 2 bytes each, big-endian, ascending
  state        BLOB,                    -- of the protocol machine
  PRIMARY KEY (job, number)
) STRICT;

-- What only the analyst can open.
CREATE TABLE result (
  job  BLOB PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  body BLOB NOT NULL
) STRICT;
