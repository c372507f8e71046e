-- The job of the first round, which was compared for all.
ALTER TABLE study ADD COLUMN first BLOB NOT NULL DEFAULT x'';
