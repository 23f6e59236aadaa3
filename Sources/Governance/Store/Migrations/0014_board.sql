-- The life of the policy: what is drafted, proposed, voted on and said, and how each version came about.

-- Drafts and proposals. What is looked for stands in columns; the whole value is the machine's, which alone changes it.
CREATE TABLE policy_proposals (
  id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  state text NOT NULL CHECK (
    state IN ('draft', 'open', 'ratified', 'rejected', 'withdrawn', 'amended', 'discarded')),
  revision bigint NOT NULL CHECK (revision >= 1),
  closes_at timestamptz,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (state <> 'open' OR closes_at IS NOT NULL)
);
CREATE INDEX policy_proposals_by_state ON policy_proposals (state, number DESC);
CREATE INDEX policy_proposals_open ON policy_proposals (closes_at) WHERE state = 'open';

-- Every vote that was ever cast, also where the operator has changed it since; the last one of an operator counts.
CREATE TABLE policy_votes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  proposal uuid NOT NULL REFERENCES policy_proposals (id),
  operator text NOT NULL,
  choice text NOT NULL CHECK (choice IN ('for', 'against', 'abstain')),
  reason text,
  principal text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX policy_votes_of ON policy_votes (proposal, id);

CREATE TABLE policy_comments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  proposal uuid NOT NULL REFERENCES policy_proposals (id),
  operator text NOT NULL,
  principal text NOT NULL,
  body text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX policy_comments_of ON policy_comments (proposal, id);

-- How versions came about that the board has made; one that was applied directly has no row. `told_at`: since when the
-- audit trail and the policy's resource say that its date has come. Decisions do not wait for that: they go by the date.
CREATE TABLE policy_origins (
  version bigint PRIMARY KEY REFERENCES policy_versions (version),
  origin text NOT NULL CHECK (origin IN ('ratified', 'emergency', 'emergencyEnd', 'carried')),
  proposal uuid NOT NULL REFERENCES policy_proposals (id),
  told_at timestamptz
);
CREATE INDEX policy_origins_untold ON policy_origins (version) WHERE told_at IS NULL;

-- What was voted and said stays as it was.
CREATE FUNCTION keep_what_was_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER policy_votes_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_votes
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER policy_comments_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_comments
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER policy_proposals_stay BEFORE DELETE OR TRUNCATE ON policy_proposals
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- A database that was restored makes no policy before somebody recovers it (see 0009).
CREATE TRIGGER policies_while_suspended BEFORE INSERT ON policy_origins
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();
CREATE TRIGGER votes_while_suspended BEFORE INSERT ON policy_votes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

-- Wakes whoever watches over deadlines and dates.
CREATE FUNCTION announce_board() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_board', ''); RETURN NULL; END$$;
CREATE TRIGGER policy_proposals_announced AFTER UPDATE ON policy_proposals
  FOR EACH STATEMENT EXECUTE FUNCTION announce_board();
CREATE TRIGGER policy_origins_announced AFTER INSERT ON policy_origins
  FOR EACH STATEMENT EXECUTE FUNCTION announce_board();
