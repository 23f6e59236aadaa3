-- States on the bus that a recovery (protocol rule 13) could give no row, as their namespace is promised to another placement:
-- they are known from then on, and no sign of a restore any more. People decide, and the next recovery looks again.
CREATE TABLE left_states (
  placement uuid PRIMARY KEY,
  zone text NOT NULL,
  epoch bigint NOT NULL CHECK (epoch >= 1),
  revision bigint NOT NULL CHECK (revision >= 1),
  left_at timestamptz NOT NULL
);
CREATE INDEX left_states_by_zone ON left_states (zone);

-- The reports that governance asks an agent for once more (protocol rule 15), the latest request of each zone: the zone's
-- record carries it. Of another life of the agent it means nothing.
CREATE TABLE report_requests (
  zone text PRIMARY KEY,
  request uuid NOT NULL,
  incarnation bigint NOT NULL,
  buckets bigint[] NOT NULL,
  requested_at timestamptz NOT NULL
);
