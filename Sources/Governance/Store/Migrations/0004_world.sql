-- What instances keep in memory is kept true by notifications, and decisions are stored with what they were made on.

-- Vectors of the whole ledger, once per content: a decision names one, and what differed from it.
CREATE TABLE ledger_checkpoints (
  digest bytea PRIMARY KEY CHECK (length(digest) = 32),
  bytes bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- `inputs` is the engine's request alone, since then; `decision` the compact document. The day, the zones that were not
-- heard and the ledger stand beside them. Rows of the previous version of the program have none of these.
ALTER TABLE decisions
  ADD COLUMN day date,
  ADD COLUMN stale_zones text[],
  ADD COLUMN ledger_checkpoint bytea,
  ADD COLUMN ledger_delta bytea,
  -- What had moved, each time the decision had to be made again.
  ADD COLUMN moved text[] NOT NULL DEFAULT '{}',
  -- What is there has none of these. Looking at all of it would keep everybody out meanwhile: see 0005.
  ADD CONSTRAINT decisions_ledger_checkpoint_fkey FOREIGN KEY (ledger_checkpoint)
    REFERENCES ledger_checkpoints (digest) NOT VALID,
  ADD CONSTRAINT decisions_basis_check CHECK (
    (day IS NULL) = (ledger_checkpoint IS NULL) AND (day IS NULL) = (ledger_delta IS NULL)
    AND (day IS NULL) = (stale_zones IS NULL)) NOT VALID;

-- Triggers say what has changed, whoever changed it: the previous version of the program too. A payload holds less than
-- 8000 bytes, and names are of 63 bytes at most.

-- `regie_ledger`: one line per cluster, its name, version and promises.
CREATE FUNCTION announce_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  part text;
BEGIN
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
CREATE TRIGGER ledger_added AFTER INSERT ON capacity_ledger
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_ledger();
CREATE TRIGGER ledger_changed AFTER UPDATE ON capacity_ledger
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_ledger();

-- `regie_projects`: one project per line, where its document or what it holds has changed. Whatever changes what a
-- placement holds, its revision or its phase writes its reservation too; reports of agents that change nothing do not.
CREATE FUNCTION announce_projects(names text[]) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('regie_projects', part) FROM (
    SELECT string_agg(name, E'\n' ORDER BY name) AS part
    FROM (SELECT name, (row_number() OVER (ORDER BY name) - 1) / 100 AS part FROM unnest(names) AS n (name)) AS n
    GROUP BY part) AS parts
$$;
-- A plan that was made while there were few placements must not read all of them when there are many.
CREATE FUNCTION announce_holders() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  PERFORM announce_projects(
    ARRAY(SELECT DISTINCT (SELECT p.project FROM placements p WHERE p.id = c.placement) FROM changed c));
  RETURN NULL;
END$$;
CREATE TRIGGER holders_added AFTER INSERT ON reservations
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_holders();
CREATE TRIGGER holders_changed AFTER UPDATE ON reservations
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_holders();
CREATE FUNCTION announce_documents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM announce_projects(ARRAY(SELECT DISTINCT name FROM changed WHERE kind = 'Project'));
  RETURN NULL;
END$$;
CREATE TRIGGER documents_added AFTER INSERT ON resources
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_documents();
CREATE TRIGGER documents_changed AFTER UPDATE ON resources
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION announce_documents();

-- `regie_offer` was notified for the offer alone; now for whatever else decisions look at: the epoch, a policy whose
-- moment is yet to come, and a zone that falls silent or is heard again.
CREATE FUNCTION announce_offer() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_offer', ''); RETURN NULL; END$$;
CREATE TRIGGER epoch_announced AFTER UPDATE ON epoch FOR EACH STATEMENT EXECUTE FUNCTION announce_offer();
CREATE TRIGGER policies_announced AFTER INSERT ON policy_versions
  FOR EACH STATEMENT EXECUTE FUNCTION announce_offer();
CREATE TRIGGER offer_announced AFTER UPDATE ON offer_state FOR EACH STATEMENT EXECUTE FUNCTION announce_offer();
CREATE FUNCTION announce_silence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bound bigint := coalesce((
    SELECT (document ->> 'heartbeatLimitSeconds')::bigint FROM policy_versions
    WHERE effective_at <= clock_timestamp() ORDER BY version DESC LIMIT 1), 300) * 1000;
BEGIN
  IF (OLD.silent_milliseconds > bound) IS DISTINCT FROM (NEW.silent_milliseconds > bound) THEN
    PERFORM pg_notify('regie_offer', '');
  END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER silence_announced AFTER UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION announce_silence();
