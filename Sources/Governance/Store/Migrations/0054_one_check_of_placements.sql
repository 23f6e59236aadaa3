-- What holds of every row, said once for the table: the database reads and prepares each check anew for every statement that
-- writes, and looks at it for every row. What is refused stays the same.
-- One table in each transaction: decisions lock the two in one order, and reports of agents in the other.
ALTER TABLE placements
  DROP CONSTRAINT placements_check, DROP CONSTRAINT placements_check1, DROP CONSTRAINT placements_epoch_check,
  DROP CONSTRAINT placements_forgotten_check, DROP CONSTRAINT placements_phase_check,
  DROP CONSTRAINT placements_replica_check, DROP CONSTRAINT placements_revision_check,
  DROP CONSTRAINT placements_tombstone_check,
  ADD CONSTRAINT placements_row CHECK (
    phase IN ('active', 'frozen', 'draining', 'removed') AND replica >= 0 AND revision >= 0 AND epoch >= 1
    AND (phase = 'removed' OR (not_before IS NULL AND removed_at IS NULL))
    AND (observed IS NULL) = (observed_sequence IS NULL)
    AND (forgotten_at IS NULL OR (phase = 'removed' AND removed_at IS NOT NULL))
    AND (tombstone_at IS NULL OR forgotten_at IS NOT NULL));
