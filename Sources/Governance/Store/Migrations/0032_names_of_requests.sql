-- Persons that requests for derogations name in words, and whom derogations applied by hand name: as all others (see 0029).

CREATE OR REPLACE FUNCTION without_names(value jsonb) RETURNS jsonb IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'array' THEN coalesce((
      SELECT jsonb_agg(without_names(e.item) ORDER BY e.place)
      FROM jsonb_array_elements(value) WITH ORDINALITY AS e (item, place)), '[]')
    WHEN 'object' THEN coalesce((
      SELECT jsonb_object_agg(f.key, CASE
        -- `author`: the person whose word it is, where another has written it down.
        WHEN f.key IN ('principal', 'notifiedBy', 'pausedBy', 'author') AND jsonb_typeof(f.value) = 'string' THEN
          CASE WHEN names_person(f.value #>> '{}') THEN '"person:erased"' ELSE f.value END
        -- By party, who has approved for it.
        WHEN f.key = 'approvals' AND jsonb_typeof(f.value) = 'object' THEN coalesce((
          SELECT jsonb_object_agg(a.key, CASE WHEN names_person(a.value) THEN 'person:erased' ELSE a.value END)
          FROM jsonb_each_text(f.value) AS a), '{}')
        ELSE without_names(f.value) END)
      FROM jsonb_each(value) AS f), '{}')
    ELSE value END;
END$$;

-- What was looked through before is looked through once more.
ALTER TABLE derogation_requests DISABLE TRIGGER USER;
UPDATE derogation_requests SET names_erased_at = NULL WHERE names_erased_at IS NOT NULL;
ALTER TABLE derogation_requests ENABLE TRIGGER USER;

-- A resource without the persons that it names.
CREATE FUNCTION without_persons(kind text, spec jsonb) RETURNS jsonb IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE kind WHEN 'Operator' THEN without_subjects(spec) WHEN 'Derogation' THEN spec - 'requestedBy' ELSE spec END
$$;

CREATE OR REPLACE FUNCTION keep_resource_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.principal IS NULL OR NEW.principal = OLD.principal)
    AND (NEW.spec = OLD.spec OR NEW.spec = without_persons(OLD.kind, OLD.spec))
    AND to_jsonb(NEW) - 'principal' - 'spec' = to_jsonb(OLD) - 'principal' - 'spec' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
