-- What the bus holds by our own account (protocol rules 10, 13 and 15): the latest acknowledged state of each placement, with
-- the digest of its bytes as carried. No reference to placements: it would wait for decisions under way.
CREATE TABLE published_states (
  placement uuid PRIMARY KEY,
  zone text NOT NULL,
  epoch bigint NOT NULL CHECK (epoch >= 1),
  revision bigint NOT NULL CHECK (revision >= 1),
  digest bytea NOT NULL CHECK (length(digest) = 32),
  partition integer NOT NULL CHECK (partition >= 0),
  "offset" bigint NOT NULL CHECK ("offset" >= 0)
);

-- The last number that a zone's record was given. It is given before the record is sent, so that the bus never holds a
-- higher one, unless the database was restored.
CREATE TABLE zone_records (
  zone text PRIMARY KEY,
  sequence bigint NOT NULL CHECK (sequence >= 1),
  numbered_at timestamptz NOT NULL
);
