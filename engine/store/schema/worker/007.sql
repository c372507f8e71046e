-- What questions with noise cost (engine/budget): a reservation from the acceptance, a debit from before
-- the input leaves. A debit is never deleted, except by a refund.
CREATE TABLE debit (
  job          BLOB PRIMARY KEY,          -- stays when the job itself is forgotten
  about        TEXT NOT NULL,             -- table
  analyst      TEXT NOT NULL,             -- member id
  organisation TEXT NOT NULL,             -- of the analyst, at the acceptance
  rho          INTEGER NOT NULL CHECK (rho > 0), -- in units of 1e-9
  until        INTEGER NOT NULL,          -- last time at which the answer may have become known
  debited      INTEGER NOT NULL DEFAULT 0 -- 0 or 1
) STRICT;
CREATE INDEX debit_of_organisation ON debit (about, organisation, debited, until, rho);
CREATE INDEX debit_of_analyst ON debit (about, analyst, debited, until, organisation, rho);
