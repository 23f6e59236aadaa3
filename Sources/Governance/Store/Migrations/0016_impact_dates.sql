-- An impact is of the moment at which the policy is to take effect: of that day, and against the version in force by then.
-- Null is the moment at which it is worked out.
ALTER TABLE impacts ADD COLUMN effective_at timestamptz;

-- The claim that gave the latest result: how many were in vain since is seen from it.
ALTER TABLE impacts ADD COLUMN claims_at_result bigint NOT NULL DEFAULT 0;
UPDATE impacts SET claims_at_result = claim;

-- Whether a result is anybody's still.
CREATE INDEX impacts_by_result ON impacts (result) WHERE result IS NOT NULL;
-- Those that nobody keeps for a proposal.
CREATE INDEX impacts_alone ON impacts (requested_at) WHERE subject IS NULL;

-- No longer when a result was found first, but when it was last.
ALTER TABLE impact_results RENAME created_at TO found_at;
