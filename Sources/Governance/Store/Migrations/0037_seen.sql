-- What was found of a proposal is shown to whoever votes: it stays as it was found. Only when it was found last, since when the audit
-- trail names it, and that it is there in parts as well is noted.
CREATE TRIGGER impact_results_unchanged BEFORE UPDATE OF digest, summary, bytes ON impact_results
  FOR EACH ROW EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER impact_results_named BEFORE UPDATE OF named_at ON impact_results FOR EACH ROW
  WHEN (OLD.named_at IS NOT NULL AND NEW.named_at IS DISTINCT FROM OLD.named_at) EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER impact_parts_unchanged BEFORE UPDATE ON impact_parts
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- What the trail names is kept for good, in parts as well; anything else may be forgotten.
CREATE TRIGGER impact_results_stay BEFORE DELETE ON impact_results FOR EACH ROW
  WHEN (OLD.named_at IS NOT NULL) EXECUTE FUNCTION keep_what_was_said();
CREATE FUNCTION keep_named_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM impact_results r WHERE r.digest = OLD.digest AND r.named_at IS NOT NULL) THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER impact_parts_stay BEFORE DELETE ON impact_parts FOR EACH ROW EXECUTE FUNCTION keep_named_part();
CREATE TRIGGER impact_results_whole BEFORE TRUNCATE ON impact_results
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER impact_parts_whole BEFORE TRUNCATE ON impact_parts
  FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();

-- Those that failed and that somebody votes on: they are begun again.
CREATE INDEX impacts_failed ON impacts (finished_at) WHERE follows AND state = 'failed';
