-- When time alone changes something of what is to be closed stands by itself: programs from before closings look at `next_at`,
-- can do nothing about a flow that has ended, and would look at it again and again.
ALTER TABLE network_flows ADD COLUMN closing_at timestamptz;
-- Nothing is asked or told by this, so that it may be done while a restored database waits.
ALTER TABLE network_flows DISABLE TRIGGER flows_while_suspended;
UPDATE network_flows SET closing_at = next_at, next_at = NULL WHERE next_at IS NOT NULL AND state <> 'pending';
ALTER TABLE network_flows ENABLE TRIGGER flows_while_suspended;
CREATE INDEX network_flows_closing ON network_flows (closing_at) WHERE closing_at IS NOT NULL;

-- Flows that had ended, with ends still open, before anybody was asked to close them.
CREATE INDEX network_flows_unasked ON network_flows (id)
  WHERE state NOT IN ('pending', 'opened', 'suspended') AND jsonb_array_length(body -> 'openEnds') > 0
    AND NOT body ? 'closings';
