-- What the lines of debit add up to, by spans of time, so that a decision does not read them one by one
-- (engine/store/spans.go). Kept in step by the triggers, and made anew whenever the worker opens its store.
CREATE TABLE debit_sum (
  about        TEXT NOT NULL,
  organisation TEXT NOT NULL,
  analyst      TEXT NOT NULL,
  bits         INTEGER NOT NULL,        -- the span has 2^bits milliseconds
  span         INTEGER NOT NULL,        -- of lines whose until >> bits is this
  rho          INTEGER NOT NULL CHECK (rho >= 0),
  PRIMARY KEY (about, organisation, bits, span, analyst)
) STRICT, WITHOUT ROWID;
CREATE INDEX debit_sum_of_analyst ON debit_sum (about, analyst, bits, span, organisation, rho);

CREATE TRIGGER debit_added AFTER INSERT ON debit BEGIN
  INSERT INTO debit_sum VALUES (NEW.about, NEW.organisation, NEW.analyst, 18, NEW.until >> 18, NEW.rho)
    ON CONFLICT DO UPDATE SET rho = rho + excluded.rho;
  INSERT INTO debit_sum VALUES (NEW.about, NEW.organisation, NEW.analyst, 28, NEW.until >> 28, NEW.rho)
    ON CONFLICT DO UPDATE SET rho = rho + excluded.rho;
END;
CREATE TRIGGER debit_removed AFTER DELETE ON debit BEGIN
  UPDATE debit_sum SET rho = rho - OLD.rho
    WHERE about = OLD.about AND organisation = OLD.organisation AND bits = 18 AND span = OLD.until >> 18 AND analyst = OLD.analyst;
  UPDATE debit_sum SET rho = rho - OLD.rho
    WHERE about = OLD.about AND organisation = OLD.organisation AND bits = 28 AND span = OLD.until >> 28 AND analyst = OLD.analyst;
END;
CREATE TRIGGER debit_changed AFTER UPDATE OF about, organisation, analyst, until, rho ON debit BEGIN
  UPDATE debit_sum SET rho = rho - OLD.rho
    WHERE about = OLD.about AND organisation = OLD.organisation AND bits = 18 AND span = OLD.until >> 18 AND analyst = OLD.analyst;
  UPDATE debit_sum SET rho = rho - OLD.rho
    WHERE about = OLD.about AND organisation = OLD.organisation AND bits = 28 AND span = OLD.until >> 28 AND analyst = OLD.analyst;
  INSERT INTO debit_sum VALUES (NEW.about, NEW.organisation, NEW.analyst, 18, NEW.until >> 18, NEW.rho)
    ON CONFLICT DO UPDATE SET rho = rho + excluded.rho;
  INSERT INTO debit_sum VALUES (NEW.about, NEW.organisation, NEW.analyst, 28, NEW.until >> 28, NEW.rho)
    ON CONFLICT DO UPDATE SET rho = rho + excluded.rho;
END;

INSERT INTO debit_sum SELECT about, organisation, analyst, 18, until >> 18, SUM(rho) FROM debit GROUP BY 1, 2, 3, 5;
INSERT INTO debit_sum SELECT about, organisation, analyst, 28, until >> 28, SUM(rho) FROM debit GROUP BY 1, 2, 3, 5;
