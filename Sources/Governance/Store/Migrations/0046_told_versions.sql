-- The highest version of the policy that was told of in any life that is lost: its number, and those below, are given to
-- no other text. An earlier program, which does not know it, is refused instead.
ALTER TABLE epoch ADD COLUMN policies_told bigint NOT NULL DEFAULT 0;

CREATE FUNCTION refuse_numbers_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told bigint := (SELECT policies_told FROM epoch);
BEGIN
  IF NEW.version <= told THEN
    RAISE EXCEPTION 'version % was told of in a life that is lost; the next is %', NEW.version, told + 1
      USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER policy_versions_told BEFORE INSERT ON policy_versions
  FOR EACH ROW EXECUTE FUNCTION refuse_numbers_told();
