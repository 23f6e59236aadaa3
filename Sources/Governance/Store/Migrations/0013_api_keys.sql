-- Keys by which programs are known. Of the key itself there is nothing from which it could be made again.
CREATE TABLE api_keys (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{16}$'),
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  name text NOT NULL CHECK (name <> ''),
  roles text[] NOT NULL CHECK (cardinality(roles) > 0),
  read_only boolean NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  revoked_by text,
  revoked_at timestamptz,
  -- To the minute or so: it is noted now and then, not at each use.
  last_used_at timestamptz,
  CHECK (expires_at > created_at),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_keys_by_creation ON api_keys (created_at, id);

-- A key that was taken back stays so, and what it was given for is what the audit trail says.
CREATE FUNCTION keep_api_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by) IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by)
    OR (NEW.id, NEW.digest, NEW.name, NEW.roles, NEW.read_only, NEW.created_by, NEW.created_at, NEW.expires_at)
      IS DISTINCT FROM
      (OLD.id, OLD.digest, OLD.name, OLD.roles, OLD.read_only, OLD.created_by, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION 'an API key is never changed, only revoked';
  END IF;
  RETURN NEW;
END$$;
CREATE TRIGGER api_keys_kept BEFORE UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION keep_api_key();
