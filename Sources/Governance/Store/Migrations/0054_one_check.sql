-- What holds of every row, said once for each table: the database reads and prepares each check anew for every statement that
-- writes, and looks at it for every row. What is refused stays the same.
LOCK TABLE placements, reservations IN ACCESS EXCLUSIVE MODE;

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

ALTER TABLE reservations
  DROP CONSTRAINT reservations_check, DROP CONSTRAINT reservations_check1, DROP CONSTRAINT reservations_confirmed_check,
  DROP CONSTRAINT reservations_cpu_check, DROP CONSTRAINT reservations_gpu_check, DROP CONSTRAINT reservations_memory_check,
  DROP CONSTRAINT reservations_pending_check, DROP CONSTRAINT reservations_pods_check,
  DROP CONSTRAINT reservations_released_because_check, DROP CONSTRAINT reservations_state_check,
  DROP CONSTRAINT reservations_storage_check,
  ADD CONSTRAINT reservations_row CHECK (
    state IN ('pending', 'confirmed', 'released')
    AND cpu >= 0 AND memory >= 0 AND gpu >= 0 AND storage >= 0 AND pods >= 0
    AND (state = 'pending') = (expires_at IS NOT NULL) AND (state = 'released') = (released_at IS NOT NULL)
    AND (state <> 'pending' OR hold IS NOT NULL) AND (state <> 'confirmed' OR confirmed_at IS NOT NULL)
    AND (released_because IS NULL OR released_because IN ('observed', 'cancelled', 'expired', 'loss-declared')));
