-- What a decision costs the database. Decisions come in batches: what can be looked at once for all rows of a statement
-- is not looked at for each, and no index is kept that nobody reads.

-- Rows that others name are never deleted; so it is enough to look, once per statement, whether they are there. (A
-- foreign key looks for each row and locks what it finds, and all decisions name the same few rows.) Those that are
-- written in the transaction of what names them, by the same code, are not looked for: a placement's decision, the
-- placement of a reservation, the project of an environment. That a reservation's cluster has its row in the ledger is
-- proven by the promise that is added there. An outbox row goes on looking for its placement, and locks it: a plea for
-- a republication waits so for whoever is about to change it.
ALTER TABLE decisions
  DROP CONSTRAINT decisions_policy_version_fkey,
  DROP CONSTRAINT decisions_snapshot_digest_fkey,
  DROP CONSTRAINT decisions_ledger_checkpoint_fkey;
ALTER TABLE placements DROP CONSTRAINT placements_decision_fkey;
ALTER TABLE reservations
  DROP CONSTRAINT reservations_placement_fkey,
  DROP CONSTRAINT reservations_cluster_fkey;
ALTER TABLE environment_identities DROP CONSTRAINT environment_identities_project_fkey;

CREATE FUNCTION find_what_decisions_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT policy_version FROM added) AS a
      WHERE NOT EXISTS (SELECT FROM policy_versions p WHERE p.version = a.policy_version))
    OR EXISTS (SELECT FROM (SELECT DISTINCT snapshot_digest FROM added) AS a
      WHERE NOT EXISTS (SELECT FROM offer_snapshots s WHERE s.digest = a.snapshot_digest))
    OR EXISTS (SELECT FROM (SELECT DISTINCT ledger_checkpoint FROM added) AS a WHERE ledger_checkpoint IS NOT NULL
      AND NOT EXISTS (SELECT FROM ledger_checkpoints c WHERE c.digest = a.ledger_checkpoint))
  THEN
    RAISE EXCEPTION 'a decision names a policy, an offer or a ledger that is not stored'
      USING ERRCODE = 'foreign_key_violation', TABLE = 'decisions';
  END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER decisions_name AFTER INSERT ON decisions
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION find_what_decisions_name();

CREATE FUNCTION keep_what_others_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are named by others and stay', TG_TABLE_NAME
    USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER policy_versions_stay BEFORE DELETE OR TRUNCATE ON policy_versions
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER offer_snapshots_stay BEFORE DELETE OR TRUNCATE ON offer_snapshots
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER ledger_checkpoints_stay BEFORE DELETE OR TRUNCATE ON ledger_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER decisions_stay BEFORE DELETE OR TRUNCATE ON decisions
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER placements_stay BEFORE DELETE OR TRUNCATE ON placements
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER ledger_stays BEFORE DELETE OR TRUNCATE ON capacity_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();
CREATE TRIGGER project_identities_stay BEFORE DELETE OR TRUNCATE ON project_identities
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name();

-- A new reservation comes with its placement, which knows its project: nothing is to be looked up for it.
DROP TRIGGER holders_added ON reservations;
CREATE FUNCTION announce_placed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  part text;
BEGIN
  FOR part IN
    SELECT string_agg(project, E'\n' ORDER BY project)
    FROM (SELECT project, (row_number() OVER (ORDER BY project) - 1) / 100 AS place
      FROM (SELECT DISTINCT project FROM added) AS p) AS p GROUP BY place
  LOOP
    PERFORM pg_notify('regie_projects', part);
  END LOOP;
  RETURN NULL;
END$$;
CREATE TRIGGER placements_added AFTER INSERT ON placements
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION announce_placed();

-- A promise that is short of room fails its transaction, so that the commit can follow it without a word in between.
CREATE FUNCTION insist(holds boolean, message text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF holds THEN RETURN true; END IF;
  RAISE EXCEPTION '%', message USING ERRCODE = 'RG001';
END$$;

-- Rows of a placement in the outbox are few: the index on all of them finds those that are unpublished.
DROP INDEX outbox_unpublished_of;
DROP INDEX reservations_by_cluster;
-- Unsealed entries, which have no position yet, are in no index of positions.
ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_position_key;
CREATE UNIQUE INDEX audit_entries_position ON audit_entries (position) WHERE position IS NOT NULL;

-- What decisions keep is compressed several times faster where the server can.
DO $$
BEGIN
  EXECUTE 'ALTER TABLE decisions ALTER COLUMN inputs SET COMPRESSION lz4, ALTER COLUMN decision SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR syntax_error OR invalid_parameter_value THEN
  NULL;
END$$;

-- The oldest keys are found when they are forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
