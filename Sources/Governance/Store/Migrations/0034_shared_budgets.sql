-- A move that is over, or whose target was verified, makes room for those of other migrations too: operators' people and a project's
-- users are the same whoever has ordered what.
CREATE OR REPLACE FUNCTION announce_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', NEW.id::text);
  PERFORM pg_notify('regie_migrations', NEW.migration::text);
  PERFORM pg_notify('regie_migrations', o.migration::text) FROM moves o
  WHERE OLD.under_way IS DISTINCT FROM NEW.under_way AND (o.source = NEW.source OR o.source = NEW.target)
    AND o.step IN ('planned', 'approved') AND o.migration <> NEW.migration;
  IF OLD.step IS DISTINCT FROM NEW.step AND NEW.step IN ('verified', 'done', 'rolledBack', 'failed') THEN
    PERFORM pg_notify('regie_migrations', g.id::text) FROM migrations g
    WHERE g.state = 'running' AND g.id <> NEW.migration;
  END IF;
  RETURN NULL;
END$$;
