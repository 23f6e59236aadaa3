-- Migrations: plans that are carried out, and the moves that they are made of.

-- Decisions lock these in this order; see 0007.
LOCK TABLE placements, environment_identities, findings IN ACCESS EXCLUSIVE MODE;

-- The plan as it was made, and the campaign that carries it out; the whole values are the machines', which alone change them.
CREATE TABLE migrations (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  motive text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL,
  revision bigint NOT NULL CHECK (revision >= 1),
  wish jsonb NOT NULL,
  plan jsonb NOT NULL,
  check_index text NOT NULL,
  blocked integer NOT NULL,
  body jsonb NOT NULL,
  next_at timestamptz,
  principal text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX migrations_by_state ON migrations (state, number DESC);
CREATE INDEX migrations_due ON migrations (next_at) WHERE next_at IS NOT NULL;

-- What is looked for stands in columns. `next_at`: when time alone changes something, or a place is looked for again.
-- `under_way`: it has begun and has not ended; no placement goes two ways at a time.
CREATE TABLE moves (
  id uuid PRIMARY KEY,
  migration uuid NOT NULL REFERENCES migrations (id),
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  wave integer NOT NULL CHECK (wave >= 1),
  project text NOT NULL,
  environment text NOT NULL,
  target_environment text NOT NULL,
  replica integer NOT NULL,
  stage text NOT NULL,
  quota jsonb NOT NULL,
  -- By party, how many things it waits for that are the party's to do.
  awaited jsonb NOT NULL,
  source uuid NOT NULL,
  target uuid,
  -- What the target waits for the console in.
  hold uuid,
  from_cluster text NOT NULL,
  to_cluster text NOT NULL,
  from_region text NOT NULL,
  to_region text NOT NULL,
  source_operator text NOT NULL,
  target_operator text NOT NULL,
  step text NOT NULL,
  standing text NOT NULL CHECK (standing IN ('running', 'blocked', 'paused', 'ended')),
  under_way boolean NOT NULL DEFAULT false,
  revision bigint NOT NULL CHECK (revision >= 1),
  next_at timestamptz,
  started_at timestamptz,
  verified_at timestamptz,
  ended_at timestamptz,
  since timestamptz NOT NULL,
  body jsonb NOT NULL,
  UNIQUE (migration, ordinal)
);
CREATE UNIQUE INDEX moves_one_way ON moves (source) WHERE under_way;
CREATE INDEX moves_of_source ON moves (source);
CREATE INDEX moves_of_target ON moves (target) WHERE target IS NOT NULL;
CREATE INDEX moves_standing ON moves (step, standing, since) WHERE standing <> 'ended';
CREATE INDEX moves_of_project ON moves (project, id);
CREATE INDEX moves_by_step ON moves (step, migration, ordinal);
CREATE INDEX moves_due ON moves (next_at) WHERE next_at IS NOT NULL;

-- The move that a placement has a part in, and whether it is what leaves: it stands beside the project's document then, which
-- asks for what takes its place.
ALTER TABLE placements ADD COLUMN move uuid, ADD COLUMN leaving boolean NOT NULL DEFAULT false;

-- What has become of an environment that was moved; it is never placed anew under its old name.
ALTER TABLE environment_identities ADD COLUMN moved_to text;

CREATE TRIGGER migrations_stay BEFORE DELETE OR TRUNCATE ON migrations
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER moves_stay BEFORE DELETE OR TRUNCATE ON moves
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- A database that was restored moves nothing before somebody recovers it (see 0009).
CREATE TRIGGER migrations_while_suspended BEFORE INSERT OR UPDATE ON migrations
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();
CREATE TRIGGER moves_while_suspended BEFORE INSERT OR UPDATE ON moves
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

-- `regie_moves`: a move whose placements were seen otherwise, or that was written.
CREATE FUNCTION announce_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', NEW.move::text);
  RETURN NULL;
END$$;
CREATE TRIGGER placements_moving AFTER UPDATE ON placements FOR EACH ROW
  WHEN (NEW.move IS NOT NULL AND (OLD.observed_epoch, OLD.observed_revision, OLD.observed_incarnation, OLD.observed_sequence,
    OLD.removed_at, OLD.revision, OLD.phase) IS DISTINCT FROM (NEW.observed_epoch, NEW.observed_revision,
    NEW.observed_incarnation, NEW.observed_sequence, NEW.removed_at, NEW.revision, NEW.phase))
  EXECUTE FUNCTION announce_move();
CREATE FUNCTION announce_moves_of_findings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', p.move::text) FROM placements p WHERE p.id = NEW.placement AND p.move IS NOT NULL;
  RETURN NULL;
END$$;
CREATE TRIGGER findings_moving AFTER INSERT OR UPDATE ON findings
  FOR EACH ROW EXECUTE FUNCTION announce_moves_of_findings();
CREATE FUNCTION announce_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', NEW.id::text);
  RETURN NULL;
END$$;
CREATE TRIGGER moves_written AFTER UPDATE ON moves FOR EACH ROW
  WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION announce_moved();
CREATE FUNCTION announce_migrations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_migrations', NEW.id::text);
  RETURN NULL;
END$$;
CREATE TRIGGER migrations_written AFTER UPDATE ON migrations FOR EACH ROW
  WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION announce_migrations();
