-- Questions whose answers this owner takes as known when another one is compared with them: from
-- the decision to take part, for good once the input has left.
CREATE TABLE asked (
  job          BLOB PRIMARY KEY,          -- stays when the job itself is forgotten
  about        TEXT NOT NULL,             -- table
  organisation TEXT NOT NULL,             -- of the analyst
  at           INTEGER NOT NULL,          -- never less than any time that was seen before
  attempt      INTEGER NOT NULL,          -- last one whose input left; 0: none has
  box          BLOB NOT NULL              -- the plan, sealed
) STRICT;
CREATE INDEX asked_at ON asked (about, at);
