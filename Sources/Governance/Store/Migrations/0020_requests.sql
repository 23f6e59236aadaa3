-- What is asked of governance: derogations, from their motive to the end of what was granted.

-- What is looked for stands in columns; the whole value is the machine's, which alone changes it. `resource`: the derogation
-- that decisions read, while there is one. `next_at`: when time alone changes something next.
CREATE TABLE derogation_requests (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  project text NOT NULL,
  state text NOT NULL CHECK (
    state IN ('requested', 'examined', 'decided', 'notified', 'declined', 'expired', 'revoked', 'withdrawn')),
  revision bigint NOT NULL CHECK (revision >= 1),
  resource text UNIQUE,
  next_at timestamptz,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((state = 'notified') = (resource IS NOT NULL))
);
CREATE INDEX derogation_requests_of ON derogation_requests (project, number DESC);
CREATE INDEX derogation_requests_by_state ON derogation_requests (state, number DESC);
CREATE INDEX derogation_requests_due ON derogation_requests (next_at) WHERE next_at IS NOT NULL;

-- What was asked, said and decided is kept.
CREATE TRIGGER derogation_requests_stay BEFORE DELETE OR TRUNCATE ON derogation_requests
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- A database that was restored notifies nothing before somebody recovers it (see 0009).
CREATE TRIGGER derogations_while_suspended BEFORE INSERT OR UPDATE ON derogation_requests
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

-- Wakes whoever watches over ends and delays.
CREATE FUNCTION announce_requests() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_requests', ''); RETURN NULL; END$$;
CREATE TRIGGER derogation_requests_announced AFTER INSERT OR UPDATE ON derogation_requests
  FOR EACH STATEMENT EXECUTE FUNCTION announce_requests();
