-- What agents found on their clusters, as far as decisions look at it. A row counts only while its cluster belongs to the
-- zone whose agent said so.
CREATE TABLE cluster_facts (
  cluster text PRIMARY KEY,
  -- The zone's slug.
  zone text NOT NULL,
  -- By rule: what was found, and when, by the agent's clock.
  conformity jsonb NOT NULL,
  -- What was measured, and as of when, by the agent's clock.
  capacity jsonb,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Looked through every few seconds for removals whose moment has come.
CREATE INDEX placements_being_removed ON placements (not_before) WHERE phase = 'removed' AND removed_at IS NULL;
