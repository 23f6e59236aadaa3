-- The question of a vote is settled only with its state: one that waits, or is worked on, and that nobody follows any more would be
-- changed by nobody (see 0039), and the vote could not end.
CREATE TRIGGER impacts_awaited BEFORE UPDATE ON impacts FOR EACH ROW
  WHEN (NEW.subject IS NOT NULL AND NOT NEW.follows AND NEW.state IN ('waiting', 'running'))
  EXECUTE FUNCTION keep_what_was_said();
