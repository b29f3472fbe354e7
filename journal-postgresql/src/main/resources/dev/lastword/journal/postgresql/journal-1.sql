-- Which journals there are, and who writes each. An append is taken under the epoch that stands here, no other.
CREATE TABLE lastword_journals (
  journal integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  epoch bigint NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '',
  opened_at timestamptz
);

-- The segments of a journal, by the names that they would have in a folder.
CREATE TABLE lastword_segments (
  segment bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  journal integer NOT NULL REFERENCES lastword_journals ON DELETE CASCADE,
  name text NOT NULL,
  capacity bigint NOT NULL DEFAULT 0,
  UNIQUE (journal, name)
);

-- One row for each flush: what a file would hold from that position on.
CREATE TABLE lastword_flushes (
  segment bigint NOT NULL,
  position bigint NOT NULL,
  epoch bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (segment, position)
);
-- Never compressed: parts of it are read, and it is written once and soon deleted.
ALTER TABLE lastword_flushes ALTER COLUMN bytes SET STORAGE EXTERNAL;
