-- Placements of which an agent says that the cluster enforces something else of Régie's quota than what the ledger holds for
-- them, and since when. Most of it is only on its way, and settles: what does not becomes a difference below.
CREATE TABLE quota_doubts (
  placement uuid PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Grows whenever it is said again, so that who takes the row away has looked at what was said last.
  times bigint NOT NULL DEFAULT 1
);

-- What quotas on a cluster enforce together is not what the ledger holds for the same placements. It stands beside
-- `ledger_differences`, and not in it: the version before ends what it has not found itself there. Both count their rows together.
CREATE TABLE quota_differences (
  id bigint PRIMARY KEY DEFAULT nextval('ledger_differences_id_seq'),
  cluster text NOT NULL,
  resource text NOT NULL,
  -- Of the placements that can be compared.
  ledger bigint NOT NULL,
  held bigint NOT NULL,
  -- Those that differ most, and how many more do.
  placements jsonb NOT NULL,
  omitted bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz
);
CREATE UNIQUE INDEX quota_differences_open ON quota_differences (cluster, resource) WHERE ended_at IS NULL;

CREATE FUNCTION announce_quotas() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM pg_notify('regie_quotas', ''); RETURN NULL; END$$;
-- Row by row: what touches no row tells nothing.
CREATE TRIGGER quota_doubts_announced AFTER INSERT OR UPDATE OR DELETE ON quota_doubts
  FOR EACH ROW EXECUTE FUNCTION announce_quotas();

-- What the ledger holds for a placement has changed while its last report is of the present revision: no report may come.
CREATE FUNCTION doubt_quota() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO quota_doubts AS d (placement)
  SELECT p.id FROM placements p
  WHERE p.id = NEW.placement AND p.observed_epoch = p.epoch AND p.observed_revision = p.revision AND p.removed_at IS NULL
    AND p.observed ? 'enforced'
  ON CONFLICT (placement) DO UPDATE SET times = d.times + 1;
  RETURN NULL;
END$$;
CREATE TRIGGER reservations_doubted AFTER UPDATE OF cpu, memory, gpu, storage, pods ON reservations FOR EACH ROW
  WHEN ((OLD.cpu, OLD.memory, OLD.gpu, OLD.storage, OLD.pods)
    IS DISTINCT FROM (NEW.cpu, NEW.memory, NEW.gpu, NEW.storage, NEW.pods))
  EXECUTE FUNCTION doubt_quota();

-- Ends of qualifications and derogations of whose consequences owners are told ahead, each once.
CREATE TABLE foreseen_ends (
  -- What ends, and its last day: prolonged or shortened it is another.
  key text PRIMARY KEY,
  last_day date NOT NULL,
  -- The day, in Paris, on which it was looked at last: one that leaves nothing behind is looked at again on another day.
  seen_on date NOT NULL,
  told_at timestamptz
);
