-- What else an impact is worked out on, and the audit trail does not tell: how often the ledger was written, which zones were silent,
-- and when the next derogation takes effect by time alone. An earlier program leaves them as they are: they are of the result only where
-- `marks_claim` is the claim that the result came of.
ALTER TABLE impacts ADD COLUMN ledger_writes bigint, ADD COLUMN silent_zones text[], ADD COLUMN next_notification timestamptz,
  ADD COLUMN marks_claim bigint;

-- The question of a vote is asked where there is one, about its own text: one that was planted for a draft would keep it from being
-- proposed.
CREATE FUNCTION ask_of_open_votes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM policy_proposals p
    WHERE p.state = 'open' AND NEW.subject = 'proposal/' || p.id::text AND p.body -> 'spec' = NEW.document) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'there is no vote on this text'
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
CREATE TRIGGER impacts_of_votes BEFORE INSERT ON impacts FOR EACH ROW
  WHEN (NEW.subject LIKE 'proposal/%') EXECUTE FUNCTION ask_of_open_votes();
