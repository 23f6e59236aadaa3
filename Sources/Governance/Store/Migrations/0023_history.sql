-- Every version of what is on offer, and who wrote it. A trigger keeps them: whatever changes a resource, by whichever version
-- of the program, has its version here in the same transaction. Who it was the program says by `regie.principal`.
CREATE TABLE resource_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  resource uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  -- `known`: it was there when the history began, and who wrote it stands in the audit trail.
  change text NOT NULL CHECK (change IN ('known', 'created', 'changed', 'judged', 'deleted')),
  generation bigint NOT NULL,
  resource_version bigint NOT NULL,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  spec jsonb NOT NULL,
  -- Whose it was; null of what is nobody's own.
  operator text,
  principal text,
  at timestamptz NOT NULL
);
COMMENT ON COLUMN resource_history.principal IS 'personal data (EXI-DATA-2): erased by the rule of retention';
CREATE INDEX resource_history_of ON resource_history (kind, name, id DESC);
CREATE INDEX resource_history_named ON resource_history (at) WHERE principal IS NOT NULL;

-- Since when the history is whole.
ALTER TABLE offer_state ADD COLUMN history_since timestamptz NOT NULL DEFAULT clock_timestamp();

CREATE FUNCTION operator_of(kind text, name text, spec jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE kind WHEN 'Operator' THEN name WHEN 'Region' THEN spec ->> 'operator'
    WHEN 'Zone' THEN (SELECT r.spec ->> 'operator' FROM resources r
      WHERE r.kind = 'Region' AND r.name = operator_of.spec ->> 'region' AND r.deleted_at IS NULL)
    WHEN 'Cluster' THEN (SELECT r.spec ->> 'operator' FROM resources z
      JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.deleted_at IS NULL
      WHERE z.kind = 'Zone' AND z.name = operator_of.spec ->> 'zone' AND z.deleted_at IS NULL) END
$$;

CREATE FUNCTION write_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO resource_history (
    resource, kind, name, change, generation, resource_version, labels, annotations, spec, operator, principal, at)
  VALUES (NEW.uid, NEW.kind, NEW.name,
    CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.deleted_at IS NOT NULL THEN 'deleted' ELSE 'changed' END,
    NEW.generation, NEW.resource_version, NEW.labels, NEW.annotations, NEW.spec,
    operator_of(NEW.kind, NEW.name, NEW.spec), nullif(current_setting('regie.principal', true), ''),
    CASE WHEN TG_OP = 'INSERT' THEN NEW.created_at ELSE coalesce(NEW.deleted_at, NEW.updated_at) END);
  RETURN NULL;
END$$;
CREATE TRIGGER resources_remembered AFTER INSERT OR UPDATE ON resources FOR EACH ROW
  WHEN (NEW.kind IN ('Operator', 'Chain', 'Region', 'Zone', 'Cluster')) EXECUTE FUNCTION write_resource_history();

-- The trigger has the table locked against whoever writes until this is committed: nothing is left out, or twice.
INSERT INTO resource_history (
  resource, kind, name, change, generation, resource_version, labels, annotations, spec, operator, at)
SELECT uid, kind, name, CASE WHEN past THEN 'deleted' ELSE 'known' END, generation, resource_version, labels, annotations,
  spec, operator_of(kind, name, spec), CASE WHEN past THEN deleted_at ELSE updated_at END
FROM resources, unnest(CASE WHEN deleted_at IS NULL THEN ARRAY[false] ELSE ARRAY[false, true] END) AS past
WHERE kind IN ('Operator', 'Chain', 'Region', 'Zone', 'Cluster')
ORDER BY CASE WHEN past THEN deleted_at ELSE updated_at END, resource_version;

-- What was is not written anew; only names go (see the rule of retention).
CREATE FUNCTION keep_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.principal IS NULL AND to_jsonb(NEW) - 'principal' = to_jsonb(OLD) - 'principal' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER resource_history_stays BEFORE UPDATE OR DELETE ON resource_history
  FOR EACH ROW EXECUTE FUNCTION keep_resource_history();
