-- Questions that this owner accepted, for quotas: from the acceptance, however the job ends.
CREATE TABLE counted (
  job          BLOB PRIMARY KEY,          -- stays when the job itself is forgotten
  about        TEXT NOT NULL,             -- table
  analyst      TEXT NOT NULL,             -- member id
  organisation TEXT NOT NULL,             -- of the analyst, at the acceptance
  at           INTEGER NOT NULL           -- never less than any time that was seen before
) STRICT;
CREATE INDEX counted_at ON counted (at);
CREATE INDEX counted_of_organisation ON counted (organisation, at);
CREATE INDEX counted_of_analyst ON counted (analyst, at);

-- The rule that made the decision; '' if it was made before this was kept, or by none.
ALTER TABLE job ADD COLUMN rule TEXT NOT NULL DEFAULT '';
