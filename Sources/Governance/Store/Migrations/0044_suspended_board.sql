-- Of a database that was restored no vote begins or ends before somebody recovers it (see 0009), not by its deadline either: votes may
-- be lost. Nor is it told that a version's date has come.
CREATE TRIGGER proposals_while_suspended AFTER UPDATE ON policy_proposals FOR EACH ROW
  WHEN (OLD.state <> NEW.state AND 'open' IN (OLD.state, NEW.state)) EXECUTE FUNCTION refuse_while_suspended();
CREATE TRIGGER effects_while_suspended BEFORE UPDATE ON policy_origins
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();
-- A policy that is applied directly would get the number of one that was told in what was lost.
CREATE TRIGGER versions_while_suspended BEFORE INSERT ON policy_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_while_suspended();

-- As in 0041, but that the transaction which ends a suspension moves deadlines: later, and of open votes only.
CREATE OR REPLACE FUNCTION keep_policy_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.number, NEW.created_at) = (OLD.id, OLD.number, OLD.created_at) THEN
    IF NEW.body ->> 'state' = NEW.state AND lower(NEW.body ->> 'id') = NEW.id::text THEN
      IF OLD.state = 'draft' THEN RETURN NEW; END IF;
      IF OLD.state = 'open' AND NEW.state <> 'draft' AND NEW.body -> 'spec' = OLD.body -> 'spec'
        AND (NEW.body -> 'author', NEW.body -> 'principal', NEW.body -> 'editors', NEW.body -> 'kind', NEW.body -> 'base',
          NEW.body -> 'rules', NEW.body -> 'motive', NEW.body -> 'effectiveAt', NEW.body -> 'proposedAt',
          NEW.body -> 'amends', NEW.body -> 'restores')
        IS NOT DISTINCT FROM (OLD.body -> 'author', OLD.body -> 'principal', OLD.body -> 'editors', OLD.body -> 'kind',
          OLD.body -> 'base', OLD.body -> 'rules', OLD.body -> 'motive', OLD.body -> 'effectiveAt',
          OLD.body -> 'proposedAt', OLD.body -> 'amends', OLD.body -> 'restores')
        AND (NEW.body -> 'closesAt' IS NOT DISTINCT FROM OLD.body -> 'closesAt'
          OR NEW.state = 'open' AND (NEW.body ->> 'closesAt')::timestamptz > (OLD.body ->> 'closesAt')::timestamptz
            AND EXISTS (SELECT FROM epoch WHERE suspended_at IS NULL AND xmin = pg_current_xact_id()::xid))
        AND (NEW.closes_at IS NOT DISTINCT FROM OLD.closes_at
          OR NEW.closes_at = (NEW.body ->> 'closesAt')::timestamptz) THEN
        RETURN NEW;
      END IF;
    END IF;
    -- Names go as the rule has it, and no other comes in their place.
    IF OLD.state <> 'open' AND (NEW.state, NEW.revision, NEW.updated_at) = (OLD.state, OLD.revision, OLD.updated_at)
      AND NEW.closes_at IS NOT DISTINCT FROM OLD.closes_at
      AND (NEW.body = OLD.body
        OR NEW.body = OLD.body || jsonb_build_object('votes', coalesce(without_names(OLD.body -> 'votes'), '[]'))
          || jsonb_strip_nulls(without_names(
            jsonb_build_object('principal', OLD.body -> 'principal', 'editors', OLD.body -> 'editors')))) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END$$;
