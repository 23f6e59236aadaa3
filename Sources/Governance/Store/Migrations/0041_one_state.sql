-- How far a proposal has come is said twice: the row is looked for by it, and the machine goes by what the value says. One is not
-- changed without the other; all else is as it was (see 0036). A name goes from what has ended, whatever that says.
CREATE OR REPLACE FUNCTION keep_policy_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.number, NEW.created_at) = (OLD.id, OLD.number, OLD.created_at) THEN
    IF NEW.body ->> 'state' = NEW.state AND lower(NEW.body ->> 'id') = NEW.id::text THEN
      IF OLD.state = 'draft' THEN RETURN NEW; END IF;
      IF OLD.state = 'open' AND NEW.state <> 'draft' AND NEW.body -> 'spec' = OLD.body -> 'spec'
        AND (NEW.body -> 'author', NEW.body -> 'principal', NEW.body -> 'editors', NEW.body -> 'kind', NEW.body -> 'base',
          NEW.body -> 'rules', NEW.body -> 'motive', NEW.body -> 'effectiveAt', NEW.body -> 'proposedAt',
          NEW.body -> 'closesAt', NEW.body -> 'amends', NEW.body -> 'restores')
        IS NOT DISTINCT FROM (OLD.body -> 'author', OLD.body -> 'principal', OLD.body -> 'editors', OLD.body -> 'kind',
          OLD.body -> 'base', OLD.body -> 'rules', OLD.body -> 'motive', OLD.body -> 'effectiveAt',
          OLD.body -> 'proposedAt', OLD.body -> 'closesAt', OLD.body -> 'amends', OLD.body -> 'restores')
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

-- What a proposal would change is asked once, as it is proposed, and no other question takes that one's place.
CREATE UNIQUE INDEX impacts_of_proposals ON impacts (subject) WHERE subject LIKE 'proposal/%';
DROP TRIGGER impacts_asked ON impacts;
CREATE TRIGGER impacts_asked BEFORE UPDATE OF id, subject, document, requested_at ON impacts FOR EACH ROW
  WHEN (NEW.subject IS DISTINCT FROM OLD.subject
    OR OLD.subject IS NOT NULL AND (NEW.id, NEW.document, NEW.requested_at)
      IS DISTINCT FROM (OLD.id, OLD.document, OLD.requested_at)) EXECUTE FUNCTION keep_what_was_said();

-- How far the chain was when a result was worked out, and how many entries were not in it yet: one that was written before others
-- and is committed after them comes later in the chain.
ALTER TABLE impacts ADD COLUMN audit_position bigint, ADD COLUMN audit_unsealed bigint;
