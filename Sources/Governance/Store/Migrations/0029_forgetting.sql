-- When the bus was told to forget a finding that ended long ago; it stays here, and in the audit trail.
ALTER TABLE findings ADD COLUMN tombstone_at timestamptz,
  ADD CONSTRAINT findings_tombstone_check CHECK (tombstone_at IS NULL OR resolved_at IS NOT NULL);
CREATE INDEX findings_to_bury ON findings (resolved_at, id) WHERE resolved_at IS NOT NULL AND tombstone_at IS NULL;
