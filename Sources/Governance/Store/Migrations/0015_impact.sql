-- What a new policy would change, and what one that took effect has left to be done.

-- Placements that do not comply with the policy in force: at most one open finding each. Whoever judges again writes the same.
CREATE TABLE findings (
  id uuid PRIMARY KEY,
  placement uuid NOT NULL,
  project text NOT NULL,
  environment text NOT NULL,
  replica integer NOT NULL CHECK (replica >= 0),
  cluster text NOT NULL,
  zone text NOT NULL,
  region text NOT NULL,
  operator text NOT NULL,
  -- The version under which it was found first, and the one under which it was judged last.
  policy_version bigint NOT NULL,
  judged_policy bigint NOT NULL,
  rules text[] NOT NULL,
  reasons jsonb NOT NULL,
  opened_at timestamptz NOT NULL,
  due_on date NOT NULL,
  resolved_at timestamptz,
  resolution text CHECK (resolution IN ('migrated', 'removed', 'derogation', 'policy', 'circumstances')),
  CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX findings_open ON findings (placement) WHERE resolved_at IS NULL;
CREATE INDEX findings_open_by_project ON findings (project, environment, replica, id) WHERE resolved_at IS NULL;
CREATE INDEX findings_by_project ON findings (project, environment, replica, id);

-- What everything was judged under last. One row; empty numbers before the first time.
CREATE TABLE findings_judged (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch bigint,
  offer_version bigint,
  policy_version bigint,
  day date,
  -- The derogation that was notified last of those that had effect: one that is notified for later takes effect by time alone.
  notified_at timestamptz,
  judged_at timestamptz
);
INSERT INTO findings_judged DEFAULT VALUES;

-- The results of computations, once per content.
CREATE TABLE impact_results (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  summary jsonb NOT NULL,
  bytes bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Questions what a policy would change. One is worked on by whoever has claimed it and goes on saying so.
CREATE TABLE impacts (
  id uuid PRIMARY KEY,
  -- What the policy belongs to, as whoever asks calls it; none for a document of its own.
  subject text,
  document jsonb NOT NULL,
  principal text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  failure text,
  -- Whether it is computed again when the world has moved.
  follows boolean NOT NULL,
  -- Counts the claims: whoever has an older one has lost it.
  claim bigint NOT NULL DEFAULT 0,
  claimed_by text,
  renewed_at timestamptz,
  projects_done bigint NOT NULL DEFAULT 0 CHECK (projects_done >= 0),
  projects_total bigint,
  -- The latest result, and the moment that it was true of.
  result bytea REFERENCES impact_results (digest),
  as_of timestamptz,
  policy_version bigint,
  offer_version bigint,
  snapshot_digest bytea,
  day date,
  epoch bigint,
  -- The last of what had happened by then.
  audit_entry bigint,
  finished_at timestamptz,
  seconds double precision,
  CHECK ((result IS NULL) = (as_of IS NULL)),
  CHECK (state <> 'running' OR (claimed_by IS NOT NULL AND renewed_at IS NOT NULL))
);
CREATE INDEX impacts_by_subject ON impacts (subject, requested_at DESC) WHERE subject IS NOT NULL;
CREATE INDEX impacts_at_work ON impacts (requested_at) WHERE state IN ('waiting', 'running');
CREATE INDEX impacts_following ON impacts (finished_at) WHERE follows AND state = 'done';

CREATE FUNCTION announce_impact() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_impacts', ''); RETURN NULL; END$$;
CREATE TRIGGER impacts_announced AFTER INSERT ON impacts FOR EACH STATEMENT EXECUTE FUNCTION announce_impact();
