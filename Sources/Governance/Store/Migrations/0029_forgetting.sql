-- When the bus was told to forget a finding that ended long ago; it stays here, and in the audit trail.
ALTER TABLE findings ADD COLUMN tombstone_at timestamptz,
  ADD CONSTRAINT findings_tombstone_check CHECK (tombstone_at IS NULL OR resolved_at IS NOT NULL);
CREATE INDEX findings_to_bury ON findings (resolved_at, id) WHERE resolved_at IS NOT NULL AND tombstone_at IS NULL;

-- Names of persons go from all tables when the rule's time is over, as they go from the audit trail.

-- As AuditPerson.isPerson of the program: not a key, the service itself, whoever asks where nobody is known, or a name that is
-- gone already.
CREATE FUNCTION names_person(principal text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
  SELECT principal <> '' AND principal <> 'local' AND NOT starts_with(principal, 'key:')
    AND NOT starts_with(principal, 'governance:') AND NOT starts_with(principal, 'person:')
$$;

-- A machine's value without the persons that it names, by the names of its fields; all else is as it was.
CREATE FUNCTION without_names(value jsonb) RETURNS jsonb IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'array' THEN coalesce((
      SELECT jsonb_agg(without_names(e.item) ORDER BY e.place)
      FROM jsonb_array_elements(value) WITH ORDINALITY AS e (item, place)), '[]')
    WHEN 'object' THEN coalesce((
      SELECT jsonb_object_agg(f.key, CASE
        WHEN f.key IN ('principal', 'notifiedBy', 'pausedBy') AND jsonb_typeof(f.value) = 'string' THEN
          CASE WHEN names_person(f.value #>> '{}') THEN '"person:erased"' ELSE f.value END
        -- By party, who has approved for it.
        WHEN f.key = 'approvals' AND jsonb_typeof(f.value) = 'object' THEN coalesce((
          SELECT jsonb_object_agg(a.key, CASE WHEN names_person(a.value) THEN 'person:erased' ELSE a.value END)
          FROM jsonb_each_text(f.value) AS a), '{}')
        ELSE without_names(f.value) END)
      FROM jsonb_each(value) AS f), '{}')
    ELSE value END;
END$$;

-- An operator without the persons that it names, which `subject` says as the issuer does.
CREATE FUNCTION without_subjects(spec jsonb) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN jsonb_typeof(spec -> 'representatives') = 'array' THEN
    jsonb_set(spec, '{representatives}', coalesce((
      SELECT jsonb_agg(CASE WHEN r.item ? 'subject' THEN '{"subject": "person:erased"}' ELSE r.item END ORDER BY r.place)
      FROM jsonb_array_elements(spec -> 'representatives') WITH ORDINALITY AS r (item, place)), '[]')) ELSE spec END
$$;

-- The values of machines are looked through once after each change of them.
ALTER TABLE policy_proposals ADD COLUMN names_erased_at timestamptz;
ALTER TABLE derogation_requests ADD COLUMN names_erased_at timestamptz;
ALTER TABLE network_flows ADD COLUMN names_erased_at timestamptz;
ALTER TABLE migrations ADD COLUMN names_erased_at timestamptz;
ALTER TABLE moves ADD COLUMN names_erased_at timestamptz;
-- There are many decisions; most are the console's, which is no person.
CREATE INDEX decisions_named ON decisions (decided_at) WHERE names_person(principal);

-- What was voted and said stays as it was, but for names that go.
CREATE FUNCTION keep_all_but_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.principal = 'person:erased' AND to_jsonb(NEW) - 'principal' = to_jsonb(OLD) - 'principal' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
DROP TRIGGER policy_votes_stay ON policy_votes;
CREATE TRIGGER policy_votes_stay BEFORE DELETE OR TRUNCATE ON policy_votes
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER policy_votes_unchanged BEFORE UPDATE ON policy_votes
  FOR EACH ROW EXECUTE FUNCTION keep_all_but_names();
DROP TRIGGER policy_comments_stay ON policy_comments;
CREATE TRIGGER policy_comments_stay BEFORE DELETE OR TRUNCATE ON policy_comments
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER policy_comments_unchanged BEFORE UPDATE ON policy_comments
  FOR EACH ROW EXECUTE FUNCTION keep_all_but_names();

CREATE OR REPLACE FUNCTION keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
      OR NEW.revoked_by NOT IN (OLD.revoked_by, 'person:erased'))
    OR NEW.created_by NOT IN (OLD.created_by, 'person:erased')
    OR (NEW.id, NEW.digest, NEW.name, NEW.roles, NEW.read_only, NEW.created_at, NEW.expires_at)
      IS DISTINCT FROM
      (OLD.id, OLD.digest, OLD.name, OLD.roles, OLD.read_only, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION 'an API key is never changed, only revoked';
  END IF;
  RETURN NEW;
END$$;

CREATE OR REPLACE FUNCTION keep_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.principal IS NULL OR NEW.principal = OLD.principal)
    AND (NEW.spec = OLD.spec OR OLD.kind = 'Operator' AND NEW.spec = without_subjects(OLD.spec))
    AND to_jsonb(NEW) - 'principal' - 'spec' = to_jsonb(OLD) - 'principal' - 'spec' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;

-- A name that goes from what was deleted makes no version of it.
CREATE OR REPLACE FUNCTION write_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.deleted_at IS NOT NULL AND NEW.deleted_at = OLD.deleted_at THEN RETURN NULL; END IF;
  INSERT INTO resource_history (resource, kind, name, change, generation, resource_version, labels, annotations, spec,
    verdicts, operator, principal, at)
  VALUES (NEW.uid, NEW.kind, NEW.name,
    CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.deleted_at IS NOT NULL THEN 'deleted'
      WHEN (NEW.spec, NEW.labels, NEW.annotations) = (OLD.spec, OLD.labels, OLD.annotations) THEN 'judged'
      ELSE 'changed' END,
    NEW.generation, NEW.resource_version, NEW.labels, NEW.annotations, NEW.spec,
    -- Why somebody refused is words of his, and goes when what it is about goes.
    (SELECT jsonb_agg(v - 'reason') FROM jsonb_array_elements(NEW.verdicts) AS v),
    operator_of(NEW.kind, NEW.name, NEW.spec), nullif(current_setting('regie.principal', true), ''),
    CASE WHEN TG_OP = 'INSERT' THEN NEW.created_at ELSE coalesce(NEW.deleted_at, NEW.updated_at) END);
  RETURN NULL;
END$$;

-- EXI-DATA-2: where the database names persons.
DO $$
DECLARE
  place text;
BEGIN
  FOREACH place IN ARRAY ARRAY['policy_versions.principal', 'decisions.principal', 'holds.principal', 'api_keys.created_by',
    'api_keys.revoked_by', 'policy_votes.principal', 'policy_comments.principal', 'impacts.principal', 'webhooks.created_by',
    'migrations.principal', 'policy_proposals.body', 'derogation_requests.body', 'network_flows.body', 'migrations.body',
    'moves.body', 'resource_history.spec']
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s IS %L', place, 'personal data (EXI-DATA-2): erased by the rule of retention');
  END LOOP;
END$$;
