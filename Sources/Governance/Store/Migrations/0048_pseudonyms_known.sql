-- Where a name in clear still waited for its seal, the sealer finds out afterwards since when names are pseudonyms; once.
DROP TRIGGER audit_chain_pseudonyms ON audit_chain;
CREATE TRIGGER audit_chain_pseudonyms BEFORE UPDATE ON audit_chain FOR EACH ROW
  WHEN (OLD.pseudonyms_from IS NOT NULL AND NEW.pseudonyms_from IS DISTINCT FROM OLD.pseudonyms_from)
  EXECUTE FUNCTION keep_pseudonyms_from();
