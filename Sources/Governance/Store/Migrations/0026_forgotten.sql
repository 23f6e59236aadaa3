-- Placements whose removal was observed long ago are forgotten (protocol rule 11): a tombstone lets the bus forget them, and
-- nothing is published of them any more. The row stays, as the record of what was. `tombstone_at` is when the bus had it.
ALTER TABLE placements ADD COLUMN forgotten_at timestamptz, ADD COLUMN tombstone_at timestamptz,
  ADD CONSTRAINT placements_forgotten_check CHECK (forgotten_at IS NULL OR (phase = 'removed' AND removed_at IS NOT NULL)),
  ADD CONSTRAINT placements_tombstone_check CHECK (tombstone_at IS NULL OR forgotten_at IS NOT NULL);

-- Among what was only ever reserved there is nothing to forget: the bus has never had it.
CREATE INDEX placements_to_forget ON placements (removed_at, id)
  WHERE removed_at IS NOT NULL AND forgotten_at IS NULL AND revision >= 1;
CREATE INDEX placements_to_bury ON placements (forgotten_at, id) WHERE forgotten_at IS NOT NULL AND tombstone_at IS NULL;

-- A revision after the tombstone could reach the topic before it, and be lost with it: whatever version of the program writes,
-- there is none, unless a recovery remembers the placement in the same statement.
CREATE FUNCTION refuse_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'placement % is forgotten and gets no revision any more', OLD.id USING ERRCODE = 'RG003';
END$$;
CREATE TRIGGER placements_forgotten BEFORE UPDATE ON placements FOR EACH ROW
  WHEN (OLD.forgotten_at IS NOT NULL AND NEW.forgotten_at IS NOT NULL
    AND (OLD.epoch, OLD.revision, OLD.phase) IS DISTINCT FROM (NEW.epoch, NEW.revision, NEW.phase))
  EXECUTE FUNCTION refuse_forgotten();
