-- Jobs that a person has to decide about. Such a job is in table job, not accepted and not ended; the row here
-- stays when it is decided, with what was answered.
CREATE TABLE parked (
  job      BLOB PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
  since    INTEGER NOT NULL,
  deadline INTEGER NOT NULL,            -- then it is refused
  grounds  BLOB NOT NULL,               -- why it waits, as engine/approval encodes it; answers name its hash
  notes    BLOB NOT NULL                -- what else people are shown, JSON
) STRICT;

-- What people said, as they signed it (engine/approval). Who may write here may write anything: the
-- worker believes none of it unchecked.
CREATE TABLE answer (
  job  BLOB NOT NULL REFERENCES parked (job) ON DELETE CASCADE,
  at   INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (job, body)
) STRICT;

-- Notices of waiting jobs that are still to be posted.
CREATE TABLE notice (
  job   BLOB PRIMARY KEY REFERENCES parked (job) ON DELETE CASCADE,
  tries INTEGER NOT NULL,               -- counted before each
  due   INTEGER NOT NULL
) STRICT;

-- One row while everything is stopped.
CREATE TABLE stop (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  at  INTEGER NOT NULL
) STRICT;
