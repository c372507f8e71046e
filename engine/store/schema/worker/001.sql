-- Instants are milliseconds since 1970, UTC.
CREATE TABLE key_check (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  box BLOB NOT NULL
) STRICT;

-- Every job that was ever offered, with the decision on it.
CREATE TABLE job (
  id       BLOB PRIMARY KEY,            -- 16 bytes, chosen by the analyst
  manifest BLOB NOT NULL,               -- hash; another one under the same id is a replay
  offer    BLOB,                        -- as received; NULL if refused, or pruned
  analyst  TEXT NOT NULL,
  accepted INTEGER NOT NULL,            -- 0 or 1
  code     TEXT NOT NULL,               -- of the refusal, else ''
  message  TEXT NOT NULL,
  remedy   TEXT NOT NULL,
  seen     INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  ended    INTEGER,                     -- when the job ended for this worker
  ending   TEXT NOT NULL DEFAULT ''     -- and how
) STRICT;
CREATE INDEX job_open ON job (ended) WHERE ended IS NULL;

-- The one attempt of a job that runs; its machine's state is sealed.
CREATE TABLE attempt (
  job    BLOB PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  state  BLOB                           -- NULL: begun; what it had was in memory only
) STRICT;

-- Written once for a job, before its shares leave.
CREATE TABLE released (
  job     BLOB PRIMARY KEY REFERENCES job (id),
  attempt INTEGER NOT NULL,
  digest  BLOB NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
