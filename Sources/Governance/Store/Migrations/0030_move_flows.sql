-- Network flows that a move has asked for at its target, each in the place of one that its source has.

ALTER TABLE network_flows ADD COLUMN move uuid REFERENCES moves (id),
  ADD COLUMN instead_of uuid REFERENCES network_flows (id),
  ADD CHECK ((move IS NULL) = (instead_of IS NULL));
CREATE INDEX network_flows_of_move ON network_flows (move, number) WHERE move IS NOT NULL;
CREATE INDEX network_flows_at_environment ON network_flows (project, environment);

-- `regie_moves`: what becomes of such a flow may let its move go on.
CREATE TRIGGER network_flows_moving AFTER INSERT OR UPDATE ON network_flows FOR EACH ROW
  WHEN (NEW.move IS NOT NULL) EXECUTE FUNCTION announce_move();
