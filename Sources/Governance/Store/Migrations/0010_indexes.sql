-- Indexes, in a migration of their own: whoever writes to the table waits while one is made, and to nothing else.

-- Unsealed entries, which have no position yet, are in no index of positions.
ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_position_key;
CREATE UNIQUE INDEX audit_entries_position ON audit_entries (position) WHERE position IS NOT NULL;
-- The oldest keys are found when they are forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
