-- What was said of the qualifications that a region declares, beside what it declares: applying the same document again
-- changes neither. Only what is acknowledged counts. Who said it is in the audit trail.
ALTER TABLE resources ADD COLUMN verdicts jsonb;
ALTER TABLE resource_history ADD COLUMN verdicts jsonb;

-- What stands already was declared under the rule that an operator's word was enough, and goes on: nothing that is placed
-- stops complying because of a new version of the program. What the previous program writes beside this one waits.
ALTER TABLE resources DISABLE TRIGGER resources_remembered;
UPDATE resources SET verdicts = (
  SELECT jsonb_agg(jsonb_build_object('qualification', q, 'outcome', 'acknowledged',
    'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
  FROM jsonb_array_elements(spec -> 'qualifications') AS q)
WHERE kind = 'Region' AND deleted_at IS NULL AND jsonb_array_length(coalesce(spec -> 'qualifications', '[]')) > 0;
ALTER TABLE resources ENABLE TRIGGER resources_remembered;
ALTER TABLE resource_history DISABLE TRIGGER resource_history_stays;
UPDATE resource_history SET verdicts = (
  SELECT jsonb_agg(jsonb_build_object('qualification', q, 'outcome', 'acknowledged',
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
  FROM jsonb_array_elements(spec -> 'qualifications') AS q)
WHERE kind = 'Region' AND jsonb_array_length(coalesce(spec -> 'qualifications', '[]')) > 0;
ALTER TABLE resource_history ENABLE TRIGGER resource_history_stays;

CREATE OR REPLACE FUNCTION write_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
