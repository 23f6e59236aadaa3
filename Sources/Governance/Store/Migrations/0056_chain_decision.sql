-- The decision that chose a placement's chain, where that is a later one than the decision that made its revision; empty where it
-- is the same, and where it is not known. It explains why the chain is the one that it is.
ALTER TABLE placements ADD COLUMN chain_decision uuid;

-- A program of the version before chooses another chain, or makes another revision, and leaves this as it is: nobody is to be told
-- that an earlier decision has chosen what a later one did.
CREATE FUNCTION forget_chain_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.chain_decision := NULL;
  RETURN NEW;
END$$;
CREATE TRIGGER forget_chain_decision BEFORE UPDATE OF chain, decision ON placements FOR EACH ROW
  WHEN (NEW.chain_decision = OLD.chain_decision
    AND (NEW.chain IS DISTINCT FROM OLD.chain OR NEW.decision <> OLD.decision))
  EXECUTE FUNCTION forget_chain_decision();
