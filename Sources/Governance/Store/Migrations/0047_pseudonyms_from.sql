-- From which position on no name of a person was ever sealed in clear: anchors carry it, so that nobody can say of an entry
-- after it that a name had to be taken out. NULL where a name in clear still waits for its seal.
ALTER TABLE audit_chain ADD COLUMN pseudonyms_from bigint CHECK (pseudonyms_from >= 1);

UPDATE audit_chain SET pseudonyms_from = 1 + coalesce((
    SELECT max(position) FROM audit_entries
    WHERE position IS NOT NULL AND (principal = 'person:erased' OR names_person(principal) AND person IS NULL)), 0)
  WHERE NOT EXISTS (
    SELECT FROM audit_entries WHERE position IS NULL AND names_person(principal) AND person IS NULL);

CREATE FUNCTION keep_pseudonyms_from() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'since when names are sealed as pseudonyms does not change'
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER audit_chain_pseudonyms BEFORE UPDATE ON audit_chain FOR EACH ROW
  WHEN (NEW.pseudonyms_from IS DISTINCT FROM OLD.pseudonyms_from) EXECUTE FUNCTION keep_pseudonyms_from();
