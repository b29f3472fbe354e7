-- The shards of the cluster: one row for each journal with its archive, and which process has it. By the server's clock.
CREATE TABLE lastword_shards (
  shard integer PRIMARY KEY,
  home text NOT NULL,
  node text NOT NULL,
  instance text NOT NULL,
  address text NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  opened boolean NOT NULL DEFAULT false,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL,
  wanted_by text NOT NULL DEFAULT '',
  wanted_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- In which shard a stream is whose id does not say so: one that a client chose, or that is made of a key.
CREATE TABLE lastword_ids (
  id text PRIMARY KEY,
  shard integer NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
