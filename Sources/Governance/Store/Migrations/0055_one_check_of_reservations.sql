-- As for placements (0054), in a transaction of its own.
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
