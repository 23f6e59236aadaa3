-- Indexes, in a migration of their own: whoever writes to these tables waits until they are made, and every decision does,
-- since it writes to the trail. Readers wait for the last statement alone.

-- The oldest keys are found when they are forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
-- Unsealed entries, which have no position yet, are in no index of positions.
CREATE UNIQUE INDEX audit_entries_position ON audit_entries (position) WHERE position IS NOT NULL;
ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_position_key;
