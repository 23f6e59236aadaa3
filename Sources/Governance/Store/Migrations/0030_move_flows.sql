-- Flows of moves, and which migrations are to be looked at.

-- Network flows that a move has asked for at its target, each in the place of one that its source has.

ALTER TABLE network_flows ADD COLUMN move uuid REFERENCES moves (id),
  ADD COLUMN instead_of uuid REFERENCES network_flows (id),
  ADD CHECK ((move IS NULL) = (instead_of IS NULL));
CREATE INDEX network_flows_of_move ON network_flows (move, number) WHERE move IS NOT NULL;
CREATE INDEX network_flows_at_environment ON network_flows (project, environment);

-- `regie_moves`: a move of whose source a flow is asked for, or becomes another one.
CREATE FUNCTION announce_moves_of_flows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', m.id::text) FROM moves m WHERE m.under_way AND (
    (m.project = NEW.project AND m.environment = NEW.environment)
    OR (m.project = NEW.peer_project AND m.environment = NEW.peer_environment));
  RETURN NULL;
END$$;
CREATE TRIGGER network_flows_moving AFTER INSERT OR UPDATE OF state ON network_flows
  FOR EACH ROW EXECUTE FUNCTION announce_moves_of_flows();

-- `regie_migrations`, too: the migration of a move that was written, and those that wait for the same placements. What is only seen
-- of a placement is its move's business.
CREATE OR REPLACE FUNCTION announce_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('regie_moves', NEW.id::text);
  PERFORM pg_notify('regie_migrations', NEW.migration::text);
  PERFORM pg_notify('regie_migrations', o.migration::text) FROM moves o
  WHERE OLD.under_way IS DISTINCT FROM NEW.under_way AND (o.source = NEW.source OR o.source = NEW.target)
    AND o.step IN ('planned', 'approved') AND o.migration <> NEW.migration;
  RETURN NULL;
END$$;
