-- The secondary chain that delivers to a placement, as it was decided last; empty where that is not known. It is no part of
-- what agents are told, so another one is no new revision.

-- What decisions so far have chosen, read before anybody has to wait for it. One that can not be read says nothing.
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
-- The latest decision that was on all of a project: a reservation leaves what stands as it is, and a move decides on its
-- target alone.
CREATE TABLE chosen_chains AS
SELECT p.project, d.number, chain_of(d.decision) AS chain
FROM (SELECT DISTINCT project FROM placements WHERE removed_at IS NULL) AS p
CROSS JOIN LATERAL (
  SELECT d.number, d.decision FROM decisions d
  WHERE d.project = p.project AND d.placed AND d.principal <> 'governance:mover'
    AND d.id NOT IN (SELECT decision FROM holds)
  ORDER BY d.number DESC LIMIT 1) AS d;
CREATE UNIQUE INDEX ON chosen_chains (project);
ANALYZE chosen_chains;

LOCK TABLE placements, findings IN ACCESS EXCLUSIVE MODE;
ALTER TABLE placements ADD COLUMN chain text;
-- Whether only the chain is in the way: what may stay where it is is decided on again, and not moved.
ALTER TABLE findings ADD COLUMN may_stay boolean NOT NULL DEFAULT false;
-- What was decided on apart from all of it, or later than that, has what its own decision chose, and so has what a move leaves.
UPDATE placements p SET chain = CASE WHEN c.number >= d.number AND NOT p.leaving THEN c.chain ELSE chain_of(d.decision) END
FROM decisions d LEFT JOIN chosen_chains c ON c.project = d.project
WHERE d.id = p.decision AND p.removed_at IS NULL;
DROP TABLE chosen_chains;
DROP FUNCTION chain_of;
