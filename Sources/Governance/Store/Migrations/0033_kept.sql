-- Since when the audit trail names a result: whoever voted has seen it, so it is kept for good. Results that proposals have
-- now may be named already.
ALTER TABLE impact_results ADD COLUMN named_at timestamptz;
UPDATE impact_results SET named_at = clock_timestamp()
WHERE digest IN (SELECT result FROM impacts WHERE subject IS NOT NULL);

-- What was written stays as it was, row by row, but for what the rules change themselves.

-- An entry of the trail is sealed once; then a name goes from beside it, or, where it was sealed in clear, from it (see 0018).
-- What is not sealed yet is not changed either: nothing would show it.
CREATE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.position IS NOT NULL AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
    AND NEW.person IS NULL AND NEW.salt IS NULL
    AND (OLD.person IS NOT NULL AND (NEW.principal, NEW.body) = (OLD.principal, OLD.body)
      OR OLD.person IS NULL AND names_person(OLD.principal) AND NEW.principal = 'person:erased')
    AND (NEW.id, NEW.at, NEW.action, NEW.kind, NEW.name, NEW.digest, NEW.position, NEW.previous_link, NEW.link, NEW.sealed_at)
      IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.action, OLD.kind, OLD.name, OLD.digest, OLD.position, OLD.previous_link,
        OLD.link, OLD.sealed_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER audit_entries_stay BEFORE DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
-- Sealing is looked at without a function: it is what happens to every entry.
CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries FOR EACH ROW
  WHEN (NOT (OLD.position IS NULL AND NEW.position IS NOT NULL
    AND (NEW.id, NEW.at, NEW.principal, NEW.action, NEW.kind, NEW.name, NEW.body, NEW.digest, NEW.person, NEW.salt,
      NEW.erased_at) IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.principal, OLD.action, OLD.kind, OLD.name, OLD.body, OLD.digest,
      OLD.person, OLD.salt, OLD.erased_at)))
  EXECUTE FUNCTION keep_audit_entry();

-- Of versions a name goes, and nothing else; that they are not deleted is refused already (see 0007).
CREATE TRIGGER policy_versions_unchanged BEFORE UPDATE ON policy_versions
  FOR EACH ROW EXECUTE FUNCTION keep_all_but_names();

-- That a version's date has come is told once.
CREATE FUNCTION keep_policy_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.told_at IS NULL AND to_jsonb(NEW) - 'told_at' = to_jsonb(OLD) - 'told_at' THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER policy_origins_stay BEFORE DELETE OR TRUNCATE ON policy_origins
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER policy_origins_unchanged BEFORE UPDATE ON policy_origins
  FOR EACH ROW EXECUTE FUNCTION keep_policy_origin();

-- The text that is voted on is frozen, and what has ended stays as it ended, but for names.
CREATE FUNCTION keep_policy_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.number, NEW.created_at) = (OLD.id, OLD.number, OLD.created_at) THEN
    IF OLD.state = 'draft' OR OLD.state = 'open' AND NEW.state <> 'draft' AND NEW.body -> 'spec' = OLD.body -> 'spec' THEN
      RETURN NEW;
    END IF;
    IF (NEW.state, NEW.revision, NEW.updated_at) = (OLD.state, OLD.revision, OLD.updated_at)
      AND NEW.closes_at IS NOT DISTINCT FROM OLD.closes_at AND without_names(NEW.body) = without_names(OLD.body)
      AND NEW.body -> 'spec' = OLD.body -> 'spec' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER policy_proposals_unchanged BEFORE UPDATE ON policy_proposals
  FOR EACH ROW EXECUTE FUNCTION keep_policy_proposal();
