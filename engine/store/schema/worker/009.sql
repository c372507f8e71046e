-- Studies: statistics that are computed by rounds. The first round was decided for all.
CREATE TABLE study (
  id      BLOB PRIMARY KEY,            -- 32 bytes, chosen by the analyst
  analyst TEXT NOT NULL,               -- member id
  form    BLOB NOT NULL,               -- hash of what its rounds share
  round   INTEGER NOT NULL,            -- the last one that was accepted
  job     BLOB NOT NULL,               -- of that round
  expires INTEGER NOT NULL
) STRICT;
