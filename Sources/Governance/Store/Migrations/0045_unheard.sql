-- Zones whose agent was never heard, and for how long, as far as the centre listened (protocol rule 16): unknown means refused.
-- The program of before takes such zones for open.
CREATE TABLE unheard_zones (
  zone text PRIMARY KEY,
  silent_milliseconds bigint NOT NULL CHECK (silent_milliseconds >= 0)
);

CREATE FUNCTION announce_unheard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bound bigint := coalesce((
    SELECT (document ->> 'heartbeatLimitSeconds')::bigint FROM policy_versions
    WHERE effective_at <= clock_timestamp() ORDER BY version DESC LIMIT 1), 300) * 1000;
  before bigint := CASE WHEN TG_OP = 'UPDATE' THEN OLD.silent_milliseconds ELSE 0 END;
BEGIN
  IF (before > bound) IS DISTINCT FROM (NEW.silent_milliseconds > bound) THEN PERFORM pg_notify('regie_offer', ''); END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER unheard_announced AFTER INSERT OR UPDATE ON unheard_zones
  FOR EACH ROW EXECUTE FUNCTION announce_unheard();

-- The first word of an agent.
CREATE FUNCTION hear_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM unheard_zones WHERE zone = NEW.zone;
  IF FOUND THEN PERFORM pg_notify('regie_offer', ''); END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER zone_heard AFTER INSERT ON agents FOR EACH ROW EXECUTE FUNCTION hear_zone();
