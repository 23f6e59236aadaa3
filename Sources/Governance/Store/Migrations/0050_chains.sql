-- The secondary chain that delivers to a placement, as it was decided last; empty where that is not known. It is no part of
-- what agents are told, so another one is no new revision.
LOCK TABLE placements, findings IN ACCESS EXCLUSIVE MODE;
ALTER TABLE placements ADD COLUMN chain text;

-- What decisions so far have chosen: the latest one that placed the project, those left out that were never more than
-- reserved. One that can not be read says nothing.
CREATE FUNCTION chain_of(decision bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  document json;
BEGIN
  document := convert_from(decision, 'UTF8')::json;
  -- The first version of the engine kept the decision itself, and not a plan in it.
  RETURN coalesce(document #>> '{plan,chain}', document ->> 'chain');
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END$$;
WITH latest AS (
  SELECT DISTINCT ON (d.project) d.project, d.id
  FROM decisions d LEFT JOIN holds h ON h.decision = d.id
  WHERE d.placed AND (h.id IS NULL OR h.confirmed_at IS NOT NULL)
    AND d.project IN (SELECT project FROM placements WHERE removed_at IS NULL)
  ORDER BY d.project, d.number DESC),
chosen AS (SELECT latest.project, chain_of(d.decision) AS chain FROM latest JOIN decisions d ON d.id = latest.id)
UPDATE placements p SET chain = c.chain FROM chosen c
WHERE c.project = p.project AND p.removed_at IS NULL AND c.chain IS NOT NULL;
-- What waits for its confirmation has what its own decision chose.
UPDATE placements p SET chain = chain_of(d.decision) FROM decisions d
WHERE d.id = p.decision AND p.revision = 0 AND p.removed_at IS NULL;
DROP FUNCTION chain_of;

-- Whether only the chain is in the way: what may stay where it is is decided on again, and not moved.
ALTER TABLE findings ADD COLUMN may_stay boolean NOT NULL DEFAULT false;
