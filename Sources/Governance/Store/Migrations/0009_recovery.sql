-- A database that is older than what it has said on the bus (protocol rule 13) decides and publishes nothing until somebody
-- recovers: triggers see to it, whatever version of the program writes.
LOCK TABLE epoch, placements, decisions, outbox IN ACCESS EXCLUSIVE MODE;
ALTER TABLE epoch ADD COLUMN suspended_at timestamptz, ADD COLUMN suspended_because text,
  ADD CONSTRAINT epoch_suspended_check CHECK ((suspended_at IS NULL) = (suspended_because IS NULL));

CREATE FUNCTION refuse_while_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reason text := (SELECT suspended_because FROM epoch WHERE suspended_at IS NOT NULL);
BEGIN
  IF reason IS NOT NULL THEN
    RAISE EXCEPTION 'the database was restored: %', reason USING ERRCODE = 'RG002';
  END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER decisions_while_suspended BEFORE INSERT ON decisions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

-- What finds nothing to say says nothing, and is no matter.
CREATE FUNCTION refuse_rows_while_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  reason text := (SELECT suspended_because FROM epoch WHERE suspended_at IS NOT NULL);
BEGIN
  IF reason IS NOT NULL AND EXISTS (SELECT FROM fresh) THEN
    RAISE EXCEPTION 'the database was restored: %', reason USING ERRCODE = 'RG002';
  END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER outbox_while_suspended AFTER INSERT ON outbox REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rows_while_suspended();

-- When a placement was taken from the bus; the decision that it names may be lost.
ALTER TABLE placements ADD COLUMN recovered_at timestamptz;
