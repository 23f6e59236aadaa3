-- The decision that chose a placement's chain, where that is a later one than the decision that made its revision; empty where it
-- is the same, and where it is not known. It explains why the chain is the one that it is.
ALTER TABLE placements ADD COLUMN chain_decision uuid;
