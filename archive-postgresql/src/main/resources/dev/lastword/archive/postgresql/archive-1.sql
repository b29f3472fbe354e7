-- Who writes the archive. A batch is taken under the epoch that stands here, no other.
CREATE TABLE lastword_archive (
  one integer PRIMARY KEY CHECK (one = 1),
  epoch bigint NOT NULL,
  owner text NOT NULL,
  opened_at timestamptz NOT NULL
);

CREATE TABLE lastword_streams (
  id text COLLATE "C" PRIMARY KEY,
  state text NOT NULL,
  outcome text COLLATE "C",
  reason text NOT NULL,
  saved boolean NOT NULL,
  save_over boolean NOT NULL,
  terminal_missing boolean NOT NULL,
  at_rest boolean NOT NULL,
  ended boolean NOT NULL,
  corrupt boolean NOT NULL,
  created_ms bigint NOT NULL,
  ended_ms bigint NOT NULL,
  complete_time_ms bigint NOT NULL,
  opened_at bigint NOT NULL,
  up_to bigint NOT NULL,
  events bigint NOT NULL,
  bytes bigint NOT NULL,
  withheld bigint NOT NULL,
  withheld_bytes bigint NOT NULL,
  late bigint NOT NULL,
  epochs json NOT NULL,
  attributes json NOT NULL,
  conversation text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'conversation') STORED,
  dialect text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'dialect') STORED,
  model text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'model') STORED,
  name text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'name') STORED,
  owner text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'owner') STORED,
  path text COLLATE "C" GENERATED ALWAYS AS (attributes ->> 'path') STORED,
  crc bigint,
  response_crc bigint,
  text text,
  response text,
  receipt text
);

CREATE TABLE lastword_events (
  stream text COLLATE "C" NOT NULL,
  first_seq bigint NOT NULL,
  count integer NOT NULL,
  bounds bytea NOT NULL,
  wire bytea NOT NULL,
  crc bigint,
  PRIMARY KEY (stream, first_seq)
);

CREATE TABLE lastword_checkpoint (
  one integer PRIMARY KEY CHECK (one = 1),
  position bigint NOT NULL,
  journal text,
  crc bigint
);

-- Of these ids no life that was opened at opened_at or before is ever here again.
CREATE TABLE lastword_deleted (
  id text COLLATE "C" PRIMARY KEY,
  opened_at bigint NOT NULL,
  up_to bigint NOT NULL,
  settled boolean NOT NULL,
  at_ms bigint NOT NULL
);

-- One row for each life of a stream that ended; it stays when the stream is deleted.
CREATE TABLE lastword_ledger (
  stream text COLLATE "C" NOT NULL,
  opened_at bigint NOT NULL,
  owner text COLLATE "C",
  tenant text COLLATE "C",
  route text COLLATE "C",
  model text COLLATE "C",
  dialect text COLLATE "C",
  tokens_in bigint,
  tokens_out bigint,
  tokens_cached bigint,
  tokens_reasoning bigint,
  outcome text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  ended_ms bigint NOT NULL,
  PRIMARY KEY (stream, opened_at)
);

-- Whoever deletes streams: their events go too, and they do not come back from the journal. In the schema that the table is
-- in, whatever the search path of whoever deletes.
CREATE FUNCTION lastword_streams_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('DELETE FROM %I.lastword_events WHERE stream IN (SELECT id FROM gone)', TG_TABLE_SCHEMA);
  EXECUTE format('INSERT INTO %1$I.lastword_deleted AS known (id, opened_at, up_to, settled, at_ms)'
    ' SELECT id, opened_at, up_to, at_rest, (extract(epoch from clock_timestamp()) * 1000)::bigint FROM gone'
    ' ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, up_to = excluded.up_to,'
    ' settled = excluded.settled, at_ms = excluded.at_ms WHERE excluded.opened_at >= known.opened_at', TG_TABLE_SCHEMA);
  RETURN NULL;
END $$;

CREATE TRIGGER lastword_streams_deleted AFTER DELETE ON lastword_streams
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION lastword_streams_deleted();

-- What others name is indexed by its beginning: an index takes no text of any length.
CREATE INDEX lastword_streams_by_creation ON lastword_streams (created_ms, id);
CREATE INDEX lastword_streams_by_conversation ON lastword_streams (left(conversation, 200), created_ms, id);
CREATE INDEX lastword_streams_by_outcome ON lastword_streams (outcome, created_ms, id);
CREATE INDEX lastword_streams_by_owner ON lastword_streams (left(owner, 200), created_ms, id);
CREATE INDEX lastword_streams_by_owner_conversation ON lastword_streams (left(owner, 200), left(conversation, 200), created_ms, id);
CREATE INDEX lastword_streams_by_name ON lastword_streams (left(name, 200), created_ms, id) WHERE left(name, 200) IS NOT NULL;
CREATE INDEX lastword_streams_by_end ON lastword_streams (complete_time_ms, ended_ms, id) INCLUDE (bytes) WHERE at_rest;
CREATE INDEX lastword_streams_unfinished ON lastword_streams (opened_at) WHERE NOT at_rest;
CREATE INDEX lastword_streams_unsaved ON lastword_streams (created_ms, id) WHERE NOT saved;
CREATE INDEX lastword_ledger_by_end ON lastword_ledger (ended_ms);
CREATE INDEX lastword_ledger_by_owner ON lastword_ledger (left(owner, 200), ended_ms);
