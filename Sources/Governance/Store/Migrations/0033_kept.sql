-- Since when the audit trail names a result: whoever voted has seen it, so it is kept for good. Results that proposals have
-- now may be named already.
ALTER TABLE impact_results ADD COLUMN named_at timestamptz;
UPDATE impact_results SET named_at = clock_timestamp()
WHERE digest IN (SELECT result FROM impacts WHERE subject IS NOT NULL);
