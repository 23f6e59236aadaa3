-- Chains may have an operator, who reads their history as that of its regions.
CREATE OR REPLACE FUNCTION operator_of(kind text, name text, spec jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE kind WHEN 'Operator' THEN name WHEN 'Region' THEN spec ->> 'operator' WHEN 'Chain' THEN spec ->> 'operator'
    WHEN 'Zone' THEN (SELECT r.spec ->> 'operator' FROM resources r
      WHERE r.kind = 'Region' AND r.name = operator_of.spec ->> 'region' AND r.deleted_at IS NULL)
    WHEN 'Cluster' THEN (SELECT r.spec ->> 'operator' FROM resources z
      JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.deleted_at IS NULL
      WHERE z.kind = 'Zone' AND z.name = operator_of.spec ->> 'zone' AND z.deleted_at IS NULL) END
$$;
