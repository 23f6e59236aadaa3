-- Reservations that wait for the console (protocol rule 5): capacity is held for a time, and nothing is desired yet.

-- What one request of the console holds. It has expired when it was neither confirmed nor cancelled by its end: that is
-- read off this database's clock, never written down.
CREATE TABLE holds (
  id uuid PRIMARY KEY,
  project text NOT NULL,
  decision uuid NOT NULL REFERENCES decisions (id),
  principal text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  cancelled_at timestamptz,
  CHECK (expires_at > created_at),
  CHECK (confirmed_at IS NULL OR cancelled_at IS NULL)
);

-- The hold that a reservation belongs to; none where it was confirmed at once. Why it was released, once it is.
ALTER TABLE reservations ADD COLUMN hold uuid REFERENCES holds (id);
ALTER TABLE reservations ADD COLUMN released_because text
  CHECK (released_because IN ('observed', 'cancelled', 'expired', 'loss-declared'));
ALTER TABLE reservations ADD CONSTRAINT reservations_confirmed_check
  CHECK (state <> 'confirmed' OR confirmed_at IS NOT NULL);
ALTER TABLE reservations ADD CONSTRAINT reservations_pending_check CHECK (state <> 'pending' OR hold IS NOT NULL);
CREATE INDEX reservations_by_hold ON reservations (hold) WHERE hold IS NOT NULL;
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'pending';

-- Of a placement that is only reserved nothing is desired: it has revision 0, which is never said on the bus.
ALTER TABLE placements DROP CONSTRAINT placements_revision_check;
ALTER TABLE placements ADD CONSTRAINT placements_revision_check CHECK (revision >= 0);
ALTER TABLE outbox ADD CONSTRAINT outbox_revision_check CHECK (revision >= 1);
