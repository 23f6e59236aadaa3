-- What a decision costs the database. Decisions come in batches: what can be looked at once for all rows of a statement
-- is not looked at for each, and no index is kept that nobody reads.

-- All that is changed here is locked first, in the order in which decisions lock it: else this would wait for one of them
-- that waits for this.
LOCK TABLE policy_versions, reservations, placements, project_identities, environment_identities, decisions,
  offer_snapshots, ledger_checkpoints, capacity_ledger, outbox IN ACCESS EXCLUSIVE MODE;

-- Rows that others name are never deleted, nor do they change what they are named by; so it is enough to look, once per statement, whether they are there. (A
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
CREATE TRIGGER decisions_still_name AFTER UPDATE ON decisions
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION find_what_decisions_name();

CREATE FUNCTION keep_what_others_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are named by others and stay', TG_TABLE_NAME
    USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME;
END$$;
DO $$
DECLARE
  name text;
  key text;
BEGIN
  FOR name, key IN VALUES ('policy_versions', 'version'), ('offer_snapshots', 'digest'), ('ledger_checkpoints', 'digest'),
    ('decisions', 'id'), ('placements', 'id'), ('capacity_ledger', 'cluster'), ('project_identities', 'project')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE OR UPDATE OF %I ON %I
      FOR EACH STATEMENT EXECUTE FUNCTION keep_what_others_name()', name || '_stay', key, name);
  END LOOP;
END$$;

-- A new reservation comes with its placement, which knows its project: nothing is to be looked up for it.
DROP TRIGGER holders_added ON reservations;
-- The last line names the transaction, so that whoever has committed it need not read what it has written; to the previous
-- program it is a project that is not there.
CREATE OR REPLACE FUNCTION announce_projects(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part text;
BEGIN
  FOR part IN
    SELECT string_agg(name, E'\n' ORDER BY name)
    FROM (SELECT name, (row_number() OVER (ORDER BY name) - 1) / 100 AS place FROM unnest(names) AS n (name)) AS n
    GROUP BY place
  LOOP
    PERFORM pg_notify('regie_projects', part || E'\n#' || pg_current_xact_id());
  END LOOP;
END$$;
CREATE FUNCTION announce_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_projects(ARRAY(SELECT DISTINCT project FROM added));
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

-- What decisions keep is compressed several times faster where the server can.
DO $$
BEGIN
  EXECUTE 'ALTER TABLE decisions ALTER COLUMN inputs SET COMPRESSION lz4, ALTER COLUMN decision SET COMPRESSION lz4';
EXCEPTION WHEN feature_not_supported OR syntax_error OR invalid_parameter_value THEN
  NULL;
END$$;
