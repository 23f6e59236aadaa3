-- What every commit of decisions pays for, made cheaper; what is refused and what is told stay the same.

-- Decisions lock placements, and then write to the outbox: in another order the two would wait for each other. Where the relay
-- does, which begins with the outbox, one of them comes again.
LOCK TABLE placements, outbox IN ACCESS EXCLUSIVE MODE;
-- A row of the outbox is written together with its placement, or on one that is locked, and placements stay (0007).
ALTER TABLE outbox DROP CONSTRAINT outbox_placement_fkey;

-- One row that is looked for is found by its key, however large the table was when this was first planned.
CREATE OR REPLACE FUNCTION find_what_decisions_name() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT policy_version, snapshot_digest, ledger_checkpoint FROM added) AS a
    WHERE (SELECT true FROM policy_versions p WHERE p.version = a.policy_version) IS NULL
      OR (SELECT true FROM offer_snapshots s WHERE s.digest = a.snapshot_digest) IS NULL
      OR a.ledger_checkpoint IS NOT NULL
        AND (SELECT true FROM ledger_checkpoints c WHERE c.digest = a.ledger_checkpoint) IS NULL)
  THEN
    RAISE EXCEPTION 'a decision names a policy, an offer or a ledger that is not stored'
      USING ERRCODE = 'foreign_key_violation', TABLE = 'decisions';
  END IF;
  RETURN NULL;
END$$;

-- Names that fit into one notification need not be numbered and shared out, nor sorted: whoever is told sorts nothing by them.
CREATE OR REPLACE FUNCTION announce_projects(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  part text;
BEGIN
  IF cardinality(names) BETWEEN 1 AND 100 THEN
    PERFORM pg_notify('regie_projects', array_to_string(names, E'\n') || E'\n#' || pg_current_xact_id());
    RETURN;
  END IF;
  FOR part IN
    SELECT string_agg(name, E'\n' ORDER BY name)
    FROM (SELECT name, (row_number() OVER (ORDER BY name) - 1) / 100 AS place FROM unnest(names) AS n (name)) AS n
    GROUP BY place
  LOOP
    PERFORM pg_notify('regie_projects', part || E'\n#' || pg_current_xact_id());
  END LOOP;
END$$;
CREATE OR REPLACE FUNCTION announce_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  part text;
  rows bigint;
BEGIN
  SELECT count(*), string_agg(
    concat_ws(' ', cluster, version, committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods),
    E'\n')
  INTO rows, part FROM changed;
  IF rows BETWEEN 1 AND 40 THEN
    PERFORM pg_notify('regie_ledger', part);
    RETURN NULL;
  END IF;
  FOR part IN
    SELECT string_agg(
      concat_ws(' ', cluster, version, committed_cpu, committed_memory, committed_gpu, committed_storage,
        committed_pods), E'\n' ORDER BY cluster)
    FROM (SELECT *, (row_number() OVER (ORDER BY cluster) - 1) / 40 AS place FROM changed) AS c GROUP BY place
  LOOP
    PERFORM pg_notify('regie_ledger', part);
  END LOOP;
  RETURN NULL;
END$$;
