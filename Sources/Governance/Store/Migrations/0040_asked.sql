-- What is asked for, and whose it was.

-- The ports of a flow stand in their order: the same ports are the same wish. Nothing is asked or told by this.
ALTER TABLE network_flows DISABLE TRIGGER USER;
UPDATE network_flows f SET body = jsonb_set(f.body, '{wish,ports}', s.ports)
FROM (SELECT id, (SELECT jsonb_agg(p.port ORDER BY p.port::int)
  FROM jsonb_array_elements(body #> '{wish,ports}') AS p (port)) AS ports FROM network_flows) AS s
WHERE s.id = f.id AND s.ports <> f.body #> '{wish,ports}';
ALTER TABLE network_flows ENABLE TRIGGER USER;
