-- Which result of an impact belongs to a vote stays as it was when the vote ended, and what was asked stays as it was asked: of a
-- question that is settled a name goes, and nothing else (see 0029).
CREATE TRIGGER impacts_settled BEFORE UPDATE ON impacts FOR EACH ROW
  WHEN (OLD.subject IS NOT NULL AND NOT OLD.follows) EXECUTE FUNCTION keep_all_but_names();
CREATE TRIGGER impacts_asked BEFORE UPDATE OF id, subject, document, requested_at ON impacts FOR EACH ROW
  WHEN (OLD.subject IS NOT NULL AND (NEW.id, NEW.subject, NEW.document, NEW.requested_at)
    IS DISTINCT FROM (OLD.id, OLD.subject, OLD.document, OLD.requested_at)) EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER impacts_stay BEFORE DELETE ON impacts FOR EACH ROW
  WHEN (OLD.subject IS NOT NULL) EXECUTE FUNCTION keep_what_was_said();
CREATE TRIGGER impacts_whole BEFORE TRUNCATE ON impacts FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_said();
