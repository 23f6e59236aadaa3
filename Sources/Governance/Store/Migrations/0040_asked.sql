-- What is asked for, and whose it was.

-- The project that a derogation was asked for, and what it was then: by its name neither is known once it was deleted, or its
-- data is of other classes. Null of what an earlier program has stored.
ALTER TABLE derogation_requests ADD COLUMN project_uid uuid, ADD COLUMN organisation text,
  ADD COLUMN sensitivity text CHECK (sensitivity IN ('usuel', 'DR')),
  ADD CHECK (num_nulls(project_uid, organisation, sensitivity) IN (0, 3));

-- The ports of a flow stand in their order: the same ports are the same wish. Nothing is asked or told by this.
ALTER TABLE network_flows DISABLE TRIGGER USER;
UPDATE network_flows f SET body = jsonb_set(f.body, '{wish,ports}', s.ports)
FROM (SELECT id, (SELECT jsonb_agg(p.port ORDER BY p.port::int)
  FROM jsonb_array_elements(body #> '{wish,ports}') AS p (port)) AS ports FROM network_flows) AS s
WHERE s.id = f.id AND s.ports <> f.body #> '{wish,ports}';
ALTER TABLE network_flows ENABLE TRIGGER USER;
