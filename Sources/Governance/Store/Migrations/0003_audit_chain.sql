-- The audit trail's chain (protocol rule 4). Writers never touch this row: only the sealer moves it, in the statement that
-- links entries, and only on from where it read it. It also tells when the chain's last entries are gone.
CREATE TABLE audit_chain (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  position bigint NOT NULL CHECK (position >= 0),
  link bytea NOT NULL CHECK (length(link) = 32),
  sealed_at timestamptz,
  -- The last head that the bus is known to hold.
  anchored_position bigint NOT NULL DEFAULT 0 CHECK (anchored_position >= 0),
  anchored_at timestamptz
);
INSERT INTO audit_chain (position, link) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Wakes the sealer when an entry's transaction commits, whoever wrote it: the previous version of the program too.
CREATE FUNCTION announce_audit_entry() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_audit', ''); RETURN NULL; END$$;
CREATE TRIGGER audit_entries_announced AFTER INSERT ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION announce_audit_entry();
